//! The Admin API as it is called over HTTP: operator commands whose answers are one JSON object, and what went wrong as
//! a problem with a stable code. What a command does stands in `operate`, how it is reached in `http`.

mod answer;
mod document;

pub use answer::{problem, whole};
pub use document::document;
