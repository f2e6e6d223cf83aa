//! The stored bytes, pinned: a change here makes files of earlier versions unreadable, and needs a new
//! format version with the old types kept for reading.

use jiff::Timestamp;
use serde::Serialize;

use super::history::{event, sums_of};
use super::registry::registry;
use super::*;
use crate::domain::access::{MandateCheck, MandateResult};
use crate::domain::retention::RetentionClass;
use crate::domain::service_event::{CreditOf, Settled};
use crate::domain::settlement::{Book, Carried, Run, RunNumber, row_of};
use crate::store::Miss;
use crate::store::audit::AccessHead;
use crate::store::records::history::StoredRegistryChange;
use crate::store::records::stored::{
    AccessRow, Bytes, ChainedRow, MessageAnswer, State, StoredAnswer, StoredEvent, StoredGrant,
    StoredMandate, StoredMessage, StoredMiss, StoredPerson, StoredReference, Versioned,
};
use crate::store::upkeep::PurgeProof;

fn pin(name: &str, stored: &impl Serialize) -> String {
    let bytes = postcard::to_stdvec(stored).unwrap();
    format!("{name} {} {:08x}", bytes.len(), crc32fast::hash(&bytes))
}

#[test]
fn stored_types_keep_their_bytes() {
    let at = Timestamp::UNIX_EPOCH;
    let state = State {
        sequence: 1,
        records: 300,
        access_rows: 2,
        access_link: [4; 32],
        changes: 5,
        epoch: [6; 16],
        keys_version: 2,
        seals: 300,
    };
    let versioned = Versioned {
        version: 7,
        sealed: Bytes(vec![1, 2, 3]),
    };
    let grant_record = StoredGrant {
        person: [5; 32],
        grant: grant(1, "ITSENAINEN"),
    };
    let here = StoredMessage {
        kept_at: at,
        answer: MessageAnswer::Here(Bytes(vec![1])),
    };
    let pointer = StoredMessage {
        kept_at: at,
        answer: MessageAnswer::UnderReference([6; 32]),
    };
    let reference_record = StoredReference {
        kept_at: at,
        sealed: Bytes(vec![1]),
    };
    let miss = StoredMiss::of(Miss {
        at,
        machine_at: instant(0),
    });
    let chained = ChainedRow {
        position: 1,
        link: [2; 32],
        sealed: Bytes(vec![3]),
    };
    let mut access = entry();
    access.mandate = Some(MandateCheck {
        delegate: person(OTHER),
        principal: person(CHILD),
        result: MandateResult::Unavailable,
    });
    let mandate = StoredMandate {
        delegate: [1; 32],
        principal: [2; 32],
        result: access.mandate.as_ref().unwrap().result.as_str().into(),
    };
    let row = AccessRow::of(
        &access,
        vec![[3; 32]],
        (vec![number(1)], access.events.clone()),
        Some(mandate),
        (1, 1),
    );
    let mut event = event(7, 1, date(2026, 3, 2), 1500);
    event.credit_of = Some(CreditOf {
        event: event.id,
        reason_code: "VIRHE".to_owned(),
        reason_text: "kirjattu kahdesti".to_owned(),
    });
    event.settled = Some(Settled {
        number: "T-1".to_owned(),
        settled_at: at,
        paid_at: Some(at),
    });
    let posting = event.posting(&grant(1, "ITSENAINEN"), at);
    let event_record = StoredEvent {
        change_seq: 300,
        created_seq: 2,
        changed_at: at,
        sealed: Bytes(vec![1]),
    };
    let number = RunNumber::parse("853-2026-03-1").unwrap();
    let run = Run {
        confirmed_at: Some(at),
        ..Run::begun(number, at)
    };
    let mut book = Book::empty(turku());
    book.busy = Some(number);
    book.purged_to = Some(number.month);
    let amount = Cents(-100);
    let owed = Carried { amount, by: number };
    book.carried.insert(event.provider.clone(), owed);
    let proof = PurgeProof {
        class: RetentionClass::AccessLog,
        ended_before: date(2026, 1, 1),
        by: "yllapito".to_owned(),
        begun_at: at,
        last_at: at,
        objects: 300,
        records: 300,
        log_start: Some(AccessHead {
            rows: 300,
            link: [4; 32],
        }),
    };
    let registry_change = StoredRegistryChange {
        version: 300,
        at,
        by: "yllapito".to_owned(),
        source: "registry.toml".to_owned(),
        pieces: 2,
    };
    let pins = [
        pin("state", &state),
        pin("versioned", &versioned),
        pin("person", &StoredPerson::of(&customer(CHILD, 1))),
        pin("grant", &grant_record),
        pin("answer", &StoredAnswer::of(&answer("<a/>"))),
        pin("message", &here),
        pin("pointer", &pointer),
        pin("reference", &reference_record),
        pin("miss", &miss),
        pin("chained", &chained),
        pin("row", &row),
        pin("registry", &registry()),
        pin("posting", &posting),
        pin("event", &event),
        pin("event record", &event_record),
        pin("run", &run),
        pin("exported run", &run.exported([5; 32], [6; 32])),
        pin("sums", &sums_of(&event)),
        pin("settled row", &row_of(&event)),
        pin("book", &book),
        pin("purge proof", &proof),
        pin("registry change", &registry_change),
    ];
    let wanted = [
        "state 56 01717766",
        "versioned 5 cc4addec",
        "person 49 a4e45297",
        "grant 194 961c1762",
        "answer 50 6b44a483",
        "message 4 4f58decb",
        "pointer 34 b66a47de",
        "reference 3 915dd8c5",
        "miss 9 703ce09a",
        "chained 35 48da34e2",
        "row 249 d04fb498",
        "registry 681 81d1b687",
        "posting 27 1b75ec55",
        "event 183 ccbc2f7e",
        "event record 6 61c9ea0a",
        "run 19 edee766c",
        "exported run 84 fb2c10ae",
        "sums 41 1e372ad4",
        "settled row 71 d3feb399",
        "book 42 8a68feef",
        "purge proof 62 887226d9",
        "registry change 27 3e194a67",
    ];
    assert_eq!(pins, wanted);
}
