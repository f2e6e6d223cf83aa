//! Black-box tests: the real program, started as a process, over real sockets.
//! Each module's first lines say what it covers.

// The lints' exception for tests covers test functions, not what they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admin;
mod admin_api;
mod audit;
mod audit_export;
mod authorisation;
mod changes;
mod command_line;
mod compatibility;
mod config_command;
mod configuration;
mod conformance;
mod database;
mod database_tls;
mod disk_faults;
mod documentation;
mod durability;
mod event_feed;
mod events_at_once;
mod events_by_operator;
mod events_decided;
mod events_import;
mod every_code;
#[cfg(feature = "heavy-tests")]
mod failover;
mod fault_order;
mod first_call;
mod fuzz_corpus;
mod header_echo;
mod histories;
#[cfg(feature = "heavy-tests")]
mod hostile;
mod http_edge;
mod interop;
mod kept_load;
mod kill;
mod kill_mixed;
mod layers;
mod lexical;
mod limits;
mod load_limits;
mod mandate;
mod monitoring;
mod mutations;
mod operator_commands;
mod packaging;
#[cfg(feature = "heavy-tests")]
mod paging_cost;
mod partner;
#[cfg(feature = "heavy-tests")]
mod power_cut;
mod privacy;
mod properties;
mod rate_limit;
mod records;
mod registration;
mod registry_apply;
mod registry_imports;
mod repeats;
mod repeats_at_once;
mod report;
mod request_shapes;
mod rules_amend;
mod rules_amend_used;
mod rules_change;
mod rules_create;
mod rules_create_codes;
mod rules_create_registry;
mod rules_dental_amend;
mod rules_dental_event;
mod rules_dental_event_life;
mod rules_dental_grant;
mod rules_lookup;
mod rules_lookup_customer;
mod rules_lookup_kinds;
mod rules_lookup_values;
mod rules_saldo;
mod scale;
mod scenarios;
mod scenery;
mod scenery_events;
mod schemas;
mod service_event;
mod settlement;
mod settlement_export;
mod settlement_report;
mod settlement_steps;
mod settlement_verify;
#[cfg(feature = "heavy-tests")]
mod slow_clients;
mod socket_activation;
mod store_backup;
mod store_fixture;
mod store_postgres;
mod store_purge;
mod store_rekey;
mod support;
mod tls;
#[cfg(feature = "traces")]
mod traces;
mod wrong_messages;
mod wsi;
mod xroad_fixtures;
mod year;
