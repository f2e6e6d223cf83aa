//! The message alone; UPDATE and DELETE: what may be changed when, and what a change gives back.

use super::*;

const LOCKED: &str = "EVENT_LOCKED eventId";
const NOT_FOUND: &str = "EVENT_NOT_FOUND eventId";

/// A balance of 100 h at 10.00 with one event of 2 h.
fn world() -> World {
    let mut world = ordinary("10", Period::Month, "10.00", None);
    assert_eq!(world.post(&hours("2")), "Kirjattu v1 20.00=20.00+0.00");
    world
}

fn hours(amount: &str) -> Sent {
    general(&[(amount, "10.00")])
}

#[test]
fn the_message_alone_speaks_first() {
    let identity = |action, event_id: Option<&str>, expected_version| Sent {
        action,
        event_id: event_id.map(str::to_owned),
        expected_version,
        ..hours("1")
    };
    let required = "FIELD_REQUIRED eventId; FIELD_REQUIRED expectedVersion";
    let acting = Sent {
        acting: Some("070785-9016".to_owned()),
        person: "150318A902V".to_owned(),
        number: "OV-1234-5678-9ABC-B".to_owned(),
        ..general(&[])
    };
    let mut twice = general(&[("1", "10.00"), ("1", "10.00"), ("1", "10.00")]);
    twice.lines[2].line_no = 1;
    let mut comment = hours("1");
    comment.details.comment = Some("Soita 070785-9015 huomenna".to_owned());
    let mut show = hours("1");
    show.details.no_show = Some(true);
    for (sent, expected) in [
        (
            identity(Action::Create, Some("x"), Some(1)),
            "FIELD_NOT_ALLOWED eventId; FIELD_NOT_ALLOWED expectedVersion",
        ),
        (identity(Action::Update, None, None), required),
        (identity(Action::Delete, None, None), required),
        (
            acting,
            "HETU_INVALID meta/actingPersonId; HETU_INVALID personId; FIELD_REQUIRED line",
        ),
        (general(&[]), "FIELD_REQUIRED line"),
        (twice, "FIELD_NOT_ALLOWED line[3]/lineNo"),
        (comment, "TEXT_HAS_PERSON_ID comment"),
        (show, "FIELD_NOT_ALLOWED line"),
        (hours("1").no_show(), "Kirjattu v1 0.00=0.00+0.00"),
        (
            hours("1").no_show().totals("0", "0", "0"),
            "Kirjattu v1 0.00=0.00+0.00",
        ),
        (
            hours("1").no_show().totals("1", "0", "1"),
            "TOTALS_MISMATCH totals/totalPrice; TOTALS_MISMATCH totals/customerShare",
        ),
    ] {
        assert_eq!(world().post(&sent), expected);
    }
    let artificial = Circumstances {
        today: today(),
        artificial_person_ids: false,
    };
    let examined = examine(hours("1").proposal(), artificial).rejections;
    assert!(examined.any(|found| found.code.as_str() == "HETU_ARTIFICIAL_NOT_ALLOWED"));
}

#[test]
fn an_event_is_changed_by_who_made_it_and_as_it_was_seen() {
    for action in [Action::Update, Action::Delete] {
        let change = |sent: Sent| sent.changing(action, 1, 1);
        let cases = [
            (hours("1").changing(action, 9, 1), NOT_FOUND),
            (
                Sent {
                    event_id: Some("not an id".to_owned()),
                    ..change(hours("1"))
                },
                NOT_FOUND,
            ),
            (
                Sent {
                    number: "OV-1234-5678-9ABC-B".to_owned(),
                    ..change(hours("1"))
                },
                NOT_FOUND,
            ),
            (
                Sent {
                    number: "OV-0000-0000-0000-1".to_owned(),
                    ..change(hours("1"))
                },
                NOT_FOUND,
            ),
            (
                Sent {
                    person: OTHER_PERSON.to_owned(),
                    ..change(hours("1"))
                },
                NOT_FOUND,
            ),
            (
                Sent {
                    provider: provider("9000008-9"),
                    ..change(hours("1"))
                },
                NOT_FOUND,
            ),
            (
                hours("1").changing(action, 1, 2),
                "EVENT_VERSION_CONFLICT expectedVersion",
            ),
        ];
        for (sent, expected) in cases {
            let mut world = world();
            assert_eq!(world.post(&sent), expected);
            assert_eq!(world.events.len(), 1);
            if let Verdict::Reject { unseen, .. } = world.judge(&sent) {
                assert!(!unseen.is_some_and(Unseen::is_miss), "no miss");
            }
        }
    }
    let mut wrong = hours("1").changing(Action::Update, 9, 1);
    wrong.details.comment = Some("070785-9015".to_owned());
    let both = "TEXT_HAS_PERSON_ID comment; EVENT_NOT_FOUND eventId";
    assert_eq!(world().post(&wrong), both);
}

