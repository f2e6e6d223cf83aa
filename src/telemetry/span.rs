//! The spans of a request: what a trace is made of. Where nobody takes traces they cost next to nothing.
//!
//! Nothing personal stands in them: names of the contract, codes, and classes.

use tracing::Span;
use tracing::field::Empty;

/// What all of them are known by. The log leaves them out.
pub const TARGET: &str = "psop_adapter::span";

/// A whole request.
pub fn request() -> Span {
    tracing::info_span!(
        target: TARGET,
        "request",
        otel.kind = "server",
        service = Empty,
        outcome = Empty,
        client_class = Empty,
    )
}

/// From the message to an answer that is durable.
pub fn serve() -> Span {
    tracing::info_span!(target: TARGET, "serve")
}

/// From a change in the queue until it is durable.
pub fn commit() -> Span {
    tracing::info_span!(target: TARGET, "commit")
}
