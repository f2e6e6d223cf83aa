//! Both security servers, as far as an answer of ours meets them: the provider's, which reads the HTTP
//! response, and the consumer's, which compares it with the request. Errors bear X-Road's own names.
//!
//! Neither signs, forwards nor rewrites anything. Of a connection's failures only those are told that a
//! plain TCP client sees: names that do not resolve and certificates are no matter of an answer.

mod entity;
mod message;

use super::answer::Answer;

pub use message::Read;

/// An error of a security server, by its name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    NetworkError,
    IoError,
    HttpError,
    InvalidContentType,
    MimeParsingFailed,
    InvalidMessage,
    InvalidSoap,
    MissingHeader,
    MissingHeaderField,
    DuplicateHeaderField,
    InvalidXml,
    InvalidProtocolVersion,
    InternalError,
    MissingBody,
    InvalidBody,
    InconsistentHeaders,
    InconsistentResponse,
    /// Ours, not X-Road's: a provider's security server writes requestHash, and what it finds there
    /// it may leave behind as stray text.
    RequestHashEmitted,
}

impl Code {
    /// The last part of the fault code.
    pub fn name(self) -> &'static str {
        match self {
            Code::NetworkError => "network_error",
            Code::IoError => "io_error",
            Code::HttpError => "http_error",
            Code::InvalidContentType => "invalid_content_type",
            Code::MimeParsingFailed => "mime_parsing_failed",
            Code::InvalidMessage => "invalid_message",
            Code::InvalidSoap => "invalid_soap",
            Code::MissingHeader => "missing_header",
            Code::MissingHeaderField => "missing_header_field",
            Code::DuplicateHeaderField => "duplicate_header_field",
            Code::InvalidXml => "invalid_xml",
            Code::InvalidProtocolVersion => "invalid_protocol_version",
            Code::InternalError => "internal_error",
            Code::MissingBody => "missing_body",
            Code::InvalidBody => "invalid_body",
            Code::InconsistentHeaders => "inconsistent_headers",
            Code::InconsistentResponse => "inconsistent_response",
            Code::RequestHashEmitted => "request_hash_emitted",
        }
    }
}

/// Why a security server refuses an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConformanceError {
    pub code: Code,
    /// What of the answer it is about.
    pub text: String,
}

impl std::fmt::Display for ConformanceError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.code.name(), self.text)
    }
}

fn refuse<T>(code: Code, text: impl Into<String>) -> Result<T, ConformanceError> {
    let text = text.into();
    Err(ConformanceError { code, text })
}

/// What the provider's security server makes of a connection that gave no answer (checks 1 and 2).
pub fn transport(error: &std::io::Error) -> ConformanceError {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset};
    let is_socket = matches!(
        error.kind(),
        ConnectionRefused | ConnectionReset | ConnectionAborted | BrokenPipe
    );
    ConformanceError {
        code: if is_socket {
            Code::NetworkError
        } else {
            Code::IoError
        },
        text: error.to_string(),
    }
}

/// The provider's security server: reads an HTTP response (checks 5 to 25). `None` is a response
/// without an entity; an empty body is one of no bytes.
pub fn provider_side(
    status: u16,
    content_type: Option<&str>,
    body: Option<&[u8]>,
) -> Result<Read, ConformanceError> {
    if !matches!(status, 200 | 500) {
        return refuse(
            Code::HttpError,
            format!("Server responded with error {status}"),
        );
    }
    let Some(body) = body else {
        return refuse(Code::HttpError, "the response has no entity");
    };
    message::read(&entity::soap_part(content_type, body)?)
}

/// The consumer's security server: reads request and response by the same rules and compares what both
/// must say alike. A fault is handed on as it is.
pub fn consumer_side(request: &[u8], response: &[u8]) -> Result<(), ConformanceError> {
    let response = message::read(response)?;
    let request = message::read(request)?;
    let Read::Message(answered) = response else {
        return Ok(());
    };
    match request {
        Read::Message(asked) => asked.check_response(&answered),
        Read::Fault(_) => refuse(Code::InvalidMessage, "the request is a fault"),
    }
}

/// Our own promise: a header in a fault says what the request's says. Answers whether there is one.
pub fn echo_in_fault(request: &[u8], fault: &[u8]) -> Result<bool, ConformanceError> {
    let Read::Fault(Some(echoed)) = message::read(fault)? else {
        return Ok(false);
    };
    if let Read::Message(asked) = message::read(request)? {
        asked.check_response(&echoed)?;
    }
    Ok(true)
}

/// Puts an answer through both sides, with the request as it was posted.
pub fn examine(
    request: &[u8],
    content_type: &str,
    answer: &Answer,
) -> Result<(), ConformanceError> {
    let body = answer.body.as_bytes();
    let read = provider_side(answer.status, answer.header("content-type"), Some(body))?;
    let Ok(request) = entity::soap_part(Some(content_type), request) else {
        return Ok(());
    };
    // A request that security servers refuse would never have come.
    if message::read(&request).is_err() {
        return Ok(());
    }
    match read {
        Read::Message(_) => consumer_side(&request, body),
        Read::Fault(_) => echo_in_fault(&request, body).map(|_| ()),
    }
}

/// As [`examine`]; panics with X-Road's error.
#[track_caller]
pub fn judge(request: &[u8], content_type: &str, answer: &Answer) {
    if let Err(error) = examine(request, content_type, answer) {
        panic!(
            "a security server refuses the answer: {error}\n{}",
            answer.body
        );
    }
}