#[test]
fn states_lock_an_event() {
    use EventState::*;
    let updated = "Kirjattu v2 10.00=10.00+0.00";
    let deleted = "Poistettu v2 20.00=20.00+0.00";
    for (state, on_update, on_delete) in [
        (Kirjattu, updated, deleted),
        (Tarkastettavana, LOCKED, deleted),
        (Hyvaksytty, LOCKED, deleted),
        (Hylatty, LOCKED, LOCKED),
        (Poistettu, LOCKED, LOCKED),
        (Tilitetty, LOCKED, LOCKED),
        (Maksettu, LOCKED, LOCKED),
    ] {
        for (action, expected) in [(Action::Update, on_update), (Action::Delete, on_delete)] {
            let mut world = world();
            world.set_state(1, state);
            // The lock speaks before the version and before whatever else is wrong.
            let mut sent = hours("1").changing(action, 1, 1);
            if expected == LOCKED {
                sent = general(&[("99", "99.00")])
                    .on(2026, 3, 17)
                    .changing(action, 1, 7);
            }
            assert_eq!(world.post(&sent), expected, "{state:?} {action:?}");
        }
    }
}

#[test]
fn an_update_is_judged_with_the_old_use_given_back() {
    let mut world = world();
    world.post(&hours("7"));
    assert_eq!(world.used(), "Period(Month(2026, 3)) 9.000");
    let update = |amount: &str| hours(amount).changing(Action::Update, 1, 1);
    assert_eq!(
        world.post(&update("3.001")),
        "QUOTA_EXCEEDED line[1]/quantity"
    );
    assert_eq!(
        world.event(1).shares.price,
        cents("20.00"),
        "refused: the old stays"
    );
    assert_eq!(world.used(), "Period(Month(2026, 3)) 9.000");
    assert_eq!(world.post(&update("3")), "Kirjattu v2 30.00=30.00+0.00");
    assert_eq!(world.used(), "Period(Month(2026, 3)) 10.000");
    let kinds: Vec<PostingKind> = world.posted.iter().map(|posting| posting.kind).collect();
    use PostingKind::{Release, Reserve};
    assert_eq!(kinds, [Reserve, Reserve, Release, Reserve]);
    let moved = hours("4").on(2026, 2, 10).changing(Action::Update, 1, 2);
    assert_eq!(world.post(&moved), "Kirjattu v3 40.00=40.00+0.00");
    assert_eq!(
        world.used(),
        "Period(Month(2026, 2)) 4.000, Period(Month(2026, 3)) 7.000"
    );
    world.service.review = true;
    let reviewed = hours("4").on(2026, 2, 10).changing(Action::Update, 1, 3);
    assert_eq!(world.post(&reviewed), "Tarkastettavana v4 40.00=40.00+0.00");
    world.set_state(1, EventState::Kirjattu);
    let none = hours("4").no_show().changing(Action::Update, 1, 4);
    assert_eq!(world.post(&none), "Tarkastettavana v5 0.00=0.00+0.00");
    assert_eq!(world.used(), "Period(Month(2026, 3)) 7.000");
}

