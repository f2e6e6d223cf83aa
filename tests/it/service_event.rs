//! postServiceEvent over the wire: an event on an ordinary purchasing power or a balance from its creation to its
//! deletion, what it leaves of the grant, repeats, and who may send it. The rules that it shares with the import of
//! events are proven there.

use crate::scenery::{HEAD, apply, check, verdict};
use crate::support::answer::Answer;
use crate::support::message::Message;
use crate::support::operator::operate;
use crate::support::server::{Server, Site};

const AINO: &str = "110987-904Y";

fn site() -> (Site, Server) {
    let site = Site::empty(HEAD, "");
    apply(&site, |registry| registry);
    let server = site.start();
    (site, server)
}

/// A new event of 1.5 hours at 38.50 on a grant of home help.
fn event(number: &str) -> Message {
    Message::fixture("23-event")
        .fresh()
        .set("psop:purchasingPowerNumber", number)
        .set("psop:personId", AINO)
        .set("psop:unitPrice", "38.50")
        .without("psop:totals")
}

/// The same about an event that is there.
fn about(number: &str, action: &str, event_id: &str, version: &str) -> Message {
    let xml = format!(
        "<psop:eventId>{event_id}</psop:eventId><psop:expectedVersion>{version}</psop:expectedVersion>"
    );
    event(number)
        .set("psop:action", action)
        .after("psop:action", &xml)
}

#[track_caller]
fn recorded(answer: &Answer, expected: [&str; 5]) -> String {
    assert_eq!(verdict(answer), "OK", "{}", answer.body);
    let text = |name: &str| answer.text(name).unwrap();
    let last = |name: &str| answer.texts(name).pop().unwrap();
    let found = [
        text("state"),
        text("version"),
        text("totalPrice"),
        last("voucherShare"),
        last("remaining"),
    ];
    assert_eq!(found, expected);
    text("eventId")
}

#[test]
fn an_event_is_recorded_replaced_and_deleted_and_the_grant_follows() {
    let (site, server) = site();
    let number = server.post(&Message::create().0).number();
    let created = server.post(&event(&number).0);
    let id = recorded(&created, ["KIRJATTU", "1", "57.75", "48.00", "8.500"]);
    assert_eq!(created.text("periodKey").as_deref(), Some("2026-03"));
    let longer = about(&number, "UPDATE", &id, "1").set("psop:quantity", "2.25");
    let updated = server.post(&longer.0);
    recorded(&updated, ["KIRJATTU", "2", "86.63", "72.00", "7.750"]);
    check(
        &server,
        &[(
            "on a version that is gone",
            about(&number, "UPDATE", &id, "1"),
            "EVENT_VERSION_CONFLICT expectedVersion",
        )],
    );
    let deleted = server.post(&about(&number, "DELETE", &id, "2").0);
    recorded(&deleted, ["POISTETTU", "3", "86.63", "72.00", "10.000"]);
    let shown = server.post(&Message::lookup(&number).0);
    assert_eq!(shown.text("remaining").as_deref(), Some("10.000"));
    operate(&site, &["store", "check"]).good();
}

#[test]
fn what_is_refused_leaves_nothing_and_the_rest_of_a_balance_can_be_used() {
    let (site, server) = site();
    let number = server.post(&Message::create().0).number();
    let dental = server
        .post(&Message::fixture("04-create-dental").fresh().0)
        .number();
    let on_dental = event(&dental).set("psop:personId", "300401A9139");
    let line = "<psop:line><psop:lineNo>1</psop:lineNo><psop:quantity>1</psop:quantity>\
                <psop:unitPrice>1.00</psop:unitPrice></psop:line>";
    check(
        &server,
        &[
            (
                "more than the month has",
                event(&number).set("psop:quantity", "10.001"),
                "QUOTA_EXCEEDED line[1]/quantity",
            ),
            (
                "above the cap",
                event(&number).set("psop:unitPrice", "42.01"),
                "PRICE_ABOVE_CAP line[1]/unitPrice",
            ),
            (
                "a line twice",
                event(&number).after("psop:line", line),
                "FIELD_NOT_ALLOWED line[2]/lineNo",
            ),
            (
                "nothing done",
                event(&number).without("psop:line"),
                "FIELD_REQUIRED line",
            ),
            (
                "dental procedures are the other service's",
                on_dental,
                "PP_KIND_MISMATCH purchasingPowerNumber; PROVIDER_NOT_APPROVED providerBusinessId",
            ),
        ],
    );
    let shown = server.post(&Message::lookup(&number).0);
    assert_eq!(shown.text("used").as_deref(), Some("0.000"));
    let saldo = Message::fixture("03-create-saldo").fresh();
    let saldo = server.post(&saldo.0).number();
    let spend = |euros: &str| {
        event(&saldo)
            .set("psop:personId", "010160-9109")
            .set("psop:quantity", "1")
            .set("psop:unitPrice", euros)
    };
    let spent = server.post(&spend("1199.99").0);
    recorded(&spent, ["KIRJATTU", "1", "1199.99", "1199.99", "0.01"]);
    check(
        &server,
        &[
            ("a cent too much", spend("0.02"), "BALANCE_EXCEEDED line[1]"),
            ("the last cent", spend("0.01"), "OK"),
        ],
    );
    operate(&site, &["store", "check"]).good();
}

#[test]
fn repeats_are_answered_as_at_first_and_strangers_get_a_fault() {
    let (_site, server) = site();
    let number = server.post(&Message::create().0).number();
    let message = event(&number);
    let first = server.post(&message.0);
    let second = server.post(&message.0);
    let replayed = first.body.replace(
        "<psop:replayed>false</psop:replayed>",
        "<psop:replayed>true</psop:replayed>",
    );
    assert_eq!(second.body, replayed);
    let reference = message.clone().set("xrd:id", "another-id-of-the-same");
    assert_eq!(
        server.post(&reference.0).text("eventId"),
        first.text("eventId")
    );
    let other = message.clone().set("psop:quantity", "1");
    check(
        &server,
        &[
            ("other content", other, "DUPLICATE_MESSAGE_ID_CONFLICT"),
            (
                "a client without a right to it",
                event(&number)
                    .client("FI-TEST/COM/9000003-8/dental")
                    .provider("9000003-8"),
                "FAULT AUTH_SERVICE_NOT_GRANTED",
            ),
            (
                "as another provider",
                event(&number).provider("9000003-8"),
                "FAULT AUTH_PROVIDER_MISMATCH",
            ),
        ],
    );
}
