//! The invariants of the rules as code of its own, read off what the world holds after each step; and what
//! is only to be judged at the moment something is accepted. Sums are made here from lines and entries,
//! never by the code that keeps the running ones.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use psop_adapter::domain::event_id::EventId;
use psop_adapter::domain::ledger::Account;
use psop_adapter::domain::purchasing_power::{Content, PurchasingPower};
use psop_adapter::domain::registry::{Instrument, Unit};
use psop_adapter::domain::service_event::{
    Credited, EventKind, EventLine, EventState, ServiceEvent, Settled, Shares,
};

use super::calendar::{Day, key};
use super::model::{Model, rounded};
use super::rules::{LATE_DAYS, REGISTRY, SERVICES, service_on};
use super::world::World;

/// What does not hold.
pub type Broken = String;

macro_rules! hold {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}
pub(super) use hold;

/// What was settled, as it was then.
#[derive(Default)]
pub struct Watch {
    settled: HashMap<EventId, ServiceEvent>,
    /// By event, the place in the feed last seen.
    places: HashMap<EventId, u64>,
    given_out: u64,
}

pub fn day_of(date: Date) -> Day {
    Day::new(
        i32::from(date.year()),
        i32::from(date.month()),
        i32::from(date.day()),
    )
}

fn is_live(event: &ServiceEvent) -> bool {
    !matches!(event.state, EventState::Hylatty | EventState::Poistettu)
}

fn is_settled(event: &ServiceEvent) -> bool {
    matches!(event.state, EventState::Tilitetty | EventState::Maksettu)
}

/// An account's name, and its thousandths.
type Sums = BTreeMap<String, i64>;

fn add(sums: &mut Sums, account: String, thousandths: i64) {
    let sum = sums.entry(account).or_default();
    *sum += thousandths;
}

fn named(account: Account) -> String {
    match account {
        Account::Authorised => "authorised".to_owned(),
        Account::Period(key) => key.to_string(),
        Account::Balance => "balance".to_owned(),
        Account::Ceiling => "vouchers".to_owned(),
        Account::Line(no) => format!("line {no}"),
    }
}

/// What so much of an event's lines takes of its grant.
fn take(
    grant: &PurchasingPower,
    event: &ServiceEvent,
    of: impl Fn(&EventLine) -> (i64, i64),
    sums: &mut Sums,
) {
    for line in &event.lines {
        let (quantity, voucher) = of(line);
        match &grant.content {
            Content::Ordinary(ordinary) => {
                add(
                    sums,
                    key(ordinary.period, day_of(event.service_date)),
                    quantity,
                );
            }
            Content::Saldo(saldo) if saldo.unit == Unit::Eur => {
                add(sums, "balance".to_owned(), voucher * 10);
            }
            Content::Saldo(_) => add(sums, "balance".to_owned(), quantity),
            Content::Dental(_) => {
                add(sums, "vouchers".to_owned(), voucher * 10);
                let granted = line
                    .procedure
                    .as_ref()
                    .and_then(|procedure| procedure.granted_line_no);
                if let Some(no) = granted {
                    add(sums, format!("line {no}"), quantity);
                }
            }
        }
    }
}

impl Watch {
    /// Everything that must hold at every moment.
    pub fn check(&mut self, world: &World, model: &Model) -> Result<(), Broken> {
        for at in 0..world.grants.len() {
            books(world, model, at)?;
        }
        for placed in &world.events {
            let event = &placed.event;
            let number = event.number;
            let at = world.grants.iter().position(|grant| grant.number == number);
            let at = at.ok_or("an event of no grant")?;
            belongs(world, at, event)?;
            amounts(&world.grants[at], event)?;
        }
        self.settled_rows(world)?;
        self.feed(world)
    }

