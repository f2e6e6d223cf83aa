//! Power cuts under load, again and again: everything acknowledged is answered the same afterwards, nothing is done
//! twice, and the store is proven whole. A kill of the process proves nothing about that: the machine goes on and
//! writes what it holds. Here the disk loses what it was not told to flush.
//!
//! The same is done to a program that was built without the sync, and has to lose something: else this test could
//! not find a loss. `make crash-test` builds both and names them; `PSOP_CRASH_ROUNDS` and `PSOP_CRASH_SEED` set
//! size and choices. Needs root and the packages that the target installs.

pub mod disk;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::kept_load::{self, Ledger, Persons, Proof};
use crate::support::server::{Server, Site, without_settings};
use disk::{Disk, Mounted};

/// A new disk after so many rounds: recovery of a recovered store is tested, and proofs stay short.
const ROUNDS_PER_DISK: usize = 5;
/// The control has to fail once in so many rounds.
const CONTROL_ROUNDS: usize = 6;
/// The power goes within this span after the first acknowledgements.
const CUT_WITHIN: Duration = Duration::from_millis(2_500);
/// Acknowledged before the power may go.
const ACKNOWLEDGED_MIN: usize = 50;

/// Random numbers that a seed repeats (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits ^ (bits >> 31)) % limit
    }
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str, default: u64) -> u64 {
    setting(name).map_or(default, |text| text.parse().unwrap())
}

/// One of the programs that `make crash-test` builds.
fn built(name: &str) -> PathBuf {
    let path = setting(name).unwrap_or_else(|| panic!("{name} is not set: run make crash-test"));
    PathBuf::from(path)
}

/// A store on a disk of its own.
struct Machine {
    program: PathBuf,
    site: Site,
    disk: Disk,
    /// Everything sent since the disk was new.
    ledgers: Vec<Ledger>,
}

impl Machine {
    fn new(program: &Path) -> Machine {
        let site = Site::new("[log]\nlevel = \"warn\"\n");
        let store = site.folder().join("store");
        let disk = Disk::new(site.folder().join("disk.raw"), &store);
        std::fs::remove_dir_all(&store).unwrap();
        std::fs::create_dir(&store).unwrap();
        Machine {
            program: program.to_owned(),
            site,
            disk,
            ledgers: Vec::new(),
        }
    }

    fn store(&self) -> PathBuf {
        self.site.folder().join("store")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = without_settings(&self.program);
        command.args(arguments).arg("--config");
        command.arg(self.site.config());
        command
    }

    fn start(&self) -> Result<Server, String> {
        let log = self.site.folder().join("server.log");
        Server::try_spawn(self.command(&["serve"]), &log, "127.0.0.1:0")
            .map_err(|_| format!("the store does not open: {}", last_line(&self.site.log())))
    }

    /// Load until the power goes; what was acknowledged by then.
    fn run_until_the_cut(&mut self, persons: &Persons, cut_after: Duration) -> usize {
        let mut mounted = self.disk.mount_cached(&self.store()).unwrap();
        let server = self.start().unwrap();
        let (ledger, address) = (Ledger::default(), server.http);
        std::thread::scope(|scope| {
            scope.spawn(|| kept_load::load(address, persons, &ledger));
            let began = Instant::now();
            while ledger.acknowledged() < ACKNOWLEDGED_MIN {
                assert!(began.elapsed() < Duration::from_secs(60), "nothing happens");
                std::thread::sleep(Duration::from_millis(2));
            }
            std::thread::sleep(cut_after);
            mounted.cut_power();
            server.kill();
        });
        drop::<Mounted>(mounted);
        let acknowledged = ledger.acknowledged();
        self.ledgers.push(ledger);
        acknowledged
    }

    /// Starts on what is left, and proves every round of this disk.
    fn prove(&self) -> Result<Vec<Proof>, String> {
        let mounted = self.disk.mount(&self.store())?;
        let server = self.start()?;
        self.check()?;
        let proofs = self.ledgers.iter().map(|ledger| ledger.prove(server.http));
        let proofs = proofs.collect::<Result<Vec<_>, _>>()?;
        self.check()?;
        let stopped = server.stop();
        drop(mounted);
        match stopped {
            Some(0) => Ok(proofs),
            other => Err(format!("the server ended with {other:?}")),
        }
    }

    fn check(&self) -> Result<(), String> {
        let output = self.command(&["store", "check"]).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        match output.status.code() {
            Some(0) if told.ends_with("nothing is wrong\n") => Ok(()),
            _ => Err(format!(
                "store check: {told}{}",
                String::from_utf8_lossy(&output.stderr)
            )),
        }
    }
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().to_owned()
}

fn cut_after(random: &mut Random) -> Duration {
    Duration::from_micros(random.below(CUT_WITHIN.as_micros() as u64))
}

fn seed() -> u64 {
    let clock = std::time::UNIX_EPOCH.elapsed().unwrap();
    number("PSOP_CRASH_SEED", clock.as_nanos() as u64)
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_by_a_power_cut() {
    let rounds = number("PSOP_CRASH_ROUNDS", 30) as usize;
    let (program, seed) = (built("PSOP_CRASH_PROGRAM"), seed());
    println!("{rounds} power cuts, PSOP_CRASH_SEED={seed}");
    println!("round  cut after ms  acknowledged  proven again  under way  of them kept  ms");
    let (mut random, persons) = (Random(seed), Persons::default());
    let mut total = 0;
    let mut machine = Machine::new(&program);
    for round in 0..rounds {
        if round > 0 && round.is_multiple_of(ROUNDS_PER_DISK) {
            machine = Machine::new(&program);
        }
        let began = Instant::now();
        let after = cut_after(&mut random);
        let acknowledged = machine.run_until_the_cut(&persons, after);
        let proofs = machine
            .prove()
            .unwrap_or_else(|loss| panic!("round {}: {loss}", round + 1));
        let all: usize = proofs.iter().map(|proof| proof.acknowledged).sum();
        let last = proofs.last().copied().unwrap();
        assert_eq!(last.acknowledged, acknowledged);
        total += acknowledged;
        println!(
            "{:>5}  {:>12}  {acknowledged:>12}  {all:>12}  {:>9}  {:>12}  {}",
            round + 1,
            after.as_millis(),
            last.under_way,
            last.kept,
            began.elapsed().as_millis(),
        );
    }
    println!(
        "{rounds} power cuts: {total} acknowledged, 0 lost, 0 doubled, every store check clean"
    );
}

#[test]
fn without_the_sync_power_cuts_lose_what_was_acknowledged() {
    let (program, seed) = (built("PSOP_CRASH_CONTROL"), seed());
    println!("the control, built without the sync, PSOP_CRASH_SEED={seed}");
    let (mut random, persons) = (Random(seed), Persons::default());
    let mut losses = 0;
    for round in 0..CONTROL_ROUNDS {
        let mut machine = Machine::new(&program);
        let acknowledged = machine.run_until_the_cut(&persons, cut_after(&mut random));
        let told = match machine.prove() {
            Ok(_) => "nothing lost".to_owned(),
            Err(loss) => {
                losses += 1;
                format!("LOST: {}", loss.chars().take(400).collect::<String>())
            }
        };
        println!("control {}: {acknowledged} acknowledged; {told}", round + 1);
    }
    println!("the control lost acknowledged effects in {losses} of {CONTROL_ROUNDS} power cuts");
    assert!(losses > 0, "this test cannot find a loss");
}
