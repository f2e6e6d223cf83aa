//! Nothing personal stands in the files in clear, and the access log's chain can be checked.

use super::history::access_rows;
use super::*;
use crate::domain::access::{MandateCheck, MandateResult};
use crate::secrets::HashOf;
use crate::store::{Miss, NewMiss};

#[tokio::test]
async fn the_chain_recomputes_from_its_beginning_over_reopens() {
    let place = Place::new();
    for round in 0..3 {
        let store = place.open();
        for index in 0..20 {
            let mut access = entry();
            access.message_id = format!("{round}-{index}");
            store.commit(Change::access_only(access)).await.unwrap();
        }
        assert_eq!(access_rows(&store).len(), 20 * (round + 1));
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_row_keeps_persons_as_keyed_hashes() {
    let place = Place::new();
    let store = place.open();
    let mut access = entry();
    access.mandate = Some(MandateCheck {
        delegate: person(OTHER),
        principal: person(CHILD),
        result: MandateResult::Unavailable,
    });
    store.commit(Change::access_only(access)).await.unwrap();
    let rows = access_rows(&store);
    let hash = |id: &str| {
        let keyring = store.keyring();
        keyring.keyed_hash(HashOf::Person, &[id.as_bytes()])
    };
    assert_eq!(rows[0].persons, [hash(CHILD)]);
    assert_eq!(rows[0].numbers, [number(1)]);
    let mandate = rows[0].mandate.as_ref().unwrap();
    assert_eq!(mandate.delegate, hash(OTHER));
    assert_eq!(mandate.principal, hash(CHILD));
    assert_eq!(mandate.result, "UNAVAILABLE");
}

fn contains(folder: &Path, wanted: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|file| {
        let path = file.unwrap().path();
        if path.is_dir() {
            return contains(&path, wanted);
        }
        let bytes = fs::read(path).unwrap();
        bytes.windows(wanted.len()).any(|window| window == wanted)
    })
}

#[tokio::test]
async fn nothing_personal_stands_in_the_files() {
    let place = Place::new();
    let store = place.open();
    store
        .put_registry(super::registry::registry())
        .await
        .unwrap();
    let mut change = creation(1, CHILD, 1);
    let kept = answer(&format!("<personId>{CHILD}</personId>"));
    change.answer_by_reference = Some((reference("lahde-1"), kept.clone()));
    change.miss = Some(NewMiss {
        miss: Miss {
            at: instant(0),
            machine_at: instant(0),
        },
        newest_seen: None,
    });
    store.commit(change).await.unwrap();
    let again = Change {
        answer_by_message: Some((message("m-9"), kept)),
        ..Change::access_only(entry())
    };
    store.commit(again).await.unwrap();
    store.close().await.unwrap();

    let grant = grant(1, "ITSENAINEN");
    for wanted in [
        CHILD,
        &CHILD[..6],
        "Aino Ilona",
        "Korhonen-Virtanen",
        "Matti Meikalainen",
        "message-4711",
        &grant.decision.reference,
        grant.decision.note.as_deref().unwrap(),
        &grant.source_reference,
    ] {
        assert!(
            !contains(place.store_path(), wanted.as_bytes()),
            "{wanted} stands in a file"
        );
    }
    // The search finds what does stand there.
    assert!(contains(place.store_path(), b"Turku"));
}