    /// Invariant 8: what was settled stays, but for payment and for what of it is credited; and credits
    /// are no more than the event.
    fn settled_rows(&mut self, world: &World) -> Result<(), Broken> {
        for placed in &world.events {
            let event = &placed.event;
            // A draft may be taken back as long as nothing of it is credited.
            let was_settled = self.settled.get(&event.id).is_some();
            if was_settled && event.state == EventState::Hyvaksytty {
                hold!(
                    event.credited.is_none(),
                    "{event:?}: taken back though credited"
                );
                self.settled.remove(&event.id);
            }
            if is_settled(event) {
                hold!(
                    event.settled.is_some(),
                    "{event:?}: settled, and by nothing"
                );
                let mut kept = event.clone();
                kept.state = EventState::Tilitetty;
                kept.credited = None;
                if let Some(Settled { paid_at, .. }) = &mut kept.settled {
                    hold!(
                        paid_at.is_some() == (event.state == EventState::Maksettu),
                        "{event:?}: paid?"
                    );
                    *paid_at = None;
                }
                for line in &mut kept.lines {
                    line.credited_quantity.0 = 0;
                    line.credited_shares = Shares::default();
                }
                let before = self.settled.entry(event.id).or_insert_with(|| kept.clone());
                hold!(*before == kept, "{event:?}: a settled row changed");
            } else {
                hold!(
                    !self.settled.contains_key(&event.id),
                    "{event:?}: settled, and is not any more"
                );
            }
            credits(world, event)?;
        }
        Ok(())
    }

    /// Invariant 9: a change is always placed after everything that was given out.
    fn feed(&mut self, world: &World) -> Result<(), Broken> {
        let mut seen = Vec::new();
        for placed in &world.events {
            let place = placed.change_seq;
            let before = self.places.insert(placed.event.id, place);
            hold!(
                before == Some(place) || place > self.given_out,
                "{:?} changed and stands at {place}, not after {}",
                placed.event,
                self.given_out
            );
            seen.push(place);
        }
        seen.sort_unstable();
        hold!(
            seen.windows(2).all(|pair| pair[0] < pair[1]),
            "two events in one place of the feed"
        );
        self.given_out = world.change_seq;
        Ok(())
    }
}

/// Invariant 1, and ledger = events = running balances.
fn books(world: &World, model: &Model, at: usize) -> Result<(), Broken> {
    let grant = &world.grants[at];
    let mut ledger = Sums::new();
    for entry in world.postings[at]
        .iter()
        .flat_map(|posting| &posting.entries)
    {
        add(&mut ledger, named(entry.account), entry.thousandths);
    }
    let authorised = ledger.remove("authorised").unwrap_or(0);
    hold!(
        authorised == model.total(at) * 10,
        "grant {at}: the ledger authorises {authorised}, not {}",
        model.total(at) * 10
    );
    let mut net = Sums::new();
    let mut rows = Sums::new();
    for placed in world
        .events
        .iter()
        .filter(|placed| placed.event.number == grant.number)
    {
        let event = &placed.event;
        if !is_live(event) {
            continue;
        }
        if event.kind == EventKind::Credit {
            take(
                grant,
                event,
                |line| (-line.quantity.0, line.shares.voucher.0),
                &mut rows,
            );
        } else {
            let left = |line: &EventLine| {
                (
                    line.quantity.0 - line.credited_quantity.0,
                    line.shares.voucher.0 - line.credited_shares.voucher.0,
                )
            };
            take(grant, event, left, &mut net);
            take(
                grant,
                event,
                |line| (line.quantity.0, line.shares.voucher.0),
                &mut rows,
            );
        }
    }
    let mut running = Sums::new();
    match &grant.content {
        Content::Ordinary(ordinary) => {
            for (key, used) in &ordinary.used {
                add(&mut running, key.to_string(), used.0);
            }
        }
        Content::Saldo(saldo) => add(&mut running, "balance".to_owned(), saldo.used.0),
        Content::Dental(dental) => {
            add(
                &mut running,
                "vouchers".to_owned(),
                dental.ceiling_used.0 * 10,
            );
            for line in &dental.lines {
                add(
                    &mut running,
                    format!("line {}", line.line_no),
                    i64::from(line.used_count) * 1000,
                );
            }
        }
    }
    for sums in [&mut ledger, &mut net, &mut rows, &mut running] {
        sums.retain(|_, thousandths| *thousandths != 0);
    }
    hold!(
        ledger == running,
        "grant {at}: the ledger has {ledger:?}, the running balances are {running:?}"
    );
    hold!(
        net == running,
        "grant {at}: events take {net:?}, the running balances are {running:?}"
    );
    hold!(
        rows == net,
        "grant {at}: events and CREDIT rows take {rows:?}, events less credits {net:?}"
    );
    within(model, grant, at, &running)
}

