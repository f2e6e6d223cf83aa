//! What a partner's developer is given before there is a partner: samples, a judgement on their own message, what a
//! security server would say of a WSDL, and the catalogue page. All of it works offline, from the same listings that the
//! contract is made of.
//!
//! - [`limits`]: what types allow, in words; [`scenario`]: messages of the worked examples; [`sample`]: a message generated from a shape with their values;
//!   [`program`]: the smallest program that sends one, in a language
//! - [`validate`]: everything wrong with a message, each with its place; [`offences`]: that of a body against its shape
//! - [`catalogue`]: the page that tells all of it
//! - `words`: a page's own words in three languages, for other pages too
//! - [`wsdl_lint`]: a WSDL as a security server reads it

pub mod catalogue;
pub mod limits;
pub mod offences;
pub mod program;
pub mod sample;
pub mod scenario;
pub mod validate;
pub(crate) mod words;
pub mod wsdl_lint;
