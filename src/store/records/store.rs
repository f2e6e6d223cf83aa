//! The store's methods over any engine: each read is one read of the engine, each change one piece of its work.

use std::future::ready;
use std::sync::Arc;

use super::{
    Engine, RecordStore, View, Work, admin_tokens, audit, change, check, events, grants, history,
    reads, registry, renewal, settlements,
};
use crate::domain::admin_token::AdminToken;
use crate::domain::client::ClientId;
use crate::domain::event_id::EventId;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::registry::{ClientGrant, OrganiserCode, Registry};
use crate::domain::service_event::{EventState, PlacedEvent};
use crate::domain::settlement::{Book, ProviderSums, RowPlace, Run, RunNumber, SettledRow};
use crate::secrets::Keyring;
use crate::store::audit::{AccessHead, AccessRecord, AccessVerdict};
use crate::store::callers::Callers;
use crate::store::check::{CheckReport, SettlementReport};
use crate::store::grants::{GrantPlace, GrantsWithCustomers};
use crate::store::registry::{GrantWithEvents, RegistryChange, StandingRegistry};
use crate::store::settlement::EventsWithGrants;
use crate::store::{
    Change, CreationFacts, CreationQuery, FeedHead, GrantFacts, GrantQuery, MessageKey, Miss,
    OrganiserEntry, ReferenceKey, Replays, Store, StoreError, StoreFuture, Stretch,
};
use crate::telemetry::metrics::StoreMetrics;

#[expect(private_bounds, reason = "engines are the store's own matter")]
impl<E: Engine> RecordStore<E> {
    pub(in crate::store) fn over(engine: E) -> RecordStore<E> {
        RecordStore {
            engine,
            backup: Arc::default(),
        }
    }

    /// The store's keys, for what is hashed or chained outside of it.
    pub fn keyring(&self) -> Arc<Keyring> {
        self.engine.keyring()
    }

    /// Fills the registry's tables as a store has them that was made before the registry had a history.
    #[cfg(test)]
    pub(crate) async fn put_registry(&self, registry: Registry) -> Result<(), StoreError> {
        let prepared = change::PreparedChange::of_registry(&self.engine.keyring(), &registry)?;
        self.engine.submit(Work::Change(Box::new(prepared))).await
    }

    fn read<'a, T: Send + 'a>(
        &self,
        work: impl Fn(&dyn View) -> Result<T, StoreError>,
    ) -> StoreFuture<'a, T> {
        let read = self.engine.read(|view| renewal::following(view, &work));
        Box::pin(ready(read))
    }
}

impl<E: Engine> Store for RecordStore<E> {
    fn client_grants<'a>(&'a self, client: &'a ClientId) -> StoreFuture<'a, Arc<Vec<ClientGrant>>> {
        self.read(|view| reads::client_grants(view, client))
    }

