//! Ordinary grants and balances: money to the cent, caps, quotas, balances, totals.

use super::*;

/// Name, world, message, outcome.
type Case = (&'static str, World, Sent, &'static str);

fn check(cases: Vec<Case>) {
    for (name, mut world, sent, expected) in cases {
        let before = world.grant.clone();
        assert_eq!(world.post(&sent), expected, "{name}");
        if !expected.contains('=') {
            assert_eq!(world.grant, before, "{name}: a refusal changes nothing");
        }
    }
}

fn with(mut world: World, change: impl FnOnce(&mut World)) -> World {
    change(&mut world);
    world
}

#[test]
fn the_customer_pays_what_the_voucher_leaves() {
    let hours = || ordinary("10", Period::Month, "10.33", None);
    check(vec![
        (
            "scenario 23",
            hours(),
            general(&[("1.5", "12.66")]).totals("18.99", "15.50", "3.49"),
            "Kirjattu v1 18.99=15.50+3.49",
        ),
        (
            "a share rounded on its own",
            hours(),
            general(&[("1.5", "12.66")]).totals("18.99", "15.50", "3.50"),
            "TOTALS_MISMATCH totals/customerShare",
        ),
        (
            "every sum wrong",
            hours(),
            general(&[("1.5", "12.66")]).totals("19.00", "15.49", "3.51"),
            "TOTALS_MISMATCH totals/totalPrice; TOTALS_MISMATCH totals/voucherShare; \
             TOTALS_MISMATCH totals/customerShare",
        ),
        (
            "cheaper than the value",
            hours(),
            general(&[("2", "10.00")]),
            "Kirjattu v1 20.00=20.00+0.00",
        ),
        (
            "free",
            hours(),
            general(&[("2", "0")]),
            "Kirjattu v1 0.00=0.00+0.00",
        ),
        (
            "each line rounds by itself",
            hours(),
            general(&[("0.005", "10.33"), ("0.005", "10.33")]),
            "Kirjattu v1 0.10=0.10+0.00",
        ),
        (
            "scenario 14",
            ordinary("10", Period::Month, "32.00", Some("42.00")),
            general(&[("8.5", "38.50")]),
            "Kirjattu v1 327.25=272.00+55.25",
        ),
        (
            "scenario 16",
            ordinary("1", Period::Month, "687.00", Some("920.00")),
            general(&[("1", "920.00")]),
            "Kirjattu v1 920.00=687.00+233.00",
        ),
    ]);
}

#[test]
fn a_price_is_held_against_the_lowest_cap_and_the_approved_price() {
    let hours = || ordinary("10", Period::Month, "32.00", Some("42.00"));
    let capped = |cap: &str| {
        with(hours(), |world| {
            world.service.max_unit_price = Some(cents(cap))
        })
    };
    let agreed = |price: &str| {
        with(hours(), |world| {
            world.approvals[0].agreed_max_price = Some(cents(price));
        })
    };
    let cap = "PRICE_ABOVE_CAP line[1]/unitPrice";
    let fine = "Kirjattu v1 42.00=32.00+10.00";
    check(vec![
        (
            "at the grant's cap",
            hours(),
            general(&[("1", "42.00")]),
            fine,
        ),
        ("above it", hours(), general(&[("1", "42.01")]), cap),
        (
            "the service's is lower",
            capped("40"),
            general(&[("1", "42.00")]),
            cap,
        ),
        (
            "the service's is higher",
            capped("50"),
            general(&[("1", "42.01")]),
            cap,
        ),
        (
            "at the approved price",
            agreed("42.00"),
            general(&[("1", "42.00")]),
            fine,
        ),
        (
            "above it",
            agreed("41.99"),
            general(&[("1", "42.00")]),
            "PRICE_ABOVE_APPROVED line[1]/unitPrice",
        ),
        (
            "both, and each line for itself",
            agreed("40"),
            general(&[("1", "43.00"), ("1", "30.00"), ("1", "41.00")]),
            "PRICE_ABOVE_CAP line[1]/unitPrice; PRICE_ABOVE_APPROVED line[1]/unitPrice; \
             PRICE_ABOVE_APPROVED line[3]/unitPrice",
        ),
    ]);
}

#[test]
fn free_and_purchased_services_leave_the_customer_nothing_to_pay() {
    let hours = || ordinary("10", Period::Month, "45.00", Some("60.00"));
    let free = || with(hours(), |world| world.service.free_of_charge = true);
    let bought = || {
        with(hours(), |world| {
            world.grant.instrument = Instrument::Purchase
        })
    };
    let share = "CUSTOMER_SHARE_NOT_ALLOWED line[1]/unitPrice";
    let both = "PRICE_ABOVE_CAP line[1]/unitPrice; CUSTOMER_SHARE_NOT_ALLOWED line[1]/unitPrice";
    let cases: [(&str, &dyn Fn() -> World); 2] = [("free", &free), ("bought", &bought)];
    for (name, world) in cases {
        check(vec![
            (name, world(), general(&[("1", "62.00")]), both),
            (name, world(), general(&[("1", "45.01")]), share),
            (
                name,
                world(),
                general(&[("1", "45.00")]),
                "Kirjattu v1 45.00=45.00+0.00",
            ),
            (
                name,
                world(),
                general(&[("1", "44.00")]),
                "Kirjattu v1 44.00=44.00+0.00",
            ),
        ]);
    }
}

