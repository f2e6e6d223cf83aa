//! Repeats of posts: what was answered is answered again, and nothing is done twice.

use crate::contract::decode::ContractType;
use crate::domain::authorisation::ActingFor;
use crate::domain::code::Code;
use crate::secrets::HashOf;
use crate::soap::header::Header;
use crate::store::{BodyDigest, KeptAnswer, MessageKey, ReferenceKey, Replays};

use super::{Operation, Services};

/// A post's two keys, and the digest of its content.
#[derive(Clone, Debug)]
pub struct Identity {
    pub message: MessageKey,
    pub reference: ReferenceKey,
    pub digest: BodyDigest,
}

/// What is known of a post.
#[derive(Debug)]
pub enum Known {
    New,
    /// Answered before under this message id.
    ByMessage(KeptAnswer),
    /// Answered before under this source reference, with another message id.
    ByReference(KeptAnswer),
    /// One of the keys stands for other content.
    Conflict {
        code: Code,
        field: &'static str,
    },
}

impl Identity {
    /// The identity of a post: its keys, and a keyed digest of its body written again in canonical form.
    pub fn of<O: Operation>(
        services: &Services,
        header: &Header,
        acting_for: &ActingFor,
        source: (&str, &str),
        request: &O::Request,
    ) -> Identity {
        let mut canonical = String::with_capacity(2048);
        request.encode(&mut canonical);
        let digest = services
            .keyring
            .keyed_hash(HashOf::Body, &[O::CODE.as_bytes(), canonical.as_bytes()]);
        let service = header.service.code.clone();
        Identity {
            message: MessageKey {
                client: header.client.clone(),
                service: service.clone(),
                message_id: header.id.clone(),
            },
            reference: ReferenceKey {
                acting_for: match acting_for {
                    ActingFor::Organiser(code) => code.to_string(),
                    ActingFor::Provider(business_id) => business_id.as_str().to_owned(),
                },
                service,
                source_system: source.0.to_owned(),
                source_reference: source.1.to_owned(),
            },
            digest,
        }
    }

    /// Judges what the store keeps under the two keys: the message id speaks first.
    pub fn judge(&self, kept: Replays) -> Known {
        match (kept.by_message, kept.by_reference) {
            (Some(answer), _) if answer.digest == self.digest => Known::ByMessage(answer),
            (Some(_), _) => Known::Conflict {
                code: Code::DuplicateMessageIdConflict,
                field: "",
            },
            (None, Some(answer)) if answer.digest == self.digest => Known::ByReference(answer),
            (None, Some(_)) => Known::Conflict {
                code: Code::SourceReferenceConflict,
                field: "meta/sourceReference",
            },
            (None, None) => Known::New,
        }
    }
}
