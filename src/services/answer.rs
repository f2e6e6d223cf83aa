//! Putting an outcome into the words of the contract.

use crate::contract::decode::{ContractType, Decoder};
use crate::contract::lexical::PositiveInteger;
use crate::contract::shape::Shape;
use crate::contract::types::{Fault, Message, Result as ResultType, Status, Text60, Text500};
use crate::domain::rejection::Rejection;
use crate::store::About;
use crate::xml::encoding::Encoding;
use crate::xml::reader::{Limits, Reader, Token};

use super::{Operation, Outcome, Response};

const NOT_REPLAYED: &str = "<psop:replayed>false</psop:replayed>";
const REPLAYED: &str = "<psop:replayed>true</psop:replayed>";

/// A service's answer, written and durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The response wrapper as XML.
    pub body: String,
    /// `OK`, or the first code: for logs.
    pub result: String,
    /// What was found wrong, in the answer's order. A replay does not name it again.
    pub errors: Vec<Rejection>,
    /// What was warned of, likewise.
    pub warnings: Vec<Rejection>,
    /// What it was about; `None` of a rejection before the service itself was asked.
    pub about: Option<About>,
    /// Whether this is the answer to an earlier, equal request.
    pub replayed: bool,
}

/// Limits of our own words, which are within them by far.
const LIMITS: Limits = Limits {
    depth_max: 32,
    elements_max: 1_000_000,
    attributes_max: 64,
    namespaces_max: 64,
    text_chars_max: 1_048_576,
};

impl Answer {
    /// The response as it was written, the one given again by a replay too; `None` for another's.
    pub fn read<R: ContractType>(&self) -> Option<R> {
        let mut reader = Reader::new(&self.body, Encoding::Utf8, LIMITS).ok()?;
        let Ok(Token::Start(start)) = reader.next_token() else {
            return None;
        };
        Decoder::new(&mut reader).wrapper(&start).ok()
    }
}

/// Writes an outcome as the response of `O`.
pub fn write<O: Operation>(outcome: Outcome<O::Payload>) -> Answer {
    let (mut errors, mut warned) = (Vec::new(), Vec::new());
    let (fault, result, payload, code) = match outcome {
        Outcome::Done { payload, warnings } => {
            warned = in_order(warnings, O::Request::SHAPE);
            let warnings = messages(&warned);
            let status = if warnings.is_empty() {
                Status::Ok
            } else {
                Status::OkWithWarnings
            };
            let result = ResultType {
                status,
                replayed: false,
                errors: Vec::new(),
                warnings,
            };
            (None, result, Some(payload), "OK".to_owned())
        }
        Outcome::Rejected(rejections) => {
            errors = in_order(rejections, O::Request::SHAPE);
            let errors = messages(&errors);
            let first = errors.first();
            let code = first.map_or_else(String::new, |message| message.code.0.clone());
            let fault = first.map(|message| Fault {
                fault_code: message.code.0.clone(),
                fault_string: message.message_en.0.clone(),
            });
            let result = ResultType {
                status: Status::Rejected,
                replayed: false,
                errors,
                warnings: Vec::new(),
            };
            (fault, result, None, code)
        }
    };
    let response = O::Response::new(fault, result, payload);
    let mut body = String::with_capacity(2048);
    body.push_str("<psop:");
    body.push_str(O::CODE);
    body.push_str("Response xmlns:psop=\"");
    body.push_str(O::VERSION.namespace.uri());
    body.push_str("\">");
    response.encode(&mut body);
    body.push_str("</psop:");
    body.push_str(O::CODE);
    body.push_str("Response>");
    Answer {
        body,
        result: code,
        errors,
        warnings: warned,
        about: None,
        replayed: false,
    }
}

/// A kept answer as it is given again: the same bytes, but that it says so.
pub fn replayed(body: &str) -> String {
    body.replacen(NOT_REPLAYED, REPLAYED, 1)
}

/// Rejections by group, then in document order, then in the order of the codes' list.
fn in_order(mut rejections: Vec<Rejection>, request: &'static Shape) -> Vec<Rejection> {
    rejections.sort_by_cached_key(|rejection| {
        (
            rejection.group,
            request.position(&rejection.field),
            rejection.code,
        )
    });
    rejections
}

fn messages(rejections: &[Rejection]) -> Vec<Message> {
    rejections
        .iter()
        .map(|rejection| {
            let texts = rejection.code.texts();
            Message {
                code: Text60(rejection.code.as_str().to_owned()),
                field: Some(rejection.field.clone())
                    .filter(|field| !field.is_empty())
                    .map(Text500),
                line_no: rejection.line_no.map(PositiveInteger),
                message_fi: Text500(texts.fi.to_owned()),
                message_sv: Some(Text500(texts.sv.to_owned())),
                message_en: Text500(texts.en.to_owned()),
            }
        })
        .collect()
}