    fn organiser(&self, code: OrganiserCode) -> StoreFuture<'_, OrganiserEntry> {
        self.read(|view| reads::organiser(view, code))
    }

    fn replays<'a>(
        &'a self,
        message: &'a MessageKey,
        reference: &'a ReferenceKey,
    ) -> StoreFuture<'a, Replays> {
        self.read(|view| reads::replays(view, message, reference))
    }

    fn creation_facts<'a>(&'a self, query: CreationQuery<'a>) -> StoreFuture<'a, CreationFacts> {
        self.read(|view| reads::creation_facts(view, &query))
    }

    fn grant_facts<'a>(&'a self, query: GrantQuery<'a>) -> StoreFuture<'a, Option<GrantFacts>> {
        self.read(|view| reads::grant_facts(view, &query))
    }

    fn feed_head(&self) -> StoreFuture<'_, FeedHead> {
        self.read(events::feed_head)
    }

    fn events(
        &self,
        organiser: OrganiserCode,
        stretch: Stretch,
        most: usize,
    ) -> StoreFuture<'_, Vec<PlacedEvent>> {
        self.read(|view| events::of_stretch(view, organiser, stretch, most))
    }

    fn events_in_state(
        &self,
        organiser: OrganiserCode,
        stretch: Stretch,
        state: EventState,
        most: usize,
    ) -> StoreFuture<'_, EventsWithGrants> {
        self.read(|view| settlements::events_in_state(view, organiser, stretch, state, most))
    }

    fn events_of_ids<'a>(&'a self, ids: &'a [EventId]) -> StoreFuture<'a, EventsWithGrants> {
        self.read(|view| settlements::events_of_ids(view, ids))
    }

    fn grants(
        &self,
        organiser: OrganiserCode,
        after: Option<GrantPlace>,
        most: usize,
    ) -> StoreFuture<'_, GrantsWithCustomers> {
        self.read(|view| grants::of_organiser(view, organiser, after.as_ref(), most))
    }

    fn settlement_book(&self, organiser: OrganiserCode) -> StoreFuture<'_, Option<Book>> {
        self.read(|view| settlements::book(view, organiser))
    }

    fn settlement_runs(&self, organiser: OrganiserCode) -> StoreFuture<'_, Vec<Run>> {
        self.read(|view| settlements::standing_runs(view, organiser))
    }

    fn settlement_run(&self, number: RunNumber) -> StoreFuture<'_, Option<Run>> {
        self.read(|view| settlements::standing_run(view, number))
    }

    fn settlement_providers(&self, number: RunNumber) -> StoreFuture<'_, Vec<ProviderSums>> {
        self.read(|view| settlements::providers(view, number))
    }

    fn settlement_rows(
        &self,
        number: RunNumber,
        after: Option<RowPlace>,
        most: usize,
    ) -> StoreFuture<'_, Vec<SettledRow>> {
        self.read(|view| settlements::rows(view, number, after.as_ref(), most))
    }

    fn misses<'a>(&'a self, client: &'a ClientId, most: usize) -> StoreFuture<'a, Vec<Miss>> {
        self.read(|view| reads::misses(view, client, most))
    }

    fn admin_token<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<AdminToken>> {
        self.read(|view| admin_tokens::one(view, name))
    }

    fn admin_tokens(&self) -> StoreFuture<'_, Vec<AdminToken>> {
        self.read(admin_tokens::all)
    }

    fn commit(&self, change: Change) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.engine.ready()?;
            let prepared = change::prepare(&self.engine.keyring(), &change)?;
            self.engine.submit(Work::Change(Box::new(prepared))).await
        })
    }

    fn registry(&self) -> StoreFuture<'_, Registry> {
        self.read(registry::read)
    }

    fn standing_registry(&self) -> StoreFuture<'_, StandingRegistry> {
        self.read(history::standing)
    }

    fn registry_history(&self, after: u64, most: usize) -> StoreFuture<'_, Vec<RegistryChange>> {
        self.read(|view| history::changes(view, after, most))
    }

    fn grants_with_events(
        &self,
        after: Option<PurchasingPowerNumber>,
        most: usize,
    ) -> StoreFuture<'_, Vec<GrantWithEvents>> {
        self.read(|view| history::grants_with_events(view, after, most))
    }

    fn grants_of_numbers<'a>(
        &'a self,
        numbers: &'a [PurchasingPowerNumber],
    ) -> StoreFuture<'a, Vec<GrantWithEvents>> {
        self.read(|view| history::grants_of_numbers(view, numbers))
    }

    fn callers(&self) -> &Callers {
        self.engine.callers()
    }

    fn metrics(&self) -> &StoreMetrics {
        self.engine.metrics()
    }

    fn disk_bytes(&self) -> Result<u64, StoreError> {
        self.engine.disk_bytes()
    }

    fn records_read(&self) -> u64 {
        self.engine.records_read()
    }

    fn access_head(&self) -> StoreFuture<'_, AccessHead> {
        self.read(audit::head)
    }

    fn access_start(&self) -> StoreFuture<'_, AccessHead> {
        self.read(audit::start)
    }

    fn access_rows(&self, from: u64, most: usize) -> StoreFuture<'_, Vec<AccessRecord>> {
        Box::pin(ready(audit::rows(&self.engine, from, most)))
    }

    fn verify_access(&self, earlier: Option<AccessHead>) -> StoreFuture<'_, AccessVerdict> {
        Box::pin(audit::verify(&self.engine, earlier))
    }

    fn check<'a>(
        &'a self,
        progress: &'a mut (dyn FnMut(u64) + Send),
    ) -> StoreFuture<'a, CheckReport> {
        Box::pin(check::check(&self.engine, progress))
    }

    fn check_settlement(&self, number: RunNumber) -> StoreFuture<'_, SettlementReport> {
        Box::pin(check::settlement::check(&self.engine, number))
    }

    fn ready(&self) -> Result<(), StoreError> {
        self.engine.ready()
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.engine.close())
    }
}
