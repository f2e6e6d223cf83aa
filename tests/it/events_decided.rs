//! The organiser's decisions over the real program: approval, rejection, their refusals, with a server and without.

use crate::support::message::Message;
use crate::support::operator::{import, operate, row};
use crate::support::server::{Server, Site};

const AINO: &str = "110987-904Y";
const NOBODY: &str = "019cee6b-1f80-7aaa-8bbb-0123456789ab";

/// A site of which home help needs the organiser's check, or not.
fn site(review: bool) -> (Site, Server, Vec<String>) {
    let site = Site::new("");
    let registry = super::settlement::registry(&site, |text| {
        let (before, service) = text.split_once("service_code = \"kotiapu\"").unwrap();
        let service = service.replacen("review = false", &format!("review = {review}"), 1);
        format!("{before}service_code = \"kotiapu\"{service}")
    });
    site.apply(&registry);
    let server = site.start();
    let number = server.post(&Message::create().0).number();
    let rows =
        ["A", "B"].map(|reference| row(reference, &number, AINO, "2026-03-12", ("1", "38.50")));
    let told = import(&site, "events.csv", &rows);
    assert_eq!(told.code, 0, "{told:?}");
    let ids = told.column(6).into_iter().map(str::to_owned).collect();
    (site, server, ids)
}

#[test]
fn an_event_is_approved_once_and_again_changes_nothing() {
    let (site, server, ids) = site(false);
    let (a, b) = (ids[0].as_str(), ids[1].as_str());
    let told = operate(&site, &["events", "approve", a, NOBODY, "x"]);
    assert_eq!(told.code, 1);
    assert_eq!(told.out, format!("{a}: is HYVAKSYTTY now\n"));
    assert!(
        told.err
            .contains(&format!("{NOBODY}: EVENT_NOT_FOUND at eventId"))
    );
    assert!(told.err.contains("x: EVENT_NOT_FOUND"));
    let again = operate(&site, &["events", "approve", a, b]).good();
    assert_eq!(
        again,
        format!("{a}: is HYVAKSYTTY already\n{b}: is HYVAKSYTTY now\n")
    );
    let refused = operate(&site, &["events", "reject", b]).refused();
    assert!(refused.contains("EVENT_LOCKED at eventId"), "{refused}");
    let credit = [
        "events",
        "credit",
        b,
        "--reason-code",
        "X",
        "--reason-text",
        "x",
    ];
    let refused = operate(&site, &credit).refused();
    assert!(refused.contains("EVENT_LOCKED at eventId"), "{refused}");
    assert_eq!(server.stop(), Some(0));
    let unseen = operate(&site, &["events", "show", NOBODY]).refused();
    assert!(unseen.contains("EVENT_NOT_FOUND"));
    let export = ["audit", "export", "--organiser", "853"];
    let log = operate(&site, &export).good();
    let approvals = log.lines().filter(|row| row.contains("events-approve"));
    assert_eq!(approvals.count(), 3, "{log}");
    let rejected = log
        .lines()
        .find(|row| row.contains("events-reject"))
        .unwrap();
    for part in [
        "LOCAL",
        "operator",
        "EVENT_LOCKED",
        "PALVELUN_JARJESTAMINEN",
        b,
    ] {
        assert!(rejected.contains(part), "{part}: {rejected}");
    }
    operate(&site, &["store", "check"]).good();
}

#[test]
fn what_waits_for_the_check_is_approved_or_rejected() {
    let (site, server, ids) = site(true);
    assert_eq!(server.stop(), Some(0));
    let (a, b) = (ids[0].as_str(), ids[1].as_str());
    let shown = operate(&site, &["events", "show", a]).good();
    assert!(shown.contains("TARKASTETTAVANA"));
    let told = operate(&site, &["events", "reject", a]).good();
    assert_eq!(told, format!("{a}: is HYLATTY now\n"));
    let again = operate(&site, &["events", "reject", a]).good();
    assert_eq!(again, format!("{a}: is HYLATTY already\n"));
    assert_eq!(
        operate(&site, &["events", "approve", b]).good(),
        format!("{b}: is HYVAKSYTTY now\n")
    );
    let refused = operate(&site, &["events", "approve", a]).refused();
    assert!(refused.contains("EVENT_LOCKED"), "{refused}");
    operate(&site, &["store", "check"]).good();
}
