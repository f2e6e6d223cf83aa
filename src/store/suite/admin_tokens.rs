//! Tokens of the Admin API: kept under their names, changed from the version before, sealed, gone when forgotten.

use std::collections::BTreeSet;

use super::check::{assert_found, check, findings};
use super::*;
use crate::domain::admin_token::{AdminToken, Organisers, Role};
use crate::store::records::keys::{Key, Table};
use crate::store::records::stored::Versioned;

pub(super) fn token(name: &str, version: u64) -> AdminToken {
    AdminToken {
        name: name.to_owned(),
        digest: [9; 32],
        role: Role::Clerk,
        organisers: Organisers::Some(BTreeSet::from([turku()])),
        created_at: instant(0),
        expires_at: instant(10),
        revoked_at: None,
        made_by: "anna".to_owned(),
        epoch: [3; 16],
        version,
    }
}

fn keeping(token: AdminToken, forgotten: &[&str]) -> Change {
    Change {
        token: Some(token),
        tokens_forgotten: forgotten.iter().map(|name| (*name).to_owned()).collect(),
        ..Change::access_only(entry())
    }
}

#[tokio::test]
async fn a_token_is_found_by_its_name_and_a_name_is_given_once() {
    let place = Place::new();
    let store = place.open();
    assert_eq!(store.admin_token("a").await.unwrap(), None);
    store.commit(keeping(token("b", 1), &[])).await.unwrap();
    store.commit(keeping(token("a", 1), &[])).await.unwrap();
    let again = store.commit(keeping(token("a", 1), &[])).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    let revoked = token("a", 1).revoked(instant(5));
    store.commit(keeping(revoked.clone(), &[])).await.unwrap();
    let twice = store.commit(keeping(revoked.clone(), &[])).await;
    assert!(matches!(twice, Err(StoreError::Conflict)), "{twice:?}");
    store.close().await.unwrap();

    let store = place.open();
    assert_eq!(store.admin_token("a").await.unwrap(), Some(revoked.clone()));
    assert_eq!(store.admin_token("ab").await.unwrap(), None);
    let all = store.admin_tokens().await.unwrap();
    assert_eq!(all, [revoked, token("b", 1)]);
    store
        .commit(keeping(token("c", 1), &["a", "none"]))
        .await
        .unwrap();
    let all = store.admin_tokens().await.unwrap();
    assert_eq!(all, [token("b", 1), token("c", 1)]);
    let report = check(&store).await;
    assert!(report.findings.is_empty() && report.was_quiet, "{report:?}");
}

#[tokio::test]
async fn a_token_under_another_name_or_of_another_version_is_found() {
    let key = Key::admin_token("lived");
    let found = findings(|hand| {
        hand.change_versioned(&key, |token: &mut AdminToken| {
            token.name = "other".to_owned()
        });
    })
    .await;
    assert_found(&found, Table::AdminToken, "record ", "the name of another");
    let found = findings(|hand| {
        hand.change(&key, |stored: &mut Versioned| stored.version += 1);
    })
    .await;
    assert_found(&found, Table::AdminToken, "record ", "its version is not");
}
