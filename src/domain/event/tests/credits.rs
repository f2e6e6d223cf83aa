//! The organiser's decisions: approval, rejection, settlement, payment, and credits in one or more
//! parts, to the cent.

use super::organiser::{
    CreditProposal, approve, credit, is_settleable, on_grant, pay, reject, settle, unsettle,
};
use super::*;
use crate::domain::service_event::{Credited, EventKind};

const ALL_STATES: [EventState; 7] = [
    EventState::Kirjattu,
    EventState::Tarkastettavana,
    EventState::Hyvaksytty,
    EventState::Hylatty,
    EventState::Poistettu,
    EventState::Tilitetty,
    EventState::Maksettu,
];

const LOCKED: &str = "EVENT_LOCKED eventId";

/// Scenario 5's event, settled.
fn settled_5() -> World {
    let mut world = scenario_4();
    let text = world.post(&dental(&["SAA02 62.00", "SFA20 t16 sMO 110.00"]));
    assert_eq!(text, "Kirjattu v1 172.00=130.00+42.00");
    world.set_state(1, EventState::Tilitetty);
    world
}

fn codes(found: Vec<Rejection>) -> String {
    told(&Verdict::Reject {
        rejections: found,
        unseen: None,
    })
}

fn amounts(shares: Shares) -> String {
    format!("{} {} {}", shares.price, shares.voucher, shares.customer)
}

impl World {
    /// Credits the event; the CREDIT row's amounts, or what is wrong.
    fn credit(&mut self, ordinal: u8, lines: &[(u64, &str)], text: &str) -> String {
        let lines: Vec<(u64, Quantity)> = lines
            .iter()
            .map(|(line_no, amount)| (*line_no, quantity(amount)))
            .collect();
        let proposal = CreditProposal {
            reason_code: "VIRHE",
            reason_text: text,
            lines: &lines,
        };
        let new_id = EventId::from_bytes([self.events.len() as u8 + 1; 16]);
        match credit(
            &self.grant,
            self.event(ordinal),
            proposal,
            new_id,
            self.now(),
        ) {
            Ok(changed) => {
                let text = amounts(changed.credit.as_ref().unwrap().shares);
                self.keep(changed);
                text
            }
            Err(found) => codes(found),
        }
    }
}

#[test]
fn each_decision_is_taken_from_its_own_states_alone() {
    for state in ALL_STATES {
        let mut world = scenario_4();
        world.post(&dental(&["SAA02 62.00"]));
        world.set_state(1, state);
        let event = world.event(1).clone();
        let outcome = |found: Result<EventState, Vec<Rejection>>| match found {
            Ok(state) => format!("{state:?}"),
            Err(found) => codes(found),
        };
        let expected = |from: &[EventState], to: EventState| {
            if from.contains(&state) {
                format!("{to:?}")
            } else {
                LOCKED.to_owned()
            }
        };
        use EventState::*;
        let state_of = |changed: Changed| changed.event.state;
        let approved = approve(&world.grant, &event).map(state_of);
        assert_eq!(
            outcome(approved),
            expected(&[Kirjattu, Tarkastettavana], Hyvaksytty)
        );
        let rejected = reject(&world.grant, &event, world.now()).map(state_of);
        assert_eq!(outcome(rejected), expected(&[Tarkastettavana], Hylatty));
        let settled = settle(&event, "853-2026-03", world.now()).map(|event| event.state);
        assert_eq!(outcome(settled), expected(&[Hyvaksytty], Tilitetty));
        assert_eq!(is_settleable(&event), state == Hyvaksytty);
        let restored = unsettle(&event).map(|event| event.state);
        assert_eq!(outcome(restored), expected(&[Tilitetty], Hyvaksytty));
        let paid = pay(&event, world.now()).map(|event| event.state);
        assert_eq!(outcome(paid), expected(&[Tilitetty], Maksettu));
        let credited = world.credit(1, &[], "Väärä toimenpide");
        let fine = [Tilitetty, Maksettu].contains(&state);
        let expected = if fine { "-62.00 -45.00 -17.00" } else { LOCKED };
        assert_eq!(credited, expected, "{state:?}");
    }
}

