//! The test's own books: what was granted, recorded, credited and settled, in cents, by arithmetic of its own.

use std::collections::BTreeMap;

/// What a customer has. Provider `n` gives the kind `n % 4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ten hours a month.
    Home,
    /// A balance of euros.
    Saldo,
    /// Examinations, by count.
    Dental,
    /// A month a month.
    Daycare,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Home, Kind::Saldo, Kind::Dental, Kind::Daycare];

    pub fn of(place: usize) -> Kind {
        Kind::ALL[place % 4]
    }

    pub fn service(self) -> &'static str {
        match self {
            Kind::Home => "kotiapu",
            Kind::Saldo => "saldo-hoiva",
            Kind::Dental => "suun-hoito",
            Kind::Daycare => "varhaiskasvatus",
        }
    }

    pub fn unit(self) -> &'static str {
        match self {
            Kind::Home => "H",
            Kind::Saldo => "EUR",
            Kind::Dental => "TOIMENPIDE",
            Kind::Daycare => "KK",
        }
    }

    /// What a unit is worth at first, in cents.
    pub fn value(self) -> i64 {
        match self {
            Kind::Home => 3_200,
            Kind::Saldo => 0,
            Kind::Dental => 3_000,
            Kind::Daycare => 50_000,
        }
    }
}

/// A purchasing power.
#[derive(Clone, Debug)]
pub struct Grant {
    pub organiser: usize,
    pub kind: Kind,
    pub person: String,
    pub number: String,
    pub valid_from: String,
    pub version: u32,
    /// Value of a unit, and from which month.
    pub values: Vec<(u32, i64)>,
    /// Annulled from a day of September.
    pub is_cancelled: bool,
}

impl Grant {
    pub fn value_in(&self, month: u32) -> i64 {
        let known = self.values.iter().rev().find(|(from, _)| *from <= month);
        known.unwrap().1
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Live,
    Deleted,
    Rejected,
}

/// An event or, with `credits`, a CREDIT row.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: String,
    pub grant: usize,
    pub provider: usize,
    pub month: u32,
    pub day: u32,
    /// Thousandths; negative use of a CREDIT row is in `used`.
    pub quantity: i64,
    pub unit_price: i64,
    pub price: i64,
    pub voucher: i64,
    /// What it takes of the grant: thousandths of its unit, or cents.
    pub used: i64,
    pub state: State,
    pub is_approved: bool,
    pub credits: Option<usize>,
    pub is_credited: bool,
    /// The run that it is on.
    pub run: Option<String>,
    /// The message that recorded it, and the whole answer.
    pub sent: Option<(String, String)>,
}

/// Half a cent and more is a cent.
pub fn rounded(thousandths: i64, cents: i64) -> i64 {
    (thousandths * cents + 500) / 1000
}

impl Event {
    pub fn new(
        grants: &[Grant],
        grant: usize,
        provider: usize,
        day: (u32, u32),
        line: (i64, i64),
    ) -> Event {
        let (quantity, unit_price) = line;
        let mut event = Event {
            id: String::new(),
            grant,
            provider,
            month: day.0,
            day: day.1,
            quantity,
            unit_price,
            price: 0,
            voucher: 0,
            used: 0,
            state: State::Live,
            is_approved: false,
            credits: None,
            is_credited: false,
            run: None,
            sent: None,
        };
        event.reckon(&grants[grant]);
        event
    }

    /// Price, share and use by quantity, unit price and the grant's value of the month.
    pub fn reckon(&mut self, grant: &Grant) {
        self.price = rounded(self.quantity, self.unit_price);
        let value = match grant.kind {
            Kind::Saldo => self.unit_price,
            _ => grant.value_in(self.month).min(self.unit_price),
        };
        self.voucher = rounded(self.quantity, value);
        self.used = match grant.kind {
            Kind::Saldo => self.voucher,
            _ => self.quantity,
        };
    }

    pub fn own_share(&self) -> i64 {
        self.price - self.voucher
    }

    pub fn date(&self) -> String {
        format!("2026-{:02}-{:02}", self.month, self.day)
    }

    /// Whether it still takes something of its grant.
    pub fn counts(&self) -> bool {
        self.state == State::Live
    }
}

/// What a provider gets of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub events: u64,
    pub credits: u64,
    pub voucher: i64,
    pub brought_forward: i64,
}

impl Part {
    pub fn net(&self) -> i64 {
        self.voucher + self.brought_forward
    }
}

/// A run as it must be.
#[derive(Clone, Debug)]
pub struct Run {
    pub number: String,
    pub organiser: usize,
    pub month: u32,
    pub events: u64,
    pub price: i64,
    pub voucher: i64,
    pub parts: BTreeMap<usize, Part>,
}

/// Everything that was done.
#[derive(Default)]
pub struct Books {
    pub grants: Vec<Grant>,
    pub events: Vec<Event>,
    pub runs: Vec<Run>,
    /// By organiser and provider, below zero.
    pub carried: BTreeMap<(usize, usize), i64>,
}

impl Books {
    /// Puts an organiser's approved events of the month and before on a run; `None` when there are none.
    pub fn settle(&mut self, organiser: usize, code: &str, month: u32) -> Option<Run> {
        let number = format!("{code}-2026-{month:02}-1");
        let mut run = Run {
            number: number.clone(),
            organiser,
            month,
            events: 0,
            price: 0,
            voucher: 0,
            parts: BTreeMap::new(),
        };
        for event in &mut self.events {
            let is_taken = self.grants[event.grant].organiser == organiser
                && event.is_approved
                && event.state == State::Live
                && event.run.is_none()
                && event.month <= month;
            if !is_taken {
                continue;
            }
            event.run = Some(number.clone());
            run.events += 1;
            run.price += event.price;
            run.voucher += event.voucher;
            let part = run.parts.entry(event.provider).or_default();
            part.events += 1;
            part.credits += u64::from(event.credits.is_some());
            part.voucher += event.voucher;
        }
        for (provider, part) in &mut run.parts {
            let key = (organiser, *provider);
            part.brought_forward = self.carried.remove(&key).unwrap_or_default();
            if part.net() < 0 {
                self.carried.insert(key, part.net());
            }
        }
        (run.events > 0).then(|| {
            self.runs.push(run.clone());
            run
        })
    }
}

/// Cents as the wire writes euros.
pub fn euros(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let (whole, rest) = (cents.abs() / 100, cents.abs() % 100);
    format!("{sign}{whole}.{rest:02}")
}

/// Euros with two decimals as cents.
pub fn cents(text: &str) -> i64 {
    let (whole, rest) = text.split_once('.').unwrap();
    assert_eq!(rest.len(), 2, "{text}");
    format!("{whole}{rest}").parse().unwrap()
}
