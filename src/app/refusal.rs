//! What the HTTP edge refuses, as a caller sees it.

use crate::http::Refusal;
use crate::soap::fault::{Fault, FaultCode};

/// The fault of a refusal. Its text is ours: nothing of the request stands in it.
pub(super) fn fault(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::BodyTooLarge { limit } => Fault::new(
            FaultCode::MessageTooLarge,
            format!("the message is larger than {limit} bytes (limits.body_bytes_max)"),
        ),
        Refusal::BodyChunksTooMany { limit } => Fault::new(
            FaultCode::MessageTooLarge,
            format!(
                "the message came in more than {limit} pieces (limits.body_chunks_max); send larger chunks"
            ),
        ),
        Refusal::BodyTimeout => Fault::new(
            FaultCode::XmlMalformed,
            "the message did not arrive in time (limits.body_timeout_ms); send it again",
        ),
        Refusal::BodyBroken => Fault::new(
            FaultCode::XmlMalformed,
            "the message broke off before its end; send it again",
        ),
        Refusal::Method => Fault::new(
            FaultCode::ContentTypeUnsupported,
            "this address takes SOAP messages by POST; its description is at ?wsdl",
        ),
        Refusal::Path => Fault::new(
            FaultCode::ServiceUnknown,
            "there is no service at this address; SOAP messages go to /xroad",
        ),
        Refusal::Busy => Fault::busy(),
        Refusal::RequestTimeout => Fault::new(
            FaultCode::BusyRetry,
            "no answer was ready in time (limits.request_timeout_ms); send the same message again \
             under the same id: if it was done, you get its answer",
        ),
        Refusal::Internal => Fault::internal(),
    }
}
