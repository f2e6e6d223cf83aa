//! What must hold between a grant, its events and its ledger whatever happened: the invariants as code that
//! proves them of what is kept. Decides no request.
//!
//! Invariant: ledger = events = balances. For every account the sum of the ledger's entries, the running balance
//! on the grant and the sum of what its live events take are one number.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::event_id::EventId;
use super::ledger::{Account, Posting};
use super::money::line_amount;
use super::purchasing_power::{Content, PurchasingPower};
use super::registry::Instrument;
use super::service_event::{EventKind, EventLine, ServiceEvent, Shares};

/// One thing that does not hold. Amounts are in thousandths of the account's unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inconsistency {
    #[error("{}: the ledger adds up to {ledger}, the running balance is {balance}", Named(*account))]
    LedgerAndBalance {
        account: Account,
        ledger: i128,
        balance: i128,
    },
    #[error("{}: the live events take {events}, the running balance is {balance}", Named(*account))]
    EventsAndBalance {
        account: Account,
        events: i128,
        balance: i128,
    },
    #[error("{}: the ledger has {ledger} for this event, which takes {taken}", Named(*account))]
    LedgerAndEvent {
        event: EventId,
        account: Account,
        ledger: i128,
        taken: i128,
    },
    #[error("the ledger authorises {ledger} in all, the terms {terms}")]
    Authorised { ledger: i128, terms: i128 },
    #[error("the terms authorise more than any amount can say")]
    AuthorisedTooMuch,
    #[error("{}: {used} is used, and less than nothing cannot be", Named(*account))]
    UsedBelowZero { account: Account, used: i128 },
    #[error("{}: {used} is used of {granted}", Named(*account))]
    UsedBeyondGranted {
        account: Account,
        used: i128,
        granted: i128,
    },
    #[error("its {what} is not that of its purchasing power")]
    OtherThanGrant { event: EventId, what: &'static str },
    #[error("line {line_no}: voucher share and customer share do not add up to the price")]
    LineShares { event: EventId, line_no: u64 },
    #[error(
        "voucher share and customer share do not add up to the price, or the lines not to the event"
    )]
    EventShares { event: EventId },
    #[error("line {line_no}: the voucher share is below zero or above value times quantity")]
    VoucherShare { event: EventId, line_no: u64 },
    #[error("the customer has a share of a purchased service")]
    CustomerShare { event: EventId },
    #[error("it credits no event of its purchasing power")]
    CreditOfNothing { event: EventId },
    #[error("its credits are more than the event itself")]
    CreditedBeyond { event: EventId },
    #[error("its credits are not what the event says is credited of it")]
    CreditedOtherwise { event: EventId },
}

impl Inconsistency {
    /// The event it is about; `None` for the grant itself.
    pub fn event(&self) -> Option<EventId> {
        match *self {
            Inconsistency::LedgerAndEvent { event, .. }
            | Inconsistency::OtherThanGrant { event, .. }
            | Inconsistency::LineShares { event, .. }
            | Inconsistency::EventShares { event }
            | Inconsistency::VoucherShare { event, .. }
            | Inconsistency::CustomerShare { event }
            | Inconsistency::CreditOfNothing { event }
            | Inconsistency::CreditedBeyond { event }
            | Inconsistency::CreditedOtherwise { event } => Some(event),
            _ => None,
        }
    }
}

/// An account as it is named in a text.
struct Named(Account);

impl fmt::Display for Named {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Account::Authorised => formatter.write_str("what is authorised"),
            Account::Period(key) => write!(formatter, "period {key}"),
            Account::Balance => formatter.write_str("balance"),
            Account::Ceiling => formatter.write_str("voucher shares"),
            Account::Line(line_no) => write!(formatter, "granted line {line_no}"),
        }
    }
}

type Sums = BTreeMap<Account, i128>;

/// Everything that does not hold of a grant with all its events and its whole ledger.
pub fn inconsistencies<'a>(
    grant: &PurchasingPower,
    events: impl Iterator<Item = &'a ServiceEvent> + Clone,
    postings: &[Posting],
) -> Vec<Inconsistency> {
    let mut found = Vec::new();
    sums_agree(grant, events.clone(), postings, &mut found);
    use_is_granted(grant, &mut found);
    for event in events.clone() {
        belongs(grant, event, &mut found);
        shares_add_up(grant, event, &mut found);
    }
    credits_fit(events, &mut found);
    found
}

