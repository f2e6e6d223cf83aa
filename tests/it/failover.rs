//! The database's machine dies under load, again and again, and its synchronous standby takes over: the adapters go
//! on by their addresses of both, everything acknowledged is answered the same afterwards, nothing is done twice, and
//! the store is proven whole.
//!
//! The same is done with a standby that commits do not wait for, and has to lose something: else this test could not
//! find a loss. `make failover-test` runs both; `PSOP_FAILOVER_ROUNDS` sets the size.

use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crate::database::{Stop, check, is_ready, serve, site_on, wait_for_more};
use crate::kept_load::{Ledger, Persons, Proof, persistent_load};
use crate::support::cluster::{End, Node, wait_until};
use crate::support::server::{Server, Site};

/// New servers after so many rounds: takeover after takeover is tested, and proofs stay short.
const ROUNDS_PER_PLACE: usize = 5;
/// Acknowledged before the machine dies, and again before a round ends.
const ACKNOWLEDGED_EACH: usize = 400;

fn rounds() -> usize {
    std::env::var("PSOP_FAILOVER_ROUNDS").map_or(3, |text| text.parse().unwrap())
}

/// Address of a database that is on one of two servers.
fn url(nodes: [&Node; 2]) -> String {
    let [left, right] = nodes.map(|node| node.port);
    format!("postgres://psop@127.0.0.1:{left},127.0.0.1:{right}/psop")
}

/// Two servers, two adapters, and what was sent to them.
struct Place {
    primary: Node,
    standby: Node,
    site: Site,
    adapters: [Server; 2],
    persons: Persons,
    ledgers: Vec<Ledger>,
}

impl Place {
    fn new() -> Place {
        let primary = Node::new();
        let standby = Node::following(&primary, "standby");
        let site = site_on(&url([&primary, &standby]), "");
        let adapters = [serve(&site, "adapter-1"), serve(&site, "adapter-2")];
        Place {
            primary,
            standby,
            site,
            adapters,
            persons: Persons::default(),
            ledgers: Vec::new(),
        }
    }

    /// Load all the time; the primary dies in it, and the standby becomes the one that writes. Milliseconds from the
    /// death until both adapters are ready again.
    fn fail_over(&mut self) -> u128 {
        let (ledger, stop) = (Ledger::default(), AtomicBool::new(false));
        let addresses = self.addresses();
        let mut out_ms = 0;
        std::thread::scope(|scope| {
            let _stop = Stop(&stop);
            scope.spawn(|| persistent_load(&addresses, &self.persons, &ledger, &stop));
            wait_for_more(&ledger, ACKNOWLEDGED_EACH);
            self.primary.end(End::Killed);
            let died = Instant::now();
            self.wait_until_unready();
            self.standby.promote();
            self.wait_until_ready();
            out_ms = died.elapsed().as_millis();
            wait_for_more(&ledger, ACKNOWLEDGED_EACH);
        });
        std::mem::swap(&mut self.primary, &mut self.standby);
        self.ledgers.push(ledger);
        out_ms
    }

    fn addresses(&self) -> [SocketAddr; 2] {
        self.adapters.each_ref().map(|adapter| adapter.http)
    }

    fn wait_until_unready(&self) {
        for adapter in &self.adapters {
            wait_until("unready", || !is_ready(adapter));
        }
    }

    fn wait_until_ready(&self) {
        for adapter in &self.adapters {
            wait_until("ready", || is_ready(adapter));
        }
    }

    fn prove(&self) -> Result<Vec<Proof>, String> {
        check(&self.site)?;
        let [first, ..] = &self.adapters;
        let proofs = self.ledgers.iter().map(|ledger| ledger.prove(first.http));
        let proofs = proofs.collect::<Result<Vec<_>, _>>()?;
        check(&self.site)?;
        Ok(proofs)
    }
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_by_a_failover() {
    println!("round  out ms  told to come again  acknowledged  proven again  kept unanswered  ms");
    let mut place = Place::new();
    let mut total = 0;
    for round in 1..=rounds() {
        let began = Instant::now();
        let of_place = (round - 1) % ROUNDS_PER_PLACE;
        if round > 1 && of_place == 0 {
            place = Place::new();
        } else if of_place > 0 {
            place
                .standby
                .replaced_by_follower_of(&place.primary, "standby");
        }
        place.primary.wait_for_follower("standby");
        let out_ms = place.fail_over();
        let proofs = place
            .prove()
            .unwrap_or_else(|loss| panic!("round {round}: {loss}"));
        let all: usize = proofs.iter().map(|proof| proof.acknowledged).sum();
        let (last, ledger) = (proofs.last().unwrap(), place.ledgers.last().unwrap());
        assert_eq!(last.acknowledged, ledger.acknowledged());
        assert!(ledger.come_again() > 0, "nobody noticed");
        total += last.acknowledged;
        println!(
            "{round:>5}  {out_ms:>6}  {:>18}  {:>12}  {all:>12}  {:>15}  {}",
            ledger.come_again(),
            last.acknowledged,
            ledger.kept_unanswered(),
            began.elapsed().as_millis(),
        );
    }
    println!(
        "{} failovers: {total} acknowledged, 0 lost, 0 doubled, every store check clean",
        rounds()
    );
}

#[test]
fn a_standby_that_commits_do_not_wait_for_loses_what_was_acknowledged() {
    let mut place = Place::new();
    // It is behind when it is needed, as a slow line leaves it.
    place.standby.end(End::Fast);
    let (ledger, stop) = (Ledger::default(), AtomicBool::new(false));
    let addresses = place.addresses();
    std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        scope.spawn(|| persistent_load(&addresses, &place.persons, &ledger, &stop));
        wait_for_more(&ledger, ACKNOWLEDGED_EACH);
        place.primary.end(End::Killed);
    });
    place.ledgers.push(ledger);
    place.wait_until_unready();
    place.standby.start();
    place.standby.promote();
    place.wait_until_ready();
    let loss = place.prove().expect_err("this test cannot find a loss");
    println!("the control lost: {loss}");
}
