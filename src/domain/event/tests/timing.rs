//! Days, the grant's state, and the service at the service date: groups 3 and 4.

use super::*;

fn sent() -> Sent {
    general(&[("1", "32.00")])
}

fn world() -> World {
    let mut world = ordinary("10", Period::Month, "32.00", Some("42.00"));
    world.grant.valid_to = date(2026, 3, 31);
    world
}

const FINE: &str = "Kirjattu v1 32.00=32.00+0.00";
const TOO_OLD: &str = "SERVICE_DATE_TOO_OLD serviceDate";
const FUTURE: &str = "SERVICE_DATE_FUTURE serviceDate";
const CANCELLED: &str = "PP_CANCELLED purchasingPowerNumber";
const SUSPENDED: &str = "PP_SUSPENDED purchasingPowerNumber";
const EXPIRED: &str = "PP_EXPIRED_ON_SERVICE_DATE serviceDate";
const NOT_YET: &str = "PP_NOT_YET_VALID serviceDate";

#[test]
fn scenario_9_an_event_is_recorded_up_to_its_last_day() {
    let mut world = world();
    world.grant.valid_to = date(2026, 2, 28);
    for (day, expected) in [
        ((2026, 3, 1), EXPIRED),
        ((2026, 2, 28), FINE),
        ((2026, 2, 27), FINE),
        ((2026, 1, 10), TOO_OLD),
        ((2026, 1, 14), TOO_OLD),
        ((2026, 1, 15), FINE),
        ((2026, 3, 17), FUTURE),
    ] {
        let (year, month, day) = day;
        assert_eq!(
            world.post(&sent().on(year, month, day)),
            expected,
            "{day}.{month}."
        );
    }
    world.grant.valid_from = date(2026, 2, 1);
    assert_eq!(world.post(&sent().on(2026, 1, 31)), NOT_YET);
    world.organiser.late_recording_days = 65;
    world.grant.valid_from = date(2026, 1, 1);
    assert_eq!(world.post(&sent().on(2026, 1, 10)), FINE);
}

#[test]
fn one_code_of_the_grants_state() {
    // Annulled from, suspended, service date, today, outcome.
    let none = None;
    let from = |month, day| Some(date(2026, month, day));
    for (cancelled, suspended, day, today, expected) in [
        (from(3, 10), false, date(2026, 3, 9), today(), FINE),
        (from(3, 10), false, date(2026, 3, 10), today(), CANCELLED),
        (from(3, 10), true, date(2026, 3, 10), today(), CANCELLED),
        (from(3, 10), true, date(2026, 3, 9), today(), SUSPENDED),
        (from(3, 10), false, date(2026, 3, 9), date(2026, 4, 9), FINE),
        (
            from(3, 10),
            false,
            date(2026, 3, 9),
            date(2026, 4, 10),
            CANCELLED,
        ),
        (from(3, 17), false, date(2026, 3, 16), today(), FINE),
        (from(1, 1), false, date(2026, 1, 20), today(), CANCELLED),
        (none, true, date(2026, 3, 9), today(), SUSPENDED),
        (none, true, date(2026, 4, 2), date(2026, 4, 2), SUSPENDED),
        // Of a day that is refused anyway only what no day could mend is told.
        (
            none,
            true,
            date(2026, 3, 17),
            today(),
            "SERVICE_DATE_FUTURE serviceDate; PP_SUSPENDED purchasingPowerNumber",
        ),
        (from(3, 10), false, date(2026, 3, 17), today(), FUTURE),
        (from(3, 10), false, date(2026, 1, 2), today(), TOO_OLD),
        (
            from(2, 10),
            false,
            date(2026, 1, 2),
            today(),
            "SERVICE_DATE_TOO_OLD serviceDate; PP_CANCELLED purchasingPowerNumber",
        ),
    ] {
        let mut world = world();
        world.grant.cancelled_from = cancelled;
        world.grant.suspended = suspended;
        world.today = today;
        let mut sent = sent();
        sent.date = day;
        assert_eq!(
            world.post(&sent),
            expected,
            "{cancelled:?} {suspended} {day} {today}"
        );
    }
}

#[test]
fn a_day_out_of_time_switches_off_what_depends_on_it() {
    let mut world = world();
    world.approvals[0].valid_from = date(2026, 2, 1);
    world.approvals[0].valid_to = Some(date(2026, 3, 10));
    let greedy = Sent {
        unit: Some("B".to_owned()),
        ..general(&[("99", "99.00")]).totals("1", "1", "0")
    };
    for (day, code) in [(17, FUTURE), (31, FUTURE)] {
        assert_eq!(
            world.post(&greedy.clone().on(2026, 3, day)),
            format!("{code}; PROVIDER_UNIT_UNKNOWN providerUnitCode")
        );
    }
    assert_eq!(
        world.post(&greedy.clone().on(2026, 3, 12)),
        "PROVIDER_APPROVAL_NOT_VALID_ON_DATE providerBusinessId; \
         PROVIDER_UNIT_UNKNOWN providerUnitCode; \
         PRICE_ABOVE_CAP line[1]/unitPrice; QUOTA_EXCEEDED line[1]/quantity"
    );
    world.approvals.clear();
    assert_eq!(
        world.post(&sent().on(2026, 3, 17)),
        format!("{FUTURE}; PROVIDER_NOT_APPROVED providerBusinessId")
    );
    world.grant.valid_to = date(2026, 2, 28);
    assert_eq!(
        world.post(&general(&[("9", "43.00"), ("2", "32.00")]).on(2026, 3, 1)),
        format!(
            "{EXPIRED}; PROVIDER_NOT_APPROVED providerBusinessId; PRICE_ABOVE_CAP line[1]/unitPrice"
        ),
        "outside the validity there is a cap, but no period and so no quota"
    );
}

