//! A settlement of many events goes in steps: others work meanwhile, a server that is killed in the middle leaves a
//! run that the same command finishes, and nobody sees it before.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use psop_adapter::domain::service_event::EventState;

use crate::support::message::Message;
use crate::support::operator::{Told, operate};
use crate::support::planted::{Planted, Recorded};
use crate::support::server::{Site, program};

const EVENTS: usize = 1_200;

fn planted() -> Site {
    let site = Site::new("");
    let planted = Planted::open(&site);
    for person in ["110987-904Y", "010160-9109", "300401A9139"] {
        let grant = planted.grant("853", "saldo-hoiva", person);
        for _ in 0..EVENTS / 3 {
            let recorded = Recorded {
                state: EventState::Hyvaksytty,
                ..Recorded::default()
            };
            planted.event(grant.number, recorded);
        }
    }
    planted.close();
    site
}

fn run(site: &Site) -> std::process::Command {
    let mut command = program();
    command.args([
        "settlement",
        "run",
        "--organiser",
        "853",
        "--month",
        "2026-03",
    ]);
    command.arg("--config").arg(site.config());
    command
}

#[test]
fn a_run_that_broke_off_is_finished_by_the_same_command() {
    let site = planted();
    let mut server = site.start();
    let mut hidden = 0;
    for wait_ms in [40, 80, 120, 160] {
        let child = run(&site)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.unwrap();
        thread::sleep(Duration::from_millis(wait_ms));
        server.kill();
        child.wait().unwrap();
        server = site.start();
        let shown = operate(&site, &["settlement", "show", "853-2026-03-1"]);
        hidden += usize::from(shown.err.contains("is not complete"));
        operate(&site, &["store", "check"]).good();
    }
    println!("{hidden} of 4 broke off in the middle");
    let answer = server.post(&Message::create().0);
    assert_eq!(answer.outcome(), "OK");
    Told::of(&run(&site).output().unwrap()).good();
    let shown = operate(&site, &["settlement", "show", "853-2026-03-1"]).good();
    assert!(
        shown.contains(&format!("DRAFT: {EVENTS} events, price 1200.00")),
        "{shown}"
    );
    operate(&site, &["store", "check"]).good();
    let cancelled = operate(&site, &["settlement", "cancel-draft", "853-2026-03-1"]);
    cancelled.good();
    operate(&site, &["store", "check"]).good();
}

#[test]
fn two_runs_at_once_make_one_settlement() {
    let site = planted();
    let server = site.start();
    let running: Vec<_> = (0..3)
        .map(|_| {
            let mut command = run(&site);
            thread::spawn(move || Told::of(&command.output().unwrap()))
        })
        .collect();
    for running in running {
        running.join().unwrap().good();
    }
    let shown = operate(&site, &["settlement", "show", "853-2026-03-1"]).good();
    assert!(
        shown.contains(&format!("DRAFT: {EVENTS} events")),
        "{shown}"
    );
    let second = operate(&site, &["settlement", "show", "853-2026-03-2"]);
    assert!(second.refused().contains("there is no settlement"));
    assert_eq!(server.stop(), Some(0));
    operate(&site, &["store", "check"]).good();
}

#[test]
fn an_event_that_is_settled_on_no_run_is_found() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let grant = planted.grant("853", "saldo-hoiva", "110987-904Y");
    let id = planted.event(grant.number, Recorded::default());
    planted.move_to(id, EventState::Tilitetty);
    planted.close();
    let told = operate(&site, &["store", "check"]);
    assert_eq!(told.code, 1);
    let found = format!("event {id}: it is settled, and says on no settlement");
    assert!(told.out.contains(&found), "{}", told.out);
}