/// What the ledger adds up to, in all and for each event.
#[derive(Default)]
struct LedgerSums {
    all: Sums,
    by_event: BTreeMap<EventId, Sums>,
}

impl LedgerSums {
    fn of(postings: &[Posting]) -> LedgerSums {
        let mut sums = LedgerSums::default();
        for posting in postings {
            for entry in &posting.entries {
                add(&mut sums.all, entry.account, entry.thousandths);
                if let Some(event) = posting.event {
                    let of_event = sums.by_event.entry(event).or_default();
                    add(of_event, entry.account, entry.thousandths);
                }
            }
        }
        sums
    }
}

/// Ledger = events = balances, by account and by event.
fn sums_agree<'a>(
    grant: &PurchasingPower,
    events: impl Iterator<Item = &'a ServiceEvent>,
    postings: &[Posting],
    found: &mut Vec<Inconsistency>,
) {
    let mut ledger = LedgerSums::of(postings);
    let authorised = ledger.all.remove(&Account::Authorised).unwrap_or(0);
    match grant
        .total_authorised()
        .map(|total| i128::from(total.0) * 10)
    {
        None => found.push(Inconsistency::AuthorisedTooMuch),
        Some(terms) if terms != authorised => found.push(Inconsistency::Authorised {
            ledger: authorised,
            terms,
        }),
        Some(_) => {}
    }
    let mut of_events = Sums::new();
    for event in events {
        let mut taken = Sums::new();
        if event.state.is_live() {
            // The time is no part of what is taken.
            for entry in event.posting(grant, jiff::Timestamp::UNIX_EPOCH).entries {
                add(&mut taken, entry.account, entry.thousandths);
                add(&mut of_events, entry.account, entry.thousandths);
            }
        }
        let of_ledger = ledger.by_event.remove(&event.id).unwrap_or_default();
        found.extend(ledger_and_event(event.id, &of_ledger, &taken));
    }
    // What is left is booked for events that are not there, or not of this grant.
    for (event, of_ledger) in &ledger.by_event {
        found.extend(ledger_and_event(*event, of_ledger, &Sums::new()));
    }
    let balances: Sums = grant
        .used_accounts()
        .into_iter()
        .map(|(account, used)| (account, i128::from(used)))
        .collect();
    for (account, ledger, balance) in differences(&ledger.all, &balances) {
        found.push(Inconsistency::LedgerAndBalance {
            account,
            ledger,
            balance,
        });
    }
    for (account, events, balance) in differences(&of_events, &balances) {
        found.push(Inconsistency::EventsAndBalance {
            account,
            events,
            balance,
        });
    }
}

fn ledger_and_event(
    event: EventId,
    ledger: &Sums,
    taken: &Sums,
) -> impl Iterator<Item = Inconsistency> {
    let differences = differences(ledger, taken).into_iter();
    differences.map(
        move |(account, ledger, taken)| Inconsistency::LedgerAndEvent {
            event,
            account,
            ledger,
            taken,
        },
    )
}

fn add(sums: &mut Sums, account: Account, thousandths: i64) {
    *sums.entry(account).or_default() += i128::from(thousandths);
}

/// The accounts in which two sums differ; one that is not listed is zero.
fn differences(left: &Sums, right: &Sums) -> Vec<(Account, i128, i128)> {
    let accounts: BTreeSet<Account> = left.keys().chain(right.keys()).copied().collect();
    let of = |sums: &Sums, account: &Account| sums.get(account).copied().unwrap_or(0);
    accounts
        .into_iter()
        .map(|account| (account, of(left, &account), of(right, &account)))
        .filter(|(_, left, right)| left != right)
        .collect()
}

/// Used is never below zero nor above what is granted, in any account.
fn use_is_granted(grant: &PurchasingPower, found: &mut Vec<Inconsistency>) {
    for (account, used) in grant.used_accounts() {
        let used = i128::from(used);
        if used < 0 {
            found.push(Inconsistency::UsedBelowZero { account, used });
        }
        if let Some(granted) = granted(grant, account)
            && used > granted
        {
            found.push(Inconsistency::UsedBeyondGranted {
                account,
                used,
                granted,
            });
        }
    }
}