#[test]
fn approval_unit_and_service_are_judged_at_the_service_date() {
    let approval = "PROVIDER_APPROVAL_NOT_VALID_ON_DATE providerBusinessId";
    let mut world = world();
    world.approvals[0].valid_to = Some(date(2026, 2, 28));
    world.approvals[0].state = ApprovalState::Ended;
    assert_eq!(world.post(&sent().on(2026, 2, 20)), FINE);
    assert_eq!(world.post(&sent().on(2026, 3, 2)), approval);
    world.approvals[0].state = ApprovalState::Suspended;
    let never = "PROVIDER_NOT_APPROVED providerBusinessId";
    assert_eq!(world.post(&sent().on(2026, 2, 20)), never);

    let mut world = self::world();
    let unit = |code: &str| Sent {
        unit: Some(code.to_owned()),
        ..sent()
    };
    assert_eq!(world.post(&unit("A")), FINE);
    assert_eq!(
        world.post(&unit("a")),
        "PROVIDER_UNIT_UNKNOWN providerUnitCode"
    );
    world.service.osva_required = true;
    assert_eq!(world.post(&sent()), "OSVA_REQUIRED purchasingPowerNumber");
    world.grant.decision.osva_doc_oid = Some("1.2.246.10.2048198.1".to_owned());
    assert_eq!(world.post(&sent()), FINE);
    world.service.review = true;
    assert_eq!(world.post(&sent()), "Tarkastettavana v1 32.00=32.00+0.00");
    world.service.valid_to = Some(date(2026, 3, 1));
    assert_eq!(world.post(&sent()), "SERVICE_TYPE_UNKNOWN serviceDate");
}

#[test]
fn an_unseen_grant_is_not_found_whatever_the_reason() {
    let not_found = "PP_NOT_FOUND purchasingPowerNumber";
    let reason = |world: &World, sent: &Sent| match world.judge(sent) {
        Verdict::Reject {
            unseen: Some(unseen),
            rejections,
        } => {
            assert_eq!(rejections.last().unwrap().code.as_str(), "PP_NOT_FOUND");
            (unseen.as_str(), unseen.is_miss())
        }
        verdict => panic!("{}", told(&verdict)),
    };
    let world = world();
    let other = |number: &str| Sent {
        number: number.to_owned(),
        ..sent()
    };
    assert_eq!(
        reason(&world, &other("OV-0000-0000-0000-1")),
        ("CHECK_CHARACTER", false)
    );
    assert_eq!(
        reason(&world, &other("OV-1234-5678-9ABC-B")),
        ("NO_SUCH_NUMBER", true)
    );
    let others = Sent {
        person: OTHER_PERSON.to_owned(),
        ..sent()
    };
    assert_eq!(reason(&world, &others), ("OTHER_PERSON", true));
    let mut closed = self::world();
    let providers = |chosen: Option<&str>, allowed: &[&str]| Providers {
        chosen: chosen.map(provider),
        allowed: allowed.iter().map(|text| provider(text)).collect(),
    };
    closed.grant.providers = Dated::from(date(2026, 1, 1), providers(None, &["9000008-9"]));
    assert_eq!(reason(&closed, &sent()), ("NOT_ALLOWED_PROVIDER", true));
    let from_march = providers(Some("9000008-9"), &["9000003-8"]);
    closed.grant.providers.append(date(2026, 3, 1), from_march);
    assert_eq!(reason(&closed, &sent()), ("NOT_CHOSEN_PROVIDER", true));
    let own = providers(Some("9000003-8"), &[]);
    closed.grant.providers.append(date(2026, 3, 10), own);
    assert_eq!(closed.post(&sent()), FINE);
    assert_eq!(closed.post(&sent().on(2026, 3, 9)), not_found);

    let mut world = self::world();
    let invalid = Sent {
        person: "300401A913X".to_owned(),
        ..other("OV-1234-5678-9ABC-B")
    };
    assert_eq!(world.post(&invalid), "HETU_INVALID personId");
    world.grant.valid_to = date(2026, 1, 31);
    world.today = date(2026, 5, 1);
    assert_eq!(
        world.post(&sent().on(2026, 3, 12)),
        EXPIRED,
        "a grant closed for look-ups answers events by its own codes"
    );
}