#[test]
fn the_age_of_a_day_matters_to_an_update_only_when_it_changes() {
    let mut world = world();
    world.today = date(2026, 5, 20);
    let update = || hours("1").changing(Action::Update, 1, 1);
    let old = "SERVICE_DATE_TOO_OLD serviceDate";
    assert_eq!(world.post(&update().on(2026, 3, 13)), old);
    assert_eq!(world.post(&update()), "Kirjattu v2 10.00=10.00+0.00");
    world.grant.suspended = true;
    let again = hours("2").changing(Action::Update, 1, 2);
    assert_eq!(world.post(&again), "PP_SUSPENDED purchasingPowerNumber");
}

#[test]
fn a_deletion_looks_at_nothing_but_whose_event_it_is() {
    let mut world = world();
    world.today = date(2027, 5, 20);
    world.grant.suspended = true;
    world.grant.cancelled_from = Some(date(2026, 1, 1));
    world.grant.providers = Dated::from(
        date(2026, 1, 1),
        Providers {
            chosen: Some(provider("9000008-9")),
            allowed: Vec::new(),
        },
    );
    world.approvals.clear();
    world.service.valid_to = Some(date(2025, 12, 31));
    let mut deletion = Sent {
        unit: Some("nowhere".to_owned()),
        ..general(&[("99", "99.00"), ("1", "1.00")])
            .totals("1", "2", "3")
            .on(2030, 1, 1)
            .changing(Action::Delete, 1, 1)
    };
    deletion.lines[1].line_no = 1;
    deletion.details.comment = Some("070785-9015".to_owned());
    assert_eq!(world.post(&deletion), "Poistettu v2 20.00=20.00+0.00");
    let event = world.event(1);
    assert_eq!(
        (event.lines.len(), event.service_date),
        (1, date(2026, 3, 12))
    );
    assert_eq!(event.provider_unit_code, None);
    assert_eq!(world.used(), "");
    assert_eq!(world.posted.last().unwrap().kind, PostingKind::Release);
    let again = hours("1").changing(Action::Delete, 1, 2);
    assert_eq!(world.post(&again), LOCKED);
    let mut nothing = self::world();
    nothing.post(&hours("1").no_show());
    let posted = nothing.posted.len();
    let deletion = hours("1").changing(Action::Delete, 2, 1);
    assert_eq!(nothing.post(&deletion), "Poistettu v2 0.00=0.00+0.00");
    assert_eq!(
        nothing.posted.len(),
        posted,
        "nothing was taken, nothing is given back"
    );
}

#[test]
fn a_number_of_another_kind_is_told_and_its_lines_are_not_judged() {
    let mismatch = "PP_KIND_MISMATCH purchasingPowerNumber";
    let mut ordinary = world();
    let mut sent = dental(&["XXX00 9999.99"]).totals("1", "2", "3");
    assert_eq!(ordinary.post(&sent), mismatch);
    sent = sent.on(2026, 3, 17);
    let both = format!("{mismatch}; SERVICE_DATE_FUTURE serviceDate");
    assert_eq!(ordinary.post(&sent), both);
    for action in [Action::Update, Action::Delete] {
        let change = dental(&["SAA02 62.00"]).changing(action, 1, 1);
        assert_eq!(ordinary.post(&change), mismatch);
    }
    let mut teeth = scenario_4();
    assert_eq!(teeth.post(&hours("1")), mismatch);
    let mut euros = saldo(Unit::Eur, "10", None, None);
    assert_eq!(euros.post(&dental(&["SAA02 62.00"])), mismatch);
}

#[test]
fn who_acts_for_the_customer_is_to_be_asked_for() {
    let representation = |acting: &str| {
        let sent = Sent {
            acting: Some(acting.to_owned()),
            ..hours("1")
        };
        match world().judge(&sent) {
            Verdict::Record { representation, .. } => representation,
            verdict => panic!("{}", told(&verdict)),
        }
    };
    let needed = representation("070785-9015").unwrap();
    assert_eq!(needed.delegate, person("070785-9015"));
    assert_eq!(needed.principal, person(PERSON));
    assert_eq!(representation(PERSON), None);
}
