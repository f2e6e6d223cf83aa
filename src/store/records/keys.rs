//! Record keys: a table byte, then parts that can be told apart whatever they hold.
//! Numbers are big-endian, so that a prefix scan gives them in order. Knows nothing of values.

mod table;

use std::ops::Bound;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::business_id::BusinessId;
use crate::domain::client::ClientId;
use crate::domain::event_id::EventId;
use crate::domain::number::PurchasingPowerNumber;
use crate::domain::registry::OrganiserCode;
use crate::domain::retention::RetentionClass;
use crate::domain::settlement::{RowPlace, RunNumber};

pub(in crate::store) use self::table::{REGISTRY_TABLES, TABLES, Table};

/// Name of the meta record that every batch writes.
pub(in crate::store) const STATE_NAME: &str = "state";
/// Name of the meta record that holds the wrapped keys.
pub(in crate::store) const KEYS_NAME: &str = "keys";
/// Name of the meta record of a place that is being filled and is no store yet.
pub(in crate::store) const FILLING_NAME: &str = "filling";

/// Longest key. Together with the value cap it bounds a page of sled, see `engine::SEGMENT_BYTES`.
pub(in crate::store) const KEY_BYTES_MAX: usize = 512;

/// Tables of the registry and of its history, by their bytes.
const REGISTRY_FIRST: u8 = Table::Municipality as u8;
const REGISTRY_LAST: u8 = Table::RegistryHistory as u8;

/// A keyed hash as part of a key.
pub(in crate::store) type Hash = [u8; 32];

/// A record's key, or the prefix that several share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::store) struct Key(Vec<u8>);

impl Key {
    /// The prefix of every key.
    pub(in crate::store) const EMPTY: Key = Key(Vec::new());

    /// The prefix of a whole table.
    pub(in crate::store) fn table(table: Table) -> Key {
        let mut bytes = Vec::with_capacity(64);
        bytes.push(table as u8);
        Key(bytes)
    }

    /// Takes a key as it came from a scan.
    pub(in crate::store) fn from_stored(bytes: &[u8]) -> Key {
        Key(bytes.to_vec())
    }

    pub(in crate::store) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The table that a record with this key is in.
    pub(in crate::store) fn in_table(&self) -> Option<Table> {
        let byte = *self.0.first()?;
        TABLES.into_iter().find(|table| *table as u8 == byte)
    }

    /// Whether a record with this key is part of the registry, or says which one stands.
    pub(in crate::store) fn is_of_registry(&self) -> bool {
        matches!(self.0.first(), Some(REGISTRY_FIRST..=REGISTRY_LAST))
    }

    /// The first key that is not under this prefix any more.
    pub(in crate::store) fn end(&self) -> Bound<Key> {
        let mut bytes = self.0.clone();
        while let Some(last) = bytes.pop() {
            if let Some(next) = last.checked_add(1) {
                bytes.push(next);
                return Bound::Excluded(Key(bytes));
            }
        }
        Bound::Unbounded
    }

