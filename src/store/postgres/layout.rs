//! Where records stand in the database: one SQL table for each record table, and one for the registry's and
//! their history. Each has the record's key and its encoded value; what SQL can hold of the rules stands in `migrations`.

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
        | Table::ClientGrant
        | Table::RegistryHistory => "registry",
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
        Table::AnswerOfGrant => "answer_of_purchasing_power",
        Table::Miss => "miss",
        Table::Access => "access_log",
        Table::PurgeProof => "purge_proof",
        Table::AdminToken => "admin_token",
    }
}

/// Constraints between tables, as (table, column), named `names_COLUMN`: in the way while a store is filled.
pub(super) const FOREIGN_KEYS: [(&str, &str); 10] = [
    ("purchasing_power_of_customer", "customer"),
    ("purchasing_power_of_customer", "purchasing_power"),
    ("service_event_of_purchasing_power", "purchasing_power"),
    ("service_event_of_purchasing_power", "service_event"),
    ("ledger", "purchasing_power"),
    ("settlement_provider", "settlement_run"),
    ("settlement_row", "settlement_run"),
    ("settlement_row", "service_event"),
    ("answer_of_purchasing_power", "purchasing_power"),
    ("answer_of_purchasing_power", "answer"),
];

/// Makes the indexes by which the database finds what names a row that is deleted. They would cost every commit, so
/// that they are there only during a purge; one that a broken-off purge left half made is made anew.
pub(super) fn purge_indexes() -> impl Iterator<Item = (String, String)> {
    FOREIGN_KEYS.into_iter().map(|(table, column)| {
        let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS purge_{table}_{column}");
        let make =
            format!("CREATE INDEX CONCURRENTLY purge_{table}_{column} ON {table} ({column})");
        (drop, make)
    })
}

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
        assert_eq!(tables.last(), Some(&"admin_token"));
    }

    #[test]
    fn the_tables_and_constraints_named_here_are_those_of_the_migrations() {
        let tables = [
            include_str!("migrations/1_tables.sql"),
            include_str!("migrations/4_admin_token.sql"),
        ]
        .concat();
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
        for (table, column) in FOREIGN_KEYS {
            let made = format!(
                "ALTER TABLE {table} ADD CONSTRAINT names_{column}\n    FOREIGN KEY ({column})"
            );
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
        let tables = ["access_log", "purge_proof", "admin_token"];
        assert_eq!(rest.len(), tables.len());
        for (stretch, table) in rest.iter().zip(tables) {
            let begins = format!("SELECT key, record FROM {table} WHERE key > $1");
            assert!(stretch.sql.starts_with(&begins), "{}", stretch.sql);
        }
    }
}
