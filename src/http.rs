//! The HTTP edge: two listeners on HTTP/1.1, every limit on bytes, time and connections, and a graceful drain.
//!
//! It knows no SOAP: a body goes to an [`Endpoint`] as bytes, and every refusal of this edge is named as a
//! [`Refusal`] for the endpoint to put into a fault. The public listener answers with status 200 or 500 wherever a
//! security server calls, because those drop the body of any other status. Only a request head that is malformed or
//! over its limits gets a bare 400, 414 or 431: hyper answers those itself, before there is a request.
//!
//! - [`server`]: the listeners, the connection limit, the drain
//! - [`tls`]: the acceptor
//! - [`route`]: which request goes where
//! - `exchange`: one request and its answer; `connection`: one connection; `timed_io`: a connection's time-outs;
//!   `timer`: what ends them; `accept`: the next connection
//! - [`admin`]: the admin listener, with `guard` (its door) and `api` (what operators run); [`problem`]: its refusals

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use self::problem::Problem;
use self::tls::certificate::Certificate;
use crate::telemetry::metrics::Edge;

mod accept;
pub mod admin;
mod connection;
mod exchange;
pub mod inherited;
pub mod problem;
pub mod route;
pub mod server;
#[cfg(test)]
mod tests;
mod throttle;
mod timed_io;
mod timer;
pub mod tls;

/// What stands behind the public listener.
pub trait Endpoint: Send + Sync + 'static {
    /// Judges a request by its head, before any of its body is read: an answer here is the last word.
    fn refuse_head(&self, head: &SoapHead) -> Option<SoapResponse>;

    /// Answers one SOAP request. The future is dropped at the request time-out and when a drain runs out of time: what
    /// it has handed to the store by then happens all the same, so a caller may repeat the request safely only
    /// because requests are idempotent.
    fn soap(&self, request: SoapRequest) -> impl Future<Output = SoapResponse> + Send;

    /// Puts a refusal of this edge into a SOAP fault.
    fn refuse(&self, refusal: Refusal) -> SoapResponse;

    /// The WSDL document.
    fn wsdl(&self) -> Bytes;

    /// A part of the catalogue for people, `path` being the request's; `None` where there is none.
    fn catalogue(
        &self,
        part: route::Part,
        path: &str,
    ) -> impl Future<Output = Option<Bytes>> + Send;

    /// Where this edge counts.
    fn edge(&self) -> &Edge;

    /// Whether requests can be served now.
    ///
    /// # Errors
    /// Every reason why not, one short line each.
    fn ready(&self) -> Result<(), Vec<String>>;
}

/// What stands behind the admin listener, beside [`Endpoint::ready`].
pub trait Console: Send + Sync + 'static {
    /// Who runs operations.
    type Caller: Send;

    /// Which program this is, as a JSON object.
    fn version(&self) -> Bytes;

    /// Every metric, in OpenMetrics' text format.
    fn metrics(&self, connections_open: usize, certificates: &[Certificate]) -> Bytes;

    /// The OpenAPI document of the Admin API.
    fn document(&self) -> Bytes;

    /// The owner of the machine, by the name they give themselves.
    fn owner(&self, user: &str) -> Self::Caller;

    /// Who shows this token of the Admin API.
    fn caller(&self, token: &[u8]) -> impl Future<Output = Result<Self::Caller, NotLetIn>> + Send;

    /// Whether there is an operation of this name.
    fn knows(&self, name: &str) -> bool;

    /// Does what is asked, or begins it where the answer comes in lines.
    fn answer(
        self: Arc<Self>,
        asked: Asked<Self::Caller>,
    ) -> impl Future<Output = Result<Answered, Problem>> + Send;
}

/// An operation of the Admin API that is asked for.
#[derive(Debug)]
pub struct Asked<C> {
    pub name: String,
    /// The body as it came.
    pub arguments: Bytes,
    pub caller: C,
    pub form: Form,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object.
    Whole,
    /// A JSON object a line, each as soon as there is one.
    Lines,
}

/// An answer of the Admin API.
pub enum Answered {
    Whole(Bytes),
    /// Work that sends whole lines, the last of which tells how it ended. It may be dropped wherever it waits.
    Lines {
        lines: mpsc::Receiver<Bytes>,
        work: Work,
    },
}

/// The work behind an answer in lines.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Why a token lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotLetIn {
    /// It is none that holds.
    Token,
    /// Nobody can look now.
    Store,
}

/// What a request's head says of its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoapHead {
    /// The Content-Type header; a repeated header is joined with commas.
    pub content_type: Option<String>,
    /// The Content-Encoding header; a repeated header is joined with commas.
    pub content_encoding: Option<String>,
}

/// One request body that has arrived whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoapRequest {
    /// What its head said.
    pub head: SoapHead,
    /// The body as it came, at most `body_bytes_max` bytes.
    pub body: Bytes,
}

/// One answer: always `text/xml; charset=utf-8`, never compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoapResponse {
    /// The HTTP status: 200, or 500 with a fault.
    pub status: u16,
    /// The envelope.
    pub body: Bytes,
}

/// Why this edge refuses a request before or instead of the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The body is larger than the limit.
    BodyTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The body came in more pieces than the limit.
    BodyChunksTooMany {
        /// The limit, a count.
        limit: usize,
    },
    /// The body did not arrive in time.
    BodyTimeout,
    /// The body ended early or is framed wrongly.
    BodyBroken,
    /// The service address was called with a method other than POST.
    Method,
    /// A POST went to an address that is not the service's.
    Path,
    /// There are too many connections, or too many bytes of bodies.
    Busy,
    /// The endpoint did not answer in time.
    RequestTimeout,
    /// The endpoint panicked.
    Internal,
}
