//! The kind's block of a message: quantities and values, a balance, or dental procedures. Each kind has
//! its file; this one asks the right one.

mod dental;
mod ordinary;
mod saldo;

use jiff::civil::Date;

use super::super::purchasing_power::Content;
use super::super::registry::ServiceType;
use super::super::rejection::Rejections;
use super::Procedures;

pub use dental::{ProposedDental, ProposedLine};
pub use ordinary::ProposedOrdinary;
pub use saldo::ProposedSaldo;

pub(super) use saldo::{BALANCE_THOUSANDTHS_MAX, is_whole_cents};

/// What is granted, as proposed.
#[derive(Clone, Debug)]
pub enum ProposedContent<'a> {
    Ordinary(ProposedOrdinary),
    Saldo(ProposedSaldo),
    Dental(ProposedDental<'a>),
}

/// From which day an amended block holds, and how long the grant does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) valid_from: Date,
    /// Day that values and caps hold from; `None` when the message names none that will do.
    pub(super) effective_from: Option<Date>,
}

impl ProposedContent<'_> {
    /// Procedure codes that facts are needed of.
    pub fn procedure_codes(&self) -> Vec<&str> {
        match self {
            ProposedContent::Dental(dental) => dental.procedure_codes(),
            _ => Vec::new(),
        }
    }

    /// Looks at the block alone; whether nothing is wrong with it.
    pub(super) fn examine(&self, rejections: &mut Rejections) -> bool {
        match self {
            ProposedContent::Ordinary(_) => true,
            ProposedContent::Saldo(saldo) => saldo.examine(rejections),
            ProposedContent::Dental(dental) => dental.examine(rejections),
        }
    }

    /// Whether the service is counted so.
    pub(super) fn judge_service(&self, service: &ServiceType, rejections: &mut Rejections) {
        match self {
            ProposedContent::Ordinary(ordinary) => ordinary.judge_service(service, rejections),
            ProposedContent::Saldo(saldo) => saldo.judge_service(service, rejections),
            ProposedContent::Dental(dental) => dental.judge_service(service, rejections),
        }
    }

    /// The content of a new grant; `None` when something is wrong with it, which is noted.
    pub(super) fn granted(
        &self,
        valid_from: Date,
        procedures: Procedures<'_>,
        rejections: &mut Rejections,
    ) -> Option<Content> {
        match self {
            ProposedContent::Ordinary(ordinary) => {
                Some(Content::Ordinary(ordinary.granted(valid_from)))
            }
            ProposedContent::Saldo(saldo) => Some(Content::Saldo(saldo.granted(valid_from))),
            ProposedContent::Dental(dental) => dental
                .granted(valid_from, procedures, rejections)
                .map(Content::Dental),
        }
    }

    /// Puts the block in the place of the former one. What is fixed must be repeated, and what is used
    /// stay. Answers whether values, caps or quantities change on some day.
    pub(super) fn amend(
        &self,
        content: &mut Content,
        span: Span,
        procedures: Procedures<'_>,
        rejections: &mut Rejections,
    ) -> bool {
        match (self, content) {
            (ProposedContent::Ordinary(proposed), Content::Ordinary(ordinary)) => {
                proposed.amend(ordinary, span, rejections)
            }
            (ProposedContent::Saldo(proposed), Content::Saldo(saldo)) => {
                proposed.amend(saldo, span, rejections)
            }
            (ProposedContent::Dental(proposed), Content::Dental(dental)) => {
                proposed.amend(dental, span, procedures, rejections)
            }
            // Another kind's block: the kind is judged before.
            _ => false,
        }
    }
}