#[test]
fn a_quota_is_that_of_the_service_dates_period() {
    let mut world = ordinary("10", Period::Month, "32.00", None);
    let hours = |amount| general(&[(amount, "32.00")]);
    assert!(world.post(&hours("6")).starts_with("Kirjattu"));
    let quota = "QUOTA_EXCEEDED line[1]/quantity";
    assert_eq!(world.post(&hours("4.001")), quota);
    assert!(world.post(&hours("4")).starts_with("Kirjattu"));
    assert_eq!(world.post(&hours("0.001")), quota);
    assert!(
        world
            .post(&hours("10").on(2026, 2, 28))
            .starts_with("Kirjattu")
    );
    let summed = general(&[
        ("6", "32.00"),
        ("4", "99.00"),
        ("1", "32.00"),
        ("1", "32.00"),
    ]);
    let mut capped = ordinary("10", Period::Month, "32.00", Some("42.00"));
    assert_eq!(
        capped.post(&summed),
        "PRICE_ABOVE_CAP line[2]/unitPrice; QUOTA_EXCEEDED line[3]/quantity",
        "once, on the first line past it, and a wrong price takes its quantity too"
    );
    assert_eq!(
        world.used(),
        "Period(Month(2026, 2)) 10.000, Period(Month(2026, 3)) 10.000"
    );
}

#[test]
fn a_balance_in_euros_pays_the_whole_price() {
    let mut world = saldo(Unit::Eur, "1200.00", None, None);
    let euros = |price| general(&[("1", price)]);
    assert_eq!(
        world.post(&euros("450.00")),
        "Kirjattu v1 450.00=450.00+0.00"
    );
    assert_eq!(
        world.post(&euros("380.50")),
        "Kirjattu v1 380.50=380.50+0.00"
    );
    assert_eq!(world.used(), "Balance 830.500", "369.50 remain");
    assert_eq!(world.post(&euros("369.51")), "BALANCE_EXCEEDED line[1]");
    assert_eq!(
        world.post(&euros("369.50")),
        "Kirjattu v1 369.50=369.50+0.00"
    );
    assert_eq!(
        world.grant.state_on(today()),
        crate::domain::purchasing_power::State::Kaytetty
    );
    assert_eq!(world.post(&euros("0.01")), "BALANCE_EXCEEDED line[1]");
}

#[test]
fn a_balance_in_units_follows_the_money_rule() {
    let hours = || saldo(Unit::H, "10", Some("10.33"), Some("3"));
    let remaining = |verdict: Verdict| match verdict {
        Verdict::Record { remaining, .. } => remaining,
        _ => panic!("refused"),
    };
    assert_eq!(
        remaining(hours().judge(&general(&[("1.5", "12.66")]))),
        Remaining::Quantity {
            period: PeriodKey::All,
            left: quantity("8.5"),
            unit: Unit::H
        }
    );
    check(vec![
        (
            "shares",
            hours(),
            general(&[("1.5", "12.66")]),
            "Kirjattu v1 18.99=15.50+3.49",
        ),
        (
            "the most of an event",
            hours(),
            general(&[("2", "1"), ("1", "1"), ("0.001", "1")]),
            "BALANCE_EXCEEDED line[3]/quantity",
        ),
        (
            "more than there is",
            saldo(Unit::H, "2", Some("10.33"), Some("3")),
            general(&[("2.5", "10")]),
            "BALANCE_EXCEEDED line[1]/quantity",
        ),
        (
            "in euros the most is euros",
            saldo(Unit::Eur, "100", None, Some("50.00")),
            general(&[("1", "30.00"), ("2", "10.01")]),
            "BALANCE_EXCEEDED line[2]",
        ),
    ]);
}

#[test]
fn sums_beyond_the_largest_amount_are_refused_where_they_pass_it() {
    let world = || ordinary("99999", Period::Whole, "0.01", None);
    check(vec![
        (
            "one line",
            world(),
            general(&[("2", "9999999.99")]),
            "FIELD_NOT_ALLOWED line[1]/unitPrice",
        ),
        (
            "the sum",
            world(),
            general(&[("1", "9999999.99"), ("1", "0.01"), ("1", "0.01")]),
            "FIELD_NOT_ALLOWED line[2]/unitPrice",
        ),
        (
            "the largest",
            world(),
            general(&[("1", "9999999.99")]),
            "Kirjattu v1 9999999.99=0.01+9999999.98",
        ),
    ]);
}