#[test]
fn decisions_change_no_version_and_only_a_rejection_gives_back() {
    let mut world = scenario_4();
    world.service.review = true;
    let text = world.post(&dental(&["SAA02 62.00"]));
    assert_eq!(text, "Tarkastettavana v1 62.00=45.00+17.00");
    let approved = approve(&world.grant, world.event(1)).unwrap();
    assert_eq!(approved.event.version, 1);
    assert!(approved.postings.is_empty());
    assert_eq!(approved.grant.used_accounts(), world.grant.used_accounts());
    let rejected = reject(&world.grant, world.event(1), world.now()).unwrap();
    world.keep(rejected);
    assert_eq!(world.used(), "");
    let kinds: Vec<PostingKind> = world.posted.iter().map(|posting| posting.kind).collect();
    assert_eq!(kinds, [PostingKind::Reserve, PostingKind::Release]);
    assert_eq!(on_grant(&world.grant).revision, world.grant.revision + 1);
}

#[test]
fn a_settlement_leaves_its_number_and_its_times() {
    let mut world = scenario_4();
    world.post(&dental(&["SAA02 62.00"]));
    world.set_state(1, EventState::Hyvaksytty);
    let settled = settle(world.event(1), "853-2026-03", world.now()).unwrap();
    let mark = settled.settled.clone().unwrap();
    assert_eq!(
        (mark.number.as_str(), mark.settled_at),
        ("853-2026-03", world.now())
    );
    assert_eq!(mark.paid_at, None);
    let later = world.now() + jiff::SignedDuration::from_hours(24);
    let paid = pay(&settled, later).unwrap();
    assert_eq!(paid.settled.unwrap().paid_at, Some(later));
    assert_eq!(unsettle(&settled).unwrap().settled, None);
    let credited = ServiceEvent {
        credited: Some(Credited::Partial),
        ..settled
    };
    assert_eq!(codes(unsettle(&credited).unwrap_err()), LOCKED);
}

#[test]
fn scenario_15_a_whole_credit_mirrors_the_event_and_comes_once() {
    let mut world = settled_5();
    assert_eq!(
        world.used(),
        "Ceiling 130.000, Line(1) 1.000, Line(2) 1.000"
    );
    let deletion = dental(&[]).changing(Action::Delete, 1, 1);
    assert_eq!(world.post(&deletion), LOCKED);
    assert_eq!(
        world.credit(1, &[], "Väärä asiakas"),
        "-172.00 -130.00 -42.00"
    );
    assert_eq!(world.used(), "", "the grant is restored at once");
    let event = world.event(1);
    assert_eq!(event.credited, Some(Credited::Full));
    assert_eq!((event.state, event.version), (EventState::Tilitetty, 1));
    let row = world.event(2);
    assert_eq!(
        (row.kind, row.state),
        (EventKind::Credit, EventState::Hyvaksytty)
    );
    assert_eq!((row.version, row.service_date), (1, event.service_date));
    assert_eq!(row.provider, event.provider);
    let of = row.credit_of.clone().unwrap();
    assert_eq!((of.event, of.reason_code.as_str()), (event.id, "VIRHE"));
    let line = &row.lines[1];
    assert_eq!(line.quantity, quantity("1"));
    assert_eq!(
        (line.unit_price, line.unit_value),
        (cents("110.00"), cents("85.00"))
    );
    assert_eq!(amounts(line.shares), "-110.00 -85.00 -25.00");
    assert_eq!(world.credit(1, &[], "Uudestaan"), LOCKED);
    world.set_state(2, EventState::Tilitetty);
    assert_eq!(world.credit(2, &[], "Hyvityksen hyvitys"), LOCKED);
    let sent = dental(&["SAA02 62.00", "SFA20 t16 sMO 110.00"]);
    assert_eq!(
        world.post(&sent),
        "Kirjattu v1 172.00=130.00+42.00",
        "what is credited whole is no double of what is recorded in its stead"
    );
}

