//! The contract: every message and type of the services, from one listing each.
//!
//! A listing gives the struct, its yaserde attributes for the client side, a constant
//! [`shape::Shape`] and a strict decoder. Schemas and WSDL are written from the shapes.
//! Invariant: nothing here knows what a service does.

#[macro_use]
mod macros;

pub mod decode;
pub mod facets;
pub mod lexical;
pub mod shape;
pub mod types;
pub mod wsdl;
pub mod xroad_schemas;
pub mod xsd;