    /// Whether this key lies under `prefix`.
    pub(in crate::store) fn is_under(&self, prefix: &Key) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// A text of any length, preceded by its length.
    fn text(mut self, text: &str) -> Key {
        // A text beyond u32 makes a key beyond its limit, which no record is kept under.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    fn fixed(mut self, bytes: &[u8]) -> Key {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The kind in one byte, which also tells the length of the digits.
    fn organiser_code(self, code: OrganiserCode) -> Key {
        match code {
            OrganiserCode::Municipality(code) => self.fixed(b"M").fixed(code.as_str().as_bytes()),
            OrganiserCode::County(code) => self.fixed(b"C").fixed(code.as_str().as_bytes()),
        }
    }

    pub(in crate::store) fn meta(name: &str) -> Key {
        Key::table(Table::Meta).text(name)
    }

    pub(in crate::store) fn municipality(code: &str) -> Key {
        Key::table(Table::Municipality).text(code)
    }

    pub(in crate::store) fn county(code: &str) -> Key {
        Key::table(Table::County).text(code)
    }

    pub(in crate::store) fn organiser(code: OrganiserCode) -> Key {
        Key::table(Table::Organiser).organiser_code(code)
    }

    pub(in crate::store) fn service_type(organiser: OrganiserCode, service_code: &str) -> Key {
        Key::table(Table::ServiceType)
            .organiser_code(organiser)
            .text(service_code)
    }

    pub(in crate::store) fn provider(business_id: &str) -> Key {
        Key::table(Table::Provider).text(business_id)
    }

    pub(in crate::store) fn approval(
        organiser: OrganiserCode,
        service_code: &str,
        provider: &str,
    ) -> Key {
        Key::table(Table::Approval)
            .organiser_code(organiser)
            .text(service_code)
            .text(provider)
    }

    pub(in crate::store) fn price_item(organiser: OrganiserCode, procedure_code: &str) -> Key {
        Key::table(Table::PriceItem)
            .organiser_code(organiser)
            .text(procedure_code)
    }

    pub(in crate::store) fn code_set(oid: &str, version: &str) -> Key {
        Key::table(Table::CodeSet).text(oid).text(version)
    }

    /// Prefix of a code set's items.
    pub(in crate::store) fn code_items(oid: &str, version: &str) -> Key {
        Key::table(Table::CodeItem).text(oid).text(version)
    }

    pub(in crate::store) fn code_item(oid: &str, version: &str, code: &str) -> Key {
        Key::code_items(oid, version).text(code)
    }

    pub(in crate::store) fn client_grant(client: &ClientId) -> Key {
        let key = Key::table(Table::ClientGrant)
            .text(&client.instance)
            .text(&client.member_class)
            .text(&client.member_code);
        match &client.subsystem_code {
            Some(subsystem) => key.text(subsystem),
            None => key,
        }
    }

    /// What says which version of the registry stands. Before every change of the history.
    pub(in crate::store) fn registry_standing() -> Key {
        Key::table(Table::RegistryHistory).fixed(&[0])
    }

    /// Prefix of the registry's changes, in the order of versions and of their parts.
    pub(in crate::store) fn registry_changes() -> Key {
        Key::table(Table::RegistryHistory).fixed(&[1])
    }

    /// A part of the change that made a version of the registry; part 0 says what it is.
    pub(in crate::store) fn registry_change(version: u64, part: u32) -> Key {
        Key::registry_changes()
            .fixed(&version.to_be_bytes())
            .fixed(&part.to_be_bytes())
    }

    /// Version and part, as [`Key::registry_change`] wrote them.
    pub(in crate::store) fn registry_change_place(&self) -> Option<(u64, u32)> {
        let rest = self.0.strip_prefix(&[Table::RegistryHistory as u8, 1])?;
        let (version, part) = rest.split_first_chunk()?;
        Some((
            u64::from_be_bytes(*version),
            u32::from_be_bytes(part.try_into().ok()?),
        ))
    }

    pub(in crate::store) fn customer(organiser: OrganiserCode, person: &Hash) -> Key {
        Key::table(Table::Customer)
            .organiser_code(organiser)
            .fixed(person)
    }

    pub(in crate::store) fn grant(number: PurchasingPowerNumber) -> Key {
        Key::table(Table::Grant).fixed(&number.bits().to_be_bytes())
    }

    /// Prefix of an organiser's grants, by customer.
    pub(in crate::store) fn grants_of_organiser(organiser: OrganiserCode) -> Key {
        Key::table(Table::GrantOfCustomer).organiser_code(organiser)
    }

    /// Prefix of a customer's grants for whatever service.
    pub(in crate::store) fn all_grants_of_customer(organiser: OrganiserCode, person: &Hash) -> Key {
        Key::grants_of_organiser(organiser).fixed(person)
    }

    /// Prefix of a customer's grants for one service.
    pub(in crate::store) fn grants_of_customer(
        organiser: OrganiserCode,
        person: &Hash,
        service_code: &str,
    ) -> Key {
        Key::all_grants_of_customer(organiser, person).text(service_code)
    }

    /// Below [`Key::grants_of_customer`] and the tables that begin with a number.
    pub(in crate::store) fn with_number(self, number: PurchasingPowerNumber) -> Key {
        self.fixed(&number.bits().to_be_bytes())
    }

    pub(in crate::store) fn event(id: EventId) -> Key {
        Key::table(Table::Event).fixed(id.as_bytes())
    }

    /// Prefix of a grant's events, in the order of day and id.
    pub(in crate::store) fn events_of_grant(number: PurchasingPowerNumber) -> Key {
        Key::table(Table::EventOfGrant).with_number(number)
    }

    /// Prefix of an organiser's events, in the order of day and id.
    pub(in crate::store) fn events_of_day(organiser: OrganiserCode) -> Key {
        Key::table(Table::EventOfDay).organiser_code(organiser)
    }

    /// Below [`Key::events_of_grant`] and [`Key::events_of_day`].
    pub(in crate::store) fn with_day(self, day: Date) -> Key {
        // The sign bit is turned, so that years before 0 sort before those after.
        let year = day.year().cast_unsigned() ^ (1 << 15);
        self.fixed(&year.to_be_bytes())
            .fixed(&[day.month().cast_unsigned(), day.day().cast_unsigned()])
    }

    /// Below [`Key::with_day`].
    pub(in crate::store) fn with_event(self, id: EventId) -> Key {
        self.fixed(id.as_bytes())
    }

    /// The last sixteen bytes as an event's id, as [`Key::with_event`] wrote them.
    pub(in crate::store) fn last_event(&self) -> Option<EventId> {
        self.0.last_chunk().copied().map(EventId::from_bytes)
    }

    /// Prefix of an organiser's feed.
    pub(in crate::store) fn feed(organiser: OrganiserCode) -> Key {
        Key::table(Table::Feed).organiser_code(organiser)
    }

    /// Below [`Key::feed`].
    pub(in crate::store) fn with_change(self, change_seq: u64) -> Key {
        self.fixed(&change_seq.to_be_bytes())
    }

    /// Prefix of a grant's postings, in the order booked.
    pub(in crate::store) fn ledger(number: PurchasingPowerNumber) -> Key {
        Key::table(Table::Ledger).with_number(number)
    }

    /// Below [`Key::ledger`]: the grant's revision that the posting came with, and its place in it.
    pub(in crate::store) fn with_revision(self, revision: u64, index: u8) -> Key {
        self.fixed(&revision.to_be_bytes()).fixed(&[index])
    }

    /// Prefix of an organiser's settlement runs, in the order of month and number.
    pub(in crate::store) fn settlement_runs(organiser: OrganiserCode) -> Key {
        Key::table(Table::SettlementRun).organiser_code(organiser)
    }

    pub(in crate::store) fn settlement_run(number: RunNumber) -> Key {
        Key::table(Table::SettlementRun).run(number)
    }

    /// Prefix of a run's providers, in the order of their business ids.
    pub(in crate::store) fn settlement_providers(number: RunNumber) -> Key {
        Key::table(Table::SettlementProvider).run(number)
    }

    /// Prefix of a run's rows, in the order of provider, day and event.
    pub(in crate::store) fn settlement_rows(number: RunNumber) -> Key {
        Key::table(Table::SettlementRow).run(number)
    }

    pub(in crate::store) fn settlement_book(organiser: OrganiserCode) -> Key {
        Key::table(Table::SettlementBook).organiser_code(organiser)
    }

    /// Below [`Key::settlement_providers`] and [`Key::settlement_rows`].
    pub(in crate::store) fn with_provider(self, provider: &BusinessId) -> Key {
        self.text(provider.as_str())
    }

    /// Below [`Key::settlement_rows`].
    pub(in crate::store) fn with_place(self, place: &RowPlace) -> Key {
        self.with_provider(&place.provider)
            .with_day(place.service_date)
            .with_event(place.event)
    }

    fn run(self, number: RunNumber) -> Key {
        let month = number.month;
        let year = month.year().cast_unsigned() ^ (1 << 15);
        self.organiser_code(number.organiser)
            .fixed(&year.to_be_bytes())
            .fixed(&[month.number().cast_unsigned()])
            .fixed(&number.sequence.to_be_bytes())
    }

    pub(in crate::store) fn answer_by_message(message: &Hash) -> Key {
        Key::table(Table::AnswerByMessage).fixed(message)
    }

    pub(in crate::store) fn answer_by_reference(reference: &Hash) -> Key {
        Key::table(Table::AnswerByReference).fixed(reference)
    }

    /// The reference's hash, as [`Key::answer_by_reference`] wrote it.
    pub(in crate::store) fn reference(&self) -> Option<Hash> {
        let hash = self.0.strip_prefix(&[Table::AnswerByReference as u8])?;
        hash.try_into().ok()
    }

    /// Prefix of the answers by reference that are about a grant.
    pub(in crate::store) fn answers_of_grant(number: PurchasingPowerNumber) -> Key {
        Key::table(Table::AnswerOfGrant).with_number(number)
    }

    /// Below [`Key::answers_of_grant`].
    pub(in crate::store) fn with_reference(self, reference: &Hash) -> Key {
        self.fixed(reference)
    }

    /// Number and reference, as [`Key::answers_of_grant`] and [`Key::with_reference`] wrote them.
    pub(in crate::store) fn answer_place(&self) -> Option<(u64, Hash)> {
        let rest = self.0.strip_prefix(&[Table::AnswerOfGrant as u8])?;
        let (number, reference) = rest.split_first_chunk()?;
        Some((u64::from_be_bytes(*number), reference.try_into().ok()?))
    }

    /// Prefix of a client's misses.
    pub(in crate::store) fn misses(client: &Hash) -> Key {
        Key::table(Table::Miss).fixed(client)
    }

    /// Below [`Key::misses`], in the order of time; `position` tells equal times apart.
    pub(in crate::store) fn with_time(self, at: Timestamp, position: u64) -> Key {
        // The sign bit is turned, so that times before 1970 sort before those after.
        let ordered = at.as_microsecond().cast_unsigned() ^ (1 << 63);
        self.fixed(&ordered.to_be_bytes())
            .fixed(&position.to_be_bytes())
    }

    pub(in crate::store) fn access(position: u64) -> Key {
        Key::table(Table::Access).fixed(&position.to_be_bytes())
    }

    /// The record that every step of every purge writes, so that purges do not mix: up to where the log is purged.
    pub(in crate::store) fn purge_standing() -> Key {
        // No class has this number.
        Key::table(Table::PurgeProof).fixed(&[0]).with_purge(0)
    }

    /// Prefix of the proofs of a class, in the order in which its purges began.
    pub(in crate::store) fn purge_proofs(class: RetentionClass) -> Key {
        Key::table(Table::PurgeProof).fixed(&[class as u8])
    }

    /// Below [`Key::purge_proofs`]: where the access log stood when the purge began.
    pub(in crate::store) fn with_purge(self, access_rows: u64) -> Key {
        self.fixed(&access_rows.to_be_bytes())
    }

    /// A token, under its name.
    pub(in crate::store) fn admin_token(name: &str) -> Key {
        Key::table(Table::AdminToken).text(name)
    }

    /// Place of an access row, as [`Key::access`] wrote it.
    pub(in crate::store) fn access_position(&self) -> Option<u64> {
        let place = self.0.strip_prefix(&[Table::Access as u8])?;
        place.try_into().ok().map(u64::from_be_bytes)
    }

    /// Number and revision of a posting, as [`Key::ledger`] and [`Key::with_revision`] wrote them.
    pub(in crate::store) fn ledger_place(&self) -> Option<(u64, u64)> {
        let rest = self.0.strip_prefix(&[Table::Ledger as u8])?;
        let (number, rest) = rest.split_first_chunk()?;
        let (revision, [_index]) = rest.split_first_chunk()? else {
            return None;
        };
        Some((u64::from_be_bytes(*number), u64::from_be_bytes(*revision)))
    }

    /// Whether the key ends with a text.
    pub(in crate::store) fn ends_with_text(&self, text: &str) -> bool {
        self.0.ends_with(text.as_bytes())
    }

    /// The last eight bytes as a number, as [`Key::with_number`] wrote them.
    pub(in crate::store) fn last_number(&self) -> Option<u64> {
        self.0.last_chunk().copied().map(u64::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::national_code::{CountyCode, MunicipalityCode};

    #[test]
    fn texts_cannot_run_into_each_other() {
        let turku = OrganiserCode::Municipality(MunicipalityCode::parse("853").unwrap());
        assert_ne!(
            Key::approval(turku, "ab", "c"),
            Key::approval(turku, "a", "bc")
        );
        assert_ne!(Key::code_set("a", "\0"), Key::code_set("a\0", ""));
        let member = ClientId::parse("FI/COM/1").unwrap();
        let subsystem = ClientId {
            subsystem_code: Some(String::new()),
            ..member.clone()
        };
        assert_ne!(Key::client_grant(&member), Key::client_grant(&subsystem));
    }

    #[test]
    fn county_and_municipality_of_equal_digits_differ() {
        let county = OrganiserCode::County(CountyCode::parse("91").unwrap());
        let municipality = OrganiserCode::Municipality(MunicipalityCode::parse("091").unwrap());
        assert_ne!(Key::organiser(county), Key::organiser(municipality));
    }

    #[test]
    fn times_and_positions_sort_as_numbers() {
        let key = |second, position| {
            Key::misses(&[7; 32]).with_time(Timestamp::from_second(second).unwrap(), position)
        };
        let ordered = [key(-5, 9), key(0, 1), key(0, 2), key(1, 0), key(300, 0)];
        assert!(ordered.is_sorted());
        assert!(Key::access(255) < Key::access(256));
    }

    #[test]
    fn tables_have_bytes_of_their_own() {
        let all = TABLES.map(|table| table as u8);
        assert!(all.is_sorted_by(|left, right| left < right));
        for table in TABLES {
            assert_eq!(Key::table(table).in_table(), Some(table));
            let is_of_registry =
                REGISTRY_TABLES.contains(&table) || table == Table::RegistryHistory;
            assert_eq!(Key::table(table).is_of_registry(), is_of_registry);
        }
        let registry = REGISTRY_TABLES.map(|table| table as u8);
        assert!(registry.is_sorted());
        assert_eq!(
            registry.first(),
            Some(&0x10),
            "bytes are in files: never change them"
        );
        assert_eq!(registry.last(), Some(&0x19));
    }
}
