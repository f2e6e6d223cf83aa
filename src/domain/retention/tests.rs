//! Settings at their edges, and the day on which a class is due.

use super::*;

fn problems(change: impl FnOnce(&mut Retention)) -> Vec<String> {
    let mut retention = Retention::default();
    change(&mut retention);
    retention.problems()
}

#[test]
fn days_and_years_are_taken_to_their_limits_and_not_beyond() {
    assert_eq!(Retention::default().problems(), Vec::<String>::new());
    for (days, is_good) in [(29, false), (30, true), (365, true), (366, false)] {
        let found = problems(|retention| retention.idempotency_days = days);
        assert_eq!(found.is_empty(), is_good, "{found:?}");
    }
    for (years, is_good) in [(0, false), (1, true), (150, true), (151, false)] {
        let found = problems(|retention| retention.access_log_years = years);
        assert_eq!(found.is_empty(), is_good, "{found:?}");
        if !is_good {
            let expected = format!("retention.access_log_years: {years} is not from 1 to 150");
            assert_eq!(found, [expected]);
        }
    }
    let all = problems(|retention| {
        retention.idempotency_days = 0;
        retention.settlements_years = 0;
        retention.health_purchasing_powers_years = 0;
        retention.other_purchasing_powers_years = 0;
        retention.access_log_years = 0;
    });
    assert_eq!(all.len(), 5);
}

#[test]
fn a_class_of_years_is_due_on_the_first_of_january_after_them() {
    let retention = Retention {
        settlements_years: 1,
        ..Retention::default()
    };
    for (today, expected) in [
        ("2026-12-31", "2025-01-01"),
        ("2027-01-01", "2026-01-01"),
        ("2028-02-29", "2027-01-01"),
    ] {
        let today: Date = today.parse().unwrap();
        let beginning = |day: Date| {
            let zoned = day.to_zoned(jiff::tz::TimeZone::UTC);
            zoned.unwrap().timestamp()
        };
        let cut_offs = retention.cut_offs(beginning(today), today, beginning);
        let of_settlements = cut_offs.of(RetentionClass::Settlements);
        assert_eq!(of_settlements.day.to_string(), expected);
        assert_eq!(of_settlements.instant, beginning(of_settlements.day));
        let of_answers = cut_offs.of(RetentionClass::MessageAnswers);
        let days = beginning(today).duration_since(of_answers.instant);
        assert_eq!(days, SignedDuration::from_hours(24 * 90));
    }
}

#[test]
fn classes_have_numbers_and_names_of_their_own() {
    let numbers = RetentionClass::ALL.map(|class| class as u8);
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    let mut names = RetentionClass::ALL.map(RetentionClass::as_str).to_vec();
    names.dedup();
    assert_eq!(names.len(), 5);
}
