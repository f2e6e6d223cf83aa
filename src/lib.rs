//! psop-adapter: PSOP's purchasing powers over X-Road.
//!
//! The map. A request goes from `http` through `soap` and `contract` to a service in `services`,
//! which asks `store`, lets `domain` decide, asks `mandate` where someone acts for the customer, and
//! commits. `app` puts them together; `cli` runs it. `partner` is what developers of callers are given;
//! `registration` keeps a security server as a file says.

#[macro_use]
pub mod contract;

pub mod admin_access;
pub mod admin_api;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod durable;
pub mod http;
pub mod mandate;
pub mod operate;
pub mod outgoing;
pub mod partner;
pub mod rates;
pub mod registration;
pub mod secrets;
pub mod services;
pub mod soap;
pub mod store;
pub mod telemetry;
pub mod xml;
