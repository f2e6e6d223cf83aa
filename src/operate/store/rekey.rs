//! `store-rekey` and `store-rekey-finish`: new keys for the store while it is used. Nobody is held up.

use serde::{Deserialize, Serialize};

use super::{MAINTENANCE, progress, telling};
use crate::domain::access::DataClass;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::secrets::MasterKey;
use crate::services::Services;

/// Put a new master key beside the one in use, and seal everything under a new encryption key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rekey {
    /// The new master key, read from its file by the command line.
    pub new_key: MasterKey,
}

impl Operation for Rekey {
    const NAME: &'static str = "store-rekey";
    const NEEDS: Needs = Needs {
        rank: Rank::Owner,
        about: About::All,
        row: Row::One(MAINTENANCE, DataClass::Health),
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let store = &services.store;
        let (mut tell, seen) = progress();
        let walked = telling(
            output,
            "sealed anew",
            seen,
            store.rekey(&self.new_key, &mut tell),
        )
        .await?;
        tracing::info!(
            records = walked.records,
            sealed_anew = walked.replaced,
            "the store was sealed under new keys"
        );
        let keys = store.keys().await?;
        let text = format!(
            "{} records looked at, {} sealed anew: all are under encryption key {}\n\
             the old key file and the new one both open the store until this is finished. What to do: put the new \
             key file in place (secrets.key_file) of every adapter on this store, restart each, then run \
             `store rekey --finish`",
            walked.records, walked.replaced, keys.current
        );
        output.out(&text).await?;
        Ok(Done::WELL)
    }
}

/// Drop the old keys, once nothing needs them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {}

impl Operation for Finish {
    const NAME: &'static str = "store-rekey-finish";
    const NEEDS: Needs = Needs {
        rank: Rank::Owner,
        about: About::All,
        row: Row::One(MAINTENANCE, DataClass::Health),
    };

    async fn run(self, services: &Services, _: &Caller, output: &Output) -> Result<Done, Failed> {
        let store = &services.store;
        let (mut tell, seen) = progress();
        let walked = telling(output, "sealed anew", seen, store.finish_rekey(&mut tell)).await?;
        tracing::info!(
            records = walked.records,
            "the store's old keys were dropped"
        );
        let text = format!(
            "{} records looked at, none is under an old key: the old keys are dropped\n\
             the store opens with the new key file only. Keep the old one as long as backups made under it are kept",
            walked.records
        );
        output.out(&text).await?;
        Ok(Done::WELL)
    }
}
