//! `store-backup`: one piece of a backup. The command line writes the file: it asks for a piece after the other, each
//! once the one before is durable in its file, so that it can ask again after whatever broke off.

use serde::{Deserialize, Serialize};

use crate::operate::{Done, Failed, Output};
use crate::services::Services;
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

impl Backup {
    pub(in crate::operate) async fn run(
        self,
        services: &Services,
        output: &Output,
    ) -> Result<Done, Failed> {
        let store = &services.store;
        let place = self
            .place
            .map(|Place { id, piece }| BackupPlace { id, piece });
        let Some(turn) = store.backup_piece(place).await? else {
            output.carry(&Carried::Unknown).await?;
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
        output.carry(&carried).await?;
        Ok(Done::WELL)
    }
}
