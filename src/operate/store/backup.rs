//! `store-backup`: one piece of a backup. The command line writes the file: it asks for a piece after the other, each
//! once the one before is durable in its file, so that it can ask again after whatever broke off.

use serde::{Deserialize, Serialize};

use super::MAINTENANCE;
use crate::domain::access::DataClass;
use crate::operate::acting::kept;
use crate::operate::caller::{Caller, Rank};
use crate::operate::operation::{About, Needs, Operation, Row};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;
use crate::store::Change;
use crate::store::upkeep::{BackupNext, BackupPlace};

/// Where a backup goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub id: [u8; 16],
    /// The piece wanted; all before it have arrived.
    pub piece: u64,
}

/// What a piece carries to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carried {
    /// The piece is whole, and the next one is this.
    Next(Place),
    /// The backup is whole; this place, asked for, says that it has arrived.
    Whole(Place),
    /// That backup is not known here: it is over, another was begun, or the server was started anew.
    Unknown,
}

/// Give the first piece of a new backup, or the one named.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    pub place: Option<Place>,
}

impl Operation for Backup {
    const NAME: &'static str = "store-backup";
    const NEEDS: Needs = Needs {
        rank: Rank::Owner,
        about: About::All,
        row: Row::Own,
    };

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let store = &services.store;
        if self.place.is_none() {
            // One row a backup, whatever number of pieces it comes in.
            let row = caller.row(services, Self::NAME, MAINTENANCE, DataClass::Health);
            kept(services, Change::access_only(row)).await?;
        }
        let place = self
            .place
            .map(|Place { id, piece }| BackupPlace { id, piece });
        let Some(turn) = store.backup_piece(place).await? else {
            output.result(&Carried::Unknown).await?;
            return Ok(Done::WELL);
        };
        let next = Place {
            id: turn.place.id,
            piece: turn.place.piece.saturating_add(1),
        };
        let carried = loop {
            match store.backup_next(turn).await? {
                BackupNext::Frame(frame) => output.data(&frame).await?,
                BackupNext::PieceEnd => break Carried::Next(next),
                BackupNext::End => break Carried::Whole(next),
            }
            tokio::task::yield_now().await;
        };
        output.result(&carried).await?;
        Ok(Done::WELL)
    }
}
