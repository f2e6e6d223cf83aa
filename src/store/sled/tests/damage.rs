//! The table of damage: files of a store cut, overwritten, flipped, exchanged and taken away. Each time the store
//! is whole all the same, or refused at start, or refused at the first read that meets the damage. Never is it
//! opened smaller, and never is something acknowledged read as if it had not been there.

mod cases;
mod stores;

use std::collections::BTreeMap;
use std::fs;

use super::check::check;
use super::*;
use cases::{Case, File, How, cases};
use stores::{Kept, Stores};

/// What became of a damaged store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Every acknowledged effect is there, and `store check` finds nothing.
    Whole,
    RefusedAtStart,
    RefusedAtRead,
}

/// Damages a copy of the store that the case is about, opens it and looks for everything that was acknowledged.
async fn outcome(stores: &Stores, case: &Case) -> Outcome {
    let kept = stores.kept(case.store);
    let place = kept.copy();
    case.apply(&place, stores.older(case.store));
    let store = match place.try_open() {
        Ok(store) => store,
        Err(error) => {
            let text = error.to_string();
            let is_clear = text.contains("estore the last backup");
            assert!(is_clear, "{case:?} does not say the way back: {text}");
            return Outcome::RefusedAtStart;
        }
    };
    let read = read_all(&store, kept, case).await;
    if read.is_err() {
        let reason = store.ready().expect_err("refused and yet ready");
        let late = store.commit(Change::access_only(entry())).await;
        assert!(late.is_err(), "{case:?}: {reason}");
        drop(store);
        found_by_check(&place, case).await;
        return Outcome::RefusedAtRead;
    }
    let report = store.check(&mut |_| {}).await;
    let report = report.unwrap_or_else(|error| panic!("{case:?}: all is there, but {error}"));
    assert_eq!(report.findings, [], "{case:?}: all is there, but");
    store.close().await.unwrap();
    // What recovery made of it is whole too.
    place.open().close().await.unwrap();
    Outcome::Whole
}

/// Everything acknowledged, read back. What is not refused must be what was kept.
async fn read_all(store: &SledStore, kept: &Kept, case: &Case) -> Result<(), StoreError> {
    for bits in kept.grants() {
        let facts = try_grant_facts(store, bits).await?;
        let is_kept = facts.is_some_and(|facts| facts.grant.number == number(bits));
        assert!(is_kept, "{case:?}: grant {bits} is read as absent");
        let key = message(&format!("m-{bits}"));
        let reference = reference(&format!("lahde-{bits}"));
        let replays = store.replays(&key, &reference).await?;
        let mut expected = answer(&format!("<answer>{bits}</answer>"));
        expected.about.number = Some(number(bits));
        let expected = Some(expected);
        assert_eq!(replays.by_message, expected, "{case:?}: {bits}");
        assert_eq!(replays.by_reference, expected, "{case:?}: {bits}");
    }
    let registry = store.registry().await?;
    assert_eq!(registry.providers.len(), kept.providers, "{case:?}");
    let rows = store.access_head().await?.rows;
    assert_eq!(rows, kept.access_rows, "{case:?}: access rows");
    Ok(())
}

/// `store check` meets every record, and so the damage as well.
async fn found_by_check(place: &Place, case: &Case) {
    let mut attempts = 0;
    let store = loop {
        match place.try_open() {
            Ok(store) => break store,
            Err(StoreError::Unavailable(text)) if text.contains("in use") && attempts < 5 => {
                attempts += 1;
            }
            // Refused from now on is found as well.
            Err(_) => return,
        }
    };
    match store.check(&mut |_| {}).await {
        Ok(report) => assert_ne!(report.findings, [], "{case:?} is not found by a check"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[tokio::test]
async fn damage_is_survived_whole_or_refused_and_never_read_as_absent() {
    let stores = Stores::make().await;
    let cases = cases();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let mut outcomes: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let outcome = outcome(&stores, case).await;
        println!("{:<62} {outcome:?}", case.to_string());
        *outcomes.entry(outcome).or_default() += 1;
        if !case.expected.contains(&outcome) {
            wrong.push(format!("{case}: {outcome:?}"));
        }
    }
    println!("{} cases: {outcomes:?}", cases.len());
    assert_eq!(wrong, [""; 0]);
    assert_eq!(outcomes.len(), 3, "each outcome is met: {outcomes:?}");
}

#[tokio::test]
async fn a_damaged_log_is_refused_before_anything_of_it_is_changed() {
    let stores = Stores::make().await;
    let place = stores.kept(stores::Which::Killed).copy();
    let case = Case::new(
        stores::Which::Killed,
        File::Log,
        How::FlipAt(500),
        &[Outcome::RefusedAtStart],
    );
    case.apply(&place, stores.older(stores::Which::Killed));
    let log = place.store_path().join("db");
    let before = fs::read(&log).unwrap();
    let text = place.refusal();
    assert!(text.contains("acknowledged records are missing"), "{text}");
    assert!(text.contains("Nothing was changed"), "{text}");
    assert!(fs::read(&log).unwrap() == before);
    // Accepted, it opens with what sled makes of it, and says so in a check.
    fs::remove_file(place.store_path().join("head")).unwrap();
    if let Ok(store) = place.try_open() {
        let there = try_grant_facts(&store, stores::GRANTS - 1).await;
        assert!(!matches!(there, Ok(Some(_))), "the damage hit nothing");
    }
}

#[tokio::test]
async fn a_snapshot_that_was_never_finished_is_no_damage() {
    let stores = Stores::make().await;
    let place = stores.kept(stores::Which::Killed).copy();
    let unfinished = place.store_path().join("snap.FFFFFFFFFFFFFFF0.generating");
    fs::write(&unfinished, b"half").unwrap();
    let store = place.open();
    assert!(found(&store, 1).await.is_some());
    assert_eq!(check(&store).await.findings, []);
    assert!(!unfinished.exists());
    store.close().await.unwrap();
}
