//! Rejections and warnings as they are found, before anyone puts them in words or in order.

use super::code::Code;

/// The order in which checks speak: what the message alone shows comes before what the store knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The message alone.
    Message,
    /// Nothing found under the number.
    NotFound,
    /// Kind of the grant.
    Kind,
    /// Version of the grant that a change was made on.
    Version,
    /// State of the grant.
    State,
    /// Dates of the grant, and what may be changed of it.
    Grant,
    /// Service type, organiser's rules, provider approval, unit.
    Service,
    /// Lines, quota, balance, ceiling.
    Lines,
    /// Totals, judged only when no line has an error.
    Totals,
    /// The mandate of an acting person, asked only when nothing else failed.
    Mandate,
}

/// One rule broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub group: Group,
    pub code: Code,
    /// Path of the field, relative to the wrapper, such as `terms/validTo`.
    pub field: String,
    /// Number of the line concerned.
    pub line_no: Option<u64>,
}

/// Everything found wrong with one request.
#[derive(Debug, Default)]
pub struct Rejections(Vec<Rejection>);

impl Rejections {
    /// Notes one broken rule.
    pub fn add(&mut self, group: Group, code: Code, field: impl Into<String>) {
        self.0.push(Rejection {
            group,
            code,
            field: field.into(),
            line_no: None,
        });
    }

    /// Notes one broken rule of a numbered line.
    pub fn add_to_line(
        &mut self,
        group: Group,
        code: Code,
        field: impl Into<String>,
        line_no: u64,
    ) {
        self.0.push(Rejection {
            group,
            code,
            field: field.into(),
            line_no: Some(line_no),
        });
    }

    /// Drops what belongs to a group after `last`: the search ended there.
    pub fn end_at(&mut self, last: Group) {
        self.0.retain(|rejection| rejection.group <= last);
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something of this kind was found.
    pub fn any(&self, is_meant: impl Fn(&Rejection) -> bool) -> bool {
        self.0.iter().any(is_meant)
    }

    /// What was found, in the order found.
    pub fn into_vec(self) -> Vec<Rejection> {
        self.0
    }
}