/// Granted of an account, in thousandths of its unit; `None` without a limit.
fn granted(grant: &PurchasingPower, account: Account) -> Option<i128> {
    match (&grant.content, account) {
        (Content::Ordinary(ordinary), Account::Period(key)) => {
            Some(i128::from(ordinary.quantity_in(key, grant.valid_to).0))
        }
        (Content::Saldo(saldo), Account::Balance) => Some(i128::from(saldo.total.0)),
        (Content::Dental(dental), Account::Ceiling) => {
            dental.ceiling.map(|ceiling| i128::from(ceiling.0) * 10)
        }
        (Content::Dental(dental), Account::Line(line_no)) => {
            let line = dental.lines.iter().find(|line| line.line_no == line_no);
            Some(line.map_or(0, |line| i128::from(line.max_count) * 1000))
        }
        _ => Some(0),
    }
}

fn belongs(grant: &PurchasingPower, event: &ServiceEvent, found: &mut Vec<Inconsistency>) {
    let same = [
        ("number", event.number == grant.number),
        ("organiser", event.organiser == grant.organiser),
        ("service", event.service_code == grant.service_code),
    ];
    for (what, _) in same.into_iter().filter(|(_, is_same)| !is_same) {
        let event = event.id;
        found.push(Inconsistency::OtherThanGrant { event, what });
    }
}

fn adds_up(shares: Shares) -> bool {
    i128::from(shares.price.0) == i128::from(shares.voucher.0) + i128::from(shares.customer.0)
}

fn shares_add_up(grant: &PurchasingPower, event: &ServiceEvent, found: &mut Vec<Inconsistency>) {
    let id = event.id;
    for line in &event.lines {
        let line_no = line.line_no;
        if !adds_up(line.shares) {
            found.push(Inconsistency::LineShares { event: id, line_no });
        }
        if !voucher_share_fits(event.kind, line) {
            found.push(Inconsistency::VoucherShare { event: id, line_no });
        }
    }
    let is_sum = ServiceEvent::shares_of(&event.lines) == event.shares;
    if !adds_up(event.shares) || !is_sum {
        found.push(Inconsistency::EventShares { event: id });
    }
    let has_customer_share = event.lines.iter().any(|line| line.shares.customer.0 != 0);
    if grant.instrument == Instrument::Purchase && has_customer_share {
        found.push(Inconsistency::CustomerShare { event: id });
    }
}

/// Between nothing and value × quantity; in a CREDIT row the shares stand the other way round.
fn voucher_share_fits(kind: EventKind, line: &EventLine) -> bool {
    let voucher = line.shares.voucher;
    if kind == EventKind::Credit {
        return voucher.0 <= 0;
    }
    let most = line_amount(line.quantity, line.unit_value);
    voucher.0 >= 0 && most.is_some_and(|most| voucher <= most)
}

/// The credits of an event are what it says is credited of it, and never more than itself.
fn credits_fit<'a>(
    events: impl Iterator<Item = &'a ServiceEvent> + Clone,
    found: &mut Vec<Inconsistency>,
) {
    let mut credits: BTreeMap<EventId, Shares> = BTreeMap::new();
    let is_credit = |event: &&ServiceEvent| event.kind == EventKind::Credit;
    for event in events.clone().filter(is_credit) {
        match &event.credit_of {
            Some(credit) => {
                let sum = credits.entry(credit.event).or_default();
                *sum = sum.minus(event.shares);
            }
            None => found.push(Inconsistency::CreditOfNothing { event: event.id }),
        }
    }
    for event in events.clone().filter(|event| !is_credit(event)) {
        let said = event.lines.iter().fold(Shares::default(), |sum, line| {
            sum.plus(line.credited_shares)
        });
        let credited = credits.remove(&event.id);
        let event_id = event.id;
        if credited.unwrap_or_default() != said || credited.is_some() != event.credited.is_some() {
            found.push(Inconsistency::CreditedOtherwise { event: event_id });
        }
        let rest = event.shares.minus(credited.unwrap_or_default());
        let is_beyond = rest.price.0 < 0 || rest.voucher.0 < 0 || rest.customer.0 < 0;
        let line_is_beyond = |line: &EventLine| line.credited_quantity > line.quantity;
        if is_beyond || event.lines.iter().any(line_is_beyond) {
            found.push(Inconsistency::CreditedBeyond { event: event_id });
        }
    }
    // What is left credits an event that is not there, or a credit.
    for event in events.filter(is_credit) {
        if let Some(credit) = &event.credit_of
            && credits.contains_key(&credit.event)
        {
            found.push(Inconsistency::CreditOfNothing { event: event.id });
        }
    }
}
