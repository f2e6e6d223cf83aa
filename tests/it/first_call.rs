//! The first call: a municipality grants, a provider looks it up, and a restart changes nothing.

use crate::support::message::Message;
use crate::support::server::Site;

#[test]
fn a_grant_is_made_looked_up_and_outlives_a_kill() {
    let site = Site::new("");
    let server = site.start();
    let created = server.post(&Message::fixture("01-create-ordinary").0);
    let number = created.number();
    assert_eq!(created.outcome(), "OK");
    assert_eq!(created.text("totalAuthorised").as_deref(), Some("1920.00"));
    assert_eq!(created.text("state").as_deref(), Some("VOIMASSA"));
    assert_eq!(created.text("version").as_deref(), Some("1"));
    let lookup = Message::fixture("02-get-ostovoima").number(&number);
    let shown = server.post(&lookup.0);
    assert_eq!(shown.text("remaining").as_deref(), Some("10.000"));
    assert_eq!(shown.text("unitValue").as_deref(), Some("32.00"));
    assert_eq!(shown.text("maxUnitPrice").as_deref(), Some("42.00"));
    assert_eq!(shown.text("periodKey").as_deref(), Some("2026-03"));
    server.kill();
    let server = site.start();
    let again = server.post(&lookup.0);
    assert_eq!(again.body, shown.body);
    assert_eq!(server.stop(), Some(0));
}