/// Invariant 1: of nothing is more used than granted.
fn within(model: &Model, grant: &PurchasingPower, at: usize, used: &Sums) -> Result<(), Broken> {
    for (account, used) in used {
        hold!(*used >= 0, "grant {at}: {account}: {used} is used");
    }
    let of = |account: &str| used.get(account).copied().unwrap_or(0);
    match &grant.content {
        Content::Ordinary(ordinary) => {
            for (_, event) in model.live(at, None) {
                let day = event.recorded().0;
                let (used, quota) = (
                    of(&key(ordinary.period, day)),
                    model.grants[at].quota(day).0,
                );
                hold!(
                    used <= quota,
                    "grant {at}: period of {day:?}: {used} is used of {quota}"
                );
            }
        }
        Content::Saldo(saldo) => {
            let used = of("balance");
            hold!(
                used <= saldo.total.0,
                "grant {at}: {used} is used of {}",
                saldo.total.0
            );
        }
        Content::Dental(dental) => {
            let used = of("vouchers");
            let holds = dental.ceiling.is_none_or(|ceiling| used <= ceiling.0 * 10);
            hold!(holds, "grant {at}: {used} is used of {:?}", dental.ceiling);
            for line in &dental.lines {
                let used = of(&format!("line {}", line.line_no));
                let most = i64::from(line.max_count) * 1000;
                hold!(
                    used <= most,
                    "grant {at}: line {}: {used} is used of {most}",
                    line.line_no
                );
            }
        }
    }
    Ok(())
}

/// Invariants 2 and 7.
fn belongs(world: &World, at: usize, event: &ServiceEvent) -> Result<(), Broken> {
    let grant = &world.grants[at];
    let is_own = event.organiser == grant.organiser
        && event.organiser == REGISTRY.organiser.code
        && event.service_code == grant.service_code
        && event.unit == grant.unit();
    hold!(
        is_own,
        "{event:?}: not the grant's organiser, service or unit"
    );
    let person = grant.source_reference.parse().map_err(|_| "no person")?;
    hold!(
        event.person_id == world.person(person),
        "{event:?}: another person"
    );
    hold!(
        event.service_date <= world.today.date(),
        "{event:?}: in the future"
    );
    if is_live(event) {
        let inside = grant.valid_from <= event.service_date && event.service_date <= grant.valid_to;
        hold!(inside, "{event:?}: outside the validity");
    }
    Ok(())
}

/// Invariants 3, 4 and 6.
fn amounts(grant: &PurchasingPower, event: &ServiceEvent) -> Result<(), Broken> {
    let sign = if event.kind == EventKind::Credit {
        -1
    } else {
        1
    };
    let service = SERVICES
        .iter()
        .position(|code| *code == event.service_code)
        .ok_or("no service")?;
    let free = service_on(service, day_of(event.service_date)).is_some_and(|service| service.free);
    let mut sums = [0; 3];
    for line in &event.lines {
        let shares = [
            line.shares.price.0,
            line.shares.voucher.0,
            line.shares.customer.0,
        ];
        let [price, voucher, customer] = shares.map(|cents| cents * sign);
        let no = line.line_no;
        hold!(
            voucher + customer == price,
            "{event:?}: line {no}: {voucher} + {customer} is not {price}"
        );
        let most = rounded(line.quantity.0, line.unit_value.0);
        // The parts that an event is credited in may each round a cent otherwise than alone.
        let slack = if sign < 0 { 1 } else { 0 };
        hold!(
            0 <= voucher && voucher <= most + slack && customer >= -slack,
            "{event:?}: line {no}: voucher share {voucher} of at most {most}, own {customer}"
        );
        if free || grant.instrument == Instrument::Purchase {
            hold!(
                customer == 0 && voucher == price,
                "{event:?}: line {no}: own share {customer}"
            );
        }
        sums = std::array::from_fn(|at| sums[at] + shares[at]);
    }
    let said = [
        event.shares.price.0,
        event.shares.voucher.0,
        event.shares.customer.0,
    ];
    hold!(
        sums == said,
        "{event:?}: lines add up to {sums:?}, the event says {said:?}"
    );
    Ok(())
}

