//! What is tried in a history, in plain words and numbers: the generator makes it, the library and the
//! reference model are each asked about it. Money is in cents, quantities in thousandths; persons,
//! providers, services, procedure codes, grants and events are places in their lists.

use psop_adapter::domain::event::Action as EventAction;
use psop_adapter::domain::grant::Action as GrantAction;
use psop_adapter::domain::period::Period;
use psop_adapter::domain::purchasing_power::{DentalMode, Kind};
use psop_adapter::domain::registry::Unit;

use super::calendar::Day;

#[derive(Clone, Debug)]
pub struct Terms {
    pub purchase: bool,
    pub service: usize,
    pub decided: Day,
    pub from: Day,
    pub to: Day,
    pub chosen: Option<usize>,
    pub allowed: Vec<usize>,
    pub contract: bool,
}

#[derive(Clone, Debug)]
pub enum Content {
    Ordinary {
        unit: Unit,
        period: Period,
        quantity: i64,
        value: i64,
        cap: Option<i64>,
    },
    Saldo {
        unit: Unit,
        total: i64,
        value: Option<i64>,
        per_event: Option<i64>,
    },
    Dental {
        mode: DentalMode,
        ceiling: Option<i64>,
        lines: Vec<GrantLine>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct GrantLine {
    pub no: u64,
    pub code: usize,
    pub tooth: Option<&'static str>,
    pub max: u32,
    pub value: Option<i64>,
    pub cap: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct GrantMessage {
    pub action: GrantAction,
    pub kind: Kind,
    pub grant: usize,
    pub version: Option<u64>,
    pub other_organiser: bool,
    pub from: Option<Day>,
    pub customer: usize,
    pub terms: Option<Terms>,
    pub content: Option<Content>,
    pub top_up: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Procedure {
    pub code: usize,
    pub tooth: Option<&'static str>,
    pub surfaces: Option<&'static str>,
    pub authorised: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub no: u64,
    pub quantity: i64,
    pub price: i64,
    pub procedure: Option<Procedure>,
}

#[derive(Clone, Debug)]
pub struct EventMessage {
    pub action: EventAction,
    pub dental: bool,
    /// With UPDATE and DELETE.
    pub event: Option<usize>,
    pub version: Option<u64>,
    pub grant: usize,
    pub customer: usize,
    pub provider: usize,
    pub date: Day,
    pub lines: Vec<Line>,
    pub no_show: bool,
    pub lab_cost: Option<i64>,
    pub totals: Option<[i64; 3]>,
}

/// What the organiser decides about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Approve,
    Reject,
    Settle,
    Unsettle,
    Pay,
}

#[derive(Clone, Debug)]
pub enum Attempt {
    Grant(GrantMessage),
    Event(EventMessage),
    Decide(Decision, usize),
    /// Lines and quantities; none credits what is left.
    Credit(usize, Vec<(u64, i64)>),
    /// A provider's look-up.
    Look {
        grant: usize,
        provider: usize,
        date: Day,
    },
    /// A reader of changes takes a page of at most so many rows.
    Read(usize),
    /// So many days pass; the hour of the new day in Helsinki.
    Wait {
        days: i32,
        hour: i8,
    },
}
