//! SOAP faults, and the one place that decides what a caller is told of a failure.
//!
//! Policy: a caller learns what it can mend, in our words and in names of the contract. Nothing of
//! the caller's bytes, no person, no number, no inner state is repeated. What only an operator can
//! mend says `INTERNAL` or `STORE_UNAVAILABLE`, and the log says the rest.

mod meaning;

use std::borrow::Cow;

use crate::contract::decode::Offence;
use crate::domain::authorisation::Refused;
use crate::store::StoreError;
use crate::xml::reader::XmlError;

/// Codes of technical failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultCode {
    Refused(Refused),
    RateLimited,
    XmlMalformed,
    XsdInvalid,
    HeaderInvalid,
    ServiceUnknown,
    VersionUnknown,
    MessageTooLarge,
    ContentTypeUnsupported,
    Internal,
    StoreUnavailable,
    BusyRetry,
}

impl FaultCode {
    /// The code as it stands in a message.
    pub fn as_str(self) -> &'static str {
        match self {
            FaultCode::Refused(refused) => refused.code(),
            FaultCode::RateLimited => "RATE_LIMITED",
            FaultCode::XmlMalformed => "XML_MALFORMED",
            FaultCode::XsdInvalid => "XSD_INVALID",
            FaultCode::HeaderInvalid => "HEADER_INVALID",
            FaultCode::ServiceUnknown => "SERVICE_UNKNOWN",
            FaultCode::VersionUnknown => "VERSION_UNKNOWN",
            FaultCode::MessageTooLarge => "MESSAGE_TOO_LARGE",
            FaultCode::ContentTypeUnsupported => "CONTENT_TYPE_UNSUPPORTED",
            FaultCode::Internal => "INTERNAL",
            FaultCode::StoreUnavailable => "STORE_UNAVAILABLE",
            FaultCode::BusyRetry => "BUSY_RETRY",
        }
    }

    /// Whether the failure is ours: nothing was done, and the same message may be sent again.
    pub fn is_server(self) -> bool {
        matches!(
            self,
            FaultCode::Internal | FaultCode::StoreUnavailable | FaultCode::BusyRetry
        )
    }
}

/// A technical failure as a caller sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: FaultCode,
    pub text: Cow<'static, str>,
    /// Path of the element concerned, where known.
    pub field: Option<String>,
}

impl Fault {
    /// A fault with its text.
    pub fn new(code: FaultCode, text: impl Into<String>) -> Fault {
        Fault {
            code,
            text: Cow::Owned(text.into()),
            field: None,
        }
    }

    /// The same fault, with the path of the element concerned.
    pub fn at(mut self, field: impl Into<String>) -> Fault {
        self.field = Some(field.into());
        self
    }

    fn fixed(code: FaultCode, text: &'static str) -> Fault {
        Fault {
            code,
            text: Cow::Borrowed(text),
            field: None,
        }
    }

    /// Something failed here that nobody outside can mend.
    pub fn internal() -> Fault {
        Fault::fixed(
            FaultCode::Internal,
            "something failed here; nothing was done, and the same message may be sent again",
        )
    }

    /// More was asked at once than is taken.
    pub fn busy() -> Fault {
        Fault::fixed(
            FaultCode::BusyRetry,
            "too much is asked at once; nothing was done, send the same message again in a moment",
        )
    }

    /// The caller guessed too often.
    pub fn rate_limited() -> Fault {
        Fault::fixed(
            FaultCode::RateLimited,
            "too many look-ups found nothing; wait some minutes and check the numbers",
        )
    }
}

impl From<XmlError> for Fault {
    fn from(error: XmlError) -> Fault {
        Fault::new(FaultCode::XmlMalformed, error.to_string()).at("Envelope")
    }
}

impl From<Offence> for Fault {
    fn from(offence: Offence) -> Fault {
        // A path is relative to the wrapper; the wrapper itself has none.
        let (place, field) = if offence.path.is_empty() {
            ("the Body's element", "Body")
        } else {
            (&*offence.path, &*offence.path)
        };
        Fault::new(FaultCode::XsdInvalid, format!("{place} {}", offence.rule)).at(field)
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Fault {
        Fault::new(FaultCode::Refused(refused), refused.to_string())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        match error {
            StoreError::Conflict | StoreError::Busy => Fault::busy(),
            StoreError::RecordTooLarge { bytes_max, .. } => Fault::new(
                FaultCode::MessageTooLarge,
                format!(
                    "what the message asks for is larger than one record may be ({bytes_max} bytes); nothing was \
                     done: name fewer providers or lines"
                ),
            ),
            StoreError::Corrupt(_)
            | StoreError::Refused(_)
            | StoreError::UnknownKey
            | StoreError::Unavailable(_) => Fault::fixed(
                FaultCode::StoreUnavailable,
                "the data store cannot be used now; send the same message again later, nothing is done twice",
            ),
        }
    }
}
