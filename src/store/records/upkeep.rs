//! The store's upkeep over any engine.

use std::future::ready;
use std::sync::{Arc, PoisonError};

use super::backup::{Backup, Step, forget_later, overtaken};
use super::{Engine, RecordStore, copy, figures, migrate, purge, rekey, replace};
use crate::secrets::MasterKey;
use crate::store::upkeep::{
    BackupNext, BackupPlace, BackupTurn, Copied, Figures, Filling, KeysStanding, Progress,
    PurgeOrder, PurgeProof, Purged, Upkeep, Walked,
};
use crate::store::{StoreError, StoreFuture};

#[expect(private_bounds, reason = "engines are the store's own matter")]
impl<E: Engine> RecordStore<E> {
    /// Does something with the backup whose turn this is.
    fn with_backup<T>(
        &self,
        turn: BackupTurn,
        work: impl FnOnce(&mut Backup) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut backup = self.backup.lock().unwrap_or_else(PoisonError::into_inner);
        match backup.as_mut().filter(|backup| backup.has_turn(turn)) {
            Some(backup) => work(backup),
            None => Err(overtaken()),
        }
    }

    fn take_up(&self, place: Option<BackupPlace>) -> Result<Option<BackupTurn>, StoreError> {
        let mut backup = self.backup.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = place else {
            let mut begun = Backup::begin(&self.engine)?;
            let turn = begun.take_up(1);
            if backup.replace(begun).is_none() {
                tokio::spawn(forget_later(Arc::downgrade(&self.backup)));
            }
            return Ok(Some(turn));
        };
        if backup.as_ref().is_some_and(|backup| backup.is_over(place)) {
            *backup = None;
        }
        let known = backup.as_mut().filter(|backup| backup.holds(place));
        Ok(known.map(|backup| backup.take_up(place.piece)))
    }
}

impl<E: Engine> Upkeep for RecordStore<E> {
    fn keys(&self) -> StoreFuture<'_, KeysStanding> {
        Box::pin(ready(rekey::standing(&self.engine)))
    }

    fn rekey<'a>(&'a self, new: &'a MasterKey, progress: Progress<'a>) -> StoreFuture<'a, Walked> {
        Box::pin(rekey::rekey(&self.engine, new, progress))
    }

    fn finish_rekey<'a>(&'a self, progress: Progress<'a>) -> StoreFuture<'a, Walked> {
        Box::pin(rekey::finish(&self.engine, progress))
    }

    fn migrate<'a>(&'a self, progress: Progress<'a>) -> StoreFuture<'a, Walked> {
        Box::pin(migrate::migrate(&self.engine, progress))
    }

    fn purge<'a>(
        &'a self,
        order: PurgeOrder,
        progress: Progress<'a>,
    ) -> StoreFuture<'a, Vec<Purged>> {
        Box::pin(purge::purge(&self.engine, order, progress))
    }

    fn purge_proofs(&self) -> StoreFuture<'_, Vec<PurgeProof>> {
        Box::pin(ready(purge::proofs(&self.engine)))
    }

    fn figures<'a>(&'a self, progress: Progress<'a>) -> StoreFuture<'a, Figures> {
        Box::pin(figures::figures(&self.engine, progress))
    }

    fn backup_piece(&self, place: Option<BackupPlace>) -> StoreFuture<'_, Option<BackupTurn>> {
        Box::pin(ready(self.take_up(place)))
    }

    fn backup_next(&self, turn: BackupTurn) -> StoreFuture<'_, BackupNext> {
        Box::pin(async move {
            loop {
                match self.with_backup(turn, Backup::next)? {
                    Step::Next(next) => return Ok(next),
                    Step::Settle => {
                        replace::settled(&self.engine).await?;
                        let keyring = self.engine.keyring();
                        self.with_backup(turn, |backup| backup.settled(&keyring))?;
                    }
                }
            }
        })
    }

    fn copy_into<'a>(
        &'a self,
        target: Filling,
        master: &'a MasterKey,
        progress: Progress<'a>,
    ) -> StoreFuture<'a, Copied> {
        Box::pin(copy::copy(&self.engine, target, master, progress))
    }
}
