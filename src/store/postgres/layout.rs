//! Where records stand in the database: one SQL table for each record table, and one for the registry's. Each has the
//! record's key and its encoded value; what SQL can hold of the rules stands in `migrations`.

use std::ops::Bound;

use crate::store::records::keys::{Key, TABLES, Table};
use crate::store::records::{Order, Span};

/// Every SQL table that holds records, each once, in the order of keys.
pub(super) fn sql_tables() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = TABLES.into_iter().map(sql_table).collect();
    names.dedup();
    names
}

/// The SQL table that holds a record table.
pub(super) fn sql_table(table: Table) -> &'static str {
    match table {
        Table::Meta => "meta",
        Table::Municipality
        | Table::County
        | Table::Organiser
        | Table::ServiceType
        | Table::Provider
        | Table::Approval
        | Table::PriceItem
        | Table::CodeSet
        | Table::CodeItem
        | Table::ClientGrant => "registry",
        Table::Customer => "customer",
        Table::Grant => "purchasing_power",
        Table::GrantOfCustomer => "purchasing_power_of_customer",
        Table::Event => "service_event",
        Table::EventOfGrant => "service_event_of_purchasing_power",
        Table::EventOfDay => "service_event_of_day",
        Table::Feed => "change_feed",
        Table::Ledger => "ledger",
        Table::SettlementRun => "settlement_run",
        Table::SettlementProvider => "settlement_provider",
        Table::SettlementRow => "settlement_row",
        Table::SettlementBook => "settlement_book",
        Table::AnswerByMessage => "answer_by_message",
        Table::AnswerByReference => "answer_by_reference",
        Table::Miss => "miss",
        Table::Access => "access_log",
    }
}

/// Constraints between tables, as (table, name): in the way while a store is filled.
pub(super) const FOREIGN_KEYS: [(&str, &str); 8] = [
    ("purchasing_power_of_customer", "names_customer"),
    ("purchasing_power_of_customer", "names_purchasing_power"),
    (
        "service_event_of_purchasing_power",
        "names_purchasing_power",
    ),
    ("service_event_of_purchasing_power", "names_service_event"),
    ("ledger", "names_purchasing_power"),
    ("settlement_provider", "names_settlement_run"),
    ("settlement_row", "names_settlement_run"),
    ("settlement_row", "names_service_event"),
];

/// One statement's part of a span: the records of one SQL table between two keys.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) sql: String,
    pub(super) from: Vec<u8>,
    pub(super) to: Option<Vec<u8>>,
}

/// The statements that read a span, in the order asked: one, or one a table where it is over all.
pub(super) fn stretches(span: &Span, order: Order) -> Vec<Stretch> {
    let Some((from, to)) = span.bounds() else {
        return Vec::new();
    };
    let tables = match span.under.in_table() {
        Some(table) => vec![sql_table(table)],
        None => tables_from(&from),
    };
    let mut stretches: Vec<Stretch> = tables
        .into_iter()
        .map(|table| stretch(table, &from, &to, order))
        .collect();
    if order == Order::Last {
        stretches.reverse();
    }
    stretches
}

/// Tables that may hold something from a place on.
fn tables_from(from: &Bound<Key>) -> Vec<&'static str> {
    let first = match from {
        Bound::Included(key) | Bound::Excluded(key) => key.as_bytes().first().copied(),
        Bound::Unbounded => None,
    };
    let mut names: Vec<&'static str> = TABLES
        .into_iter()
        .filter(|table| first.is_none_or(|first| *table as u8 >= first))
        .map(sql_table)
        .collect();
    names.dedup();
    names
}

fn stretch(table: &str, from: &Bound<Key>, to: &Bound<Key>, order: Order) -> Stretch {
    let (after, from) = match from {
        Bound::Included(key) => (">=", key.as_bytes().to_vec()),
        Bound::Excluded(key) => (">", key.as_bytes().to_vec()),
        Bound::Unbounded => (">=", Vec::new()),
    };
    let (before, to) = match to {
        Bound::Included(key) => (" AND key <= $3", Some(key.as_bytes().to_vec())),
        Bound::Excluded(key) => (" AND key < $3", Some(key.as_bytes().to_vec())),
        Bound::Unbounded => ("", None),
    };
    let direction = match order {
        Order::First => "",
        Order::Last => " DESC",
    };
    Stretch {
        sql: format!(
            "SELECT key, record FROM {table} WHERE key {after} $1{before} ORDER BY key{direction} LIMIT $2"
        ),
        from,
        to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_stands_in_one_sql_table_and_the_order_of_keys_is_that_of_the_tables() {
        let tables = sql_tables();
        let mut distinct = tables.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(
            distinct.len(),
            tables.len(),
            "a table twice, or out of order"
        );
        assert_eq!(tables.first(), Some(&"meta"));
        assert_eq!(tables.last(), Some(&"access_log"));
    }

    #[test]
    fn the_tables_and_constraints_named_here_are_those_of_the_migrations() {
        let tables = include_str!("migrations/1_tables.sql");
        let made = tables.matches("CREATE TABLE ").count();
        assert_eq!(made, sql_tables().len());
        for table in sql_tables() {
            assert!(
                tables.contains(&format!("CREATE TABLE {table} (")),
                "{table}"
            );
        }
        let keys = include_str!("migrations/foreign_keys.sql");
        assert_eq!(keys.matches("ADD CONSTRAINT").count(), FOREIGN_KEYS.len());
        for (table, name) in FOREIGN_KEYS {
            let made = format!("ALTER TABLE {table} ADD CONSTRAINT {name}\n");
            assert!(keys.contains(&made), "{made}");
        }
    }

    #[test]
    fn a_span_is_one_statement_and_all_records_are_one_a_table_from_the_place_on() {
        let span = Span::under(Key::table(Table::Ledger));
        let one = stretches(&span, Order::Last);
        assert_eq!(one.len(), 1);
        assert_eq!(
            one[0].sql,
            "SELECT key, record FROM ledger WHERE key >= $1 AND key < $3 ORDER BY key DESC LIMIT $2"
        );
        let all = stretches(&Span::under(Key::EMPTY), Order::First);
        assert_eq!(all.len(), sql_tables().len());
        let from = Bound::Excluded(Key::access(7));
        let rest = stretches(&Span::from(Key::EMPTY, from), Order::First);
        assert_eq!(rest.len(), 1);
        assert!(
            rest[0]
                .sql
                .starts_with("SELECT key, record FROM access_log WHERE key > $1")
        );
    }
}