#[test]
fn a_partial_credit_names_lines_and_quantities() {
    let mut world = settled_5();
    assert_eq!(
        world.credit(1, &[(2, "1")], "Väärä hammas"),
        "-110.00 -85.00 -25.00"
    );
    assert_eq!(world.event(1).credited, Some(Credited::Partial));
    assert_eq!(world.used(), "Ceiling 45.000, Line(1) 1.000");
    assert_eq!(world.credit(1, &[(2, "1")], "Uudestaan"), LOCKED);
    assert_eq!(world.credit(1, &[(1, "2")], "Liikaa"), LOCKED);
    assert_eq!(world.credit(1, &[], "Loput"), "-62.00 -45.00 -17.00");
    assert_eq!(world.event(1).credited, Some(Credited::Full));
    assert_eq!(world.used(), "");
}

#[test]
fn parts_add_up_to_the_event_to_the_cent() {
    let mut world = ordinary("10", Period::Month, "10.33", None);
    assert_eq!(
        world.post(&general(&[("1.5", "12.66")])),
        "Kirjattu v1 18.99=15.50+3.49"
    );
    world.set_state(1, EventState::Maksettu);
    // What is left is 1 h = 12.66 = 10.33 + 2.33, so the half hour is the difference to that.
    assert_eq!(
        world.credit(1, &[(1, "0.5")], "Puoli tuntia"),
        "-6.33 -5.17 -1.16"
    );
    assert_eq!(world.used(), "Period(Month(2026, 3)) 1.000");
    assert_eq!(
        world.credit(1, &[(1, "0.333")], "Lisää"),
        "-4.22 -3.44 -0.78"
    );
    assert_eq!(world.credit(1, &[], "Loput"), "-8.44 -6.89 -1.55");
    let sum = Shares::default();
    let rows = world.events.iter().map(|placed| &placed.event);
    let credits = rows.filter(|event| event.kind == EventKind::Credit);
    let sum = credits.fold(sum, |sum, event| sum.plus(event.shares));
    assert_eq!(amounts(sum), "-18.99 -15.50 -3.49");
    assert_eq!(world.used(), "");
}

#[test]
fn a_credit_of_a_balance_gives_back_euros_or_units() {
    let mut world = saldo(Unit::Eur, "100", None, None);
    world.post(&general(&[("3", "10.00")]));
    world.set_state(1, EventState::Tilitetty);
    assert_eq!(world.credit(1, &[(1, "1")], "Yksi"), "-10.00 -10.00 0.00");
    assert_eq!(world.used(), "Balance 20.000");
    let mut world = saldo(Unit::H, "10", Some("10.33"), None);
    world.post(&general(&[("3", "12.00")]));
    world.set_state(1, EventState::Tilitetty);
    assert_eq!(world.credit(1, &[(1, "2")], "Kaksi"), "-24.00 -20.66 -3.34");
    assert_eq!(world.used(), "Balance 1.000");
}

#[test]
fn what_a_credit_must_say_is_checked() {
    let mut world = settled_5();
    let before = world.grant.clone();
    let long = "x".repeat(501);
    for (lines, text, expected) in [
        (&[][..], "", "FIELD_REQUIRED reason/text"),
        (&[], &long, "FIELD_NOT_ALLOWED reason/text"),
        (&[], "Asiakas 070785-9015", "TEXT_HAS_PERSON_ID reason/text"),
        (&[(3, "1")], "Väärä", "FIELD_NOT_ALLOWED line[1]/lineNo"),
        (
            &[(1, "1"), (1, "1")],
            "Väärä",
            "FIELD_NOT_ALLOWED line[2]/lineNo",
        ),
        (&[(1, "0")], "Väärä", "FIELD_NOT_ALLOWED line[1]/quantity"),
        (&[(1, "0.5")], "Väärä", "FIELD_NOT_ALLOWED line[1]/quantity"),
    ] {
        assert_eq!(world.credit(1, lines, text), expected);
    }
    assert_eq!(world.grant, before);
    let mut empty = scenario_4();
    empty.post(&dental(&[]).no_show());
    empty.set_state(1, EventState::Tilitetty);
    assert_eq!(empty.credit(1, &[], "Ei mitään"), LOCKED);
}
