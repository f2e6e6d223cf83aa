//! The rules of purchasing powers, as types and pure functions.
//!
//! Invariant: nothing here does I/O, reads a clock, is async, or knows another layer of this crate.
//! "Now", "today" and everything the store knows are passed in; decisions come back as values.

pub mod access;
pub mod admin_token;
pub mod authorisation;
pub mod business_id;
pub mod circumstances;
pub mod client;
pub mod code;
pub mod consistency;
pub mod customer;
pub mod dated;
pub mod dental;
pub mod event;
pub mod event_id;
pub mod feed;
pub mod grant;
pub mod iban;
pub mod ledger;
pub mod lookup;
pub mod money;
pub mod monthly;
pub mod national_code;
pub mod number;
pub mod oid;
pub mod period;
pub mod person_id;
pub mod purchasing_power;
pub mod registry;
pub mod rejection;
pub mod retention;
pub mod service_event;
pub mod settlement;
pub mod terhikki;
