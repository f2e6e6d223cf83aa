//! Keeps what stands at a security server as a file says: the subsystem, its certificates, the WSDL, the settings of
//! its services, and who may call them.
//!
//! Invariant: nothing is remembered. What is there is read anew each time, compared with the file, and only the
//! difference is done; so the same command finishes what broke off, and changes nothing the second time. Warnings of
//! the security server are never passed over unless their code was named. The API key stands in one request header
//! and nowhere else.
//!
//! - [`wanted`]: the file, with every problem told at once ([`fields`])
//! - [`present`]: what the security server has
//! - [`plan`]: the difference, as steps in the order that works; pure
//! - [`apply`]: does the steps
//! - [`status`]: what only the other side of the adapter can know; pure
//! - [`export`]: a file of what is present
//! - [`client`]: the management API over HTTP, within its limits (`pace`); [`advice`] explains its codes
//!
//! The protocol is the security server's management REST API, version 1.

pub mod advice;
pub mod apply;
pub mod client;
pub mod export;
pub mod fields;
pub mod model;
mod pace;
pub mod plan;
pub mod present;
pub mod status;
pub mod wanted;
mod wire;