/// The credits of an event: by line and in all what it says of itself, and no more than it is.
fn credits(world: &World, event: &ServiceEvent) -> Result<(), Broken> {
    if event.kind == EventKind::Credit {
        return Ok(());
    }
    let rows = world.events.iter().map(|placed| &placed.event);
    let rows: Vec<&ServiceEvent> = rows
        .filter(|row| {
            row.credit_of
                .as_ref()
                .is_some_and(|credit| credit.event == event.id)
        })
        .collect();
    let mut is_whole = true;
    for line in &event.lines {
        let of_line = rows
            .iter()
            .flat_map(|row| &row.lines)
            .filter(|row| row.line_no == line.line_no);
        let (mut quantity, mut cents) = (0, [0; 3]);
        for row in of_line {
            quantity += row.quantity.0;
            let shares = [
                row.shares.price.0,
                row.shares.voucher.0,
                row.shares.customer.0,
            ];
            cents = std::array::from_fn(|at| cents[at] - shares[at]);
        }
        let said = [
            line.credited_shares.price.0,
            line.credited_shares.voucher.0,
            line.credited_shares.customer.0,
        ];
        let whole = [
            line.shares.price.0,
            line.shares.voucher.0,
            line.shares.customer.0,
        ];
        let no = line.line_no;
        hold!(
            quantity == line.credited_quantity.0 && cents == said,
            "{event:?}: line {no}: credited otherwise"
        );
        hold!(
            quantity <= line.quantity.0 && (0..3).all(|at| cents[at] <= whole[at]),
            "{event:?}: line {no}: {cents:?} credited of {whole:?}"
        );
        hold!(
            quantity < line.quantity.0 || cents == whole,
            "{event:?}: line {no}: whole, but {cents:?} of {whole:?}"
        );
        is_whole &= quantity == line.quantity.0;
    }
    let flag = match (rows.is_empty(), is_whole) {
        (true, _) => None,
        (false, true) => Some(Credited::Full),
        (false, false) => Some(Credited::Partial),
    };
    hold!(
        event.credited == flag,
        "{event:?}: flagged {:?}, not {flag:?}",
        event.credited
    );
    hold!(
        rows.is_empty() || is_settled(event),
        "{event:?}: credited and not settled"
    );
    Ok(())
}

/// Invariants 2 and 5 of an event at the moment it is accepted.
pub fn accepted(world: &World, model: &Model, at: usize, is_new_day: bool) -> Result<(), Broken> {
    let event = &world.events[at].event;
    let grant = &world.grants[model.events[at].grant];
    let day = day_of(event.service_date);
    let late = world.today - day;
    hold!(
        late >= 0 && (late <= LATE_DAYS || !is_new_day),
        "{event:?}: recorded {late} days late"
    );
    hold!(
        grant
            .cancelled_from
            .is_none_or(|from| event.service_date < from),
        "{event:?}: annulled"
    );
    hold!(!grant.suspended, "{event:?}: suspended");
    for (line, taken) in event.lines.iter().zip(model.events[at].recorded().1) {
        let caps = model.caps_of(
            model.events[at].grant,
            day,
            model.events[at].provider,
            taken,
        );
        let above = caps.iter().find(|cap| line.unit_price.0 > **cap);
        hold!(
            above.is_none(),
            "{event:?}: {} is above {above:?}",
            line.unit_price.0
        );
    }
    Ok(())
}
