//! What the tests of grants and their changes share: messages of the three services, put together from
//! their parts. It tests nothing itself.

use crate::scenery::person;
use crate::support::message::Message;

pub const ORDINARY: &str = "postPurchasingPower";
pub const SALDO: &str = "postSaldoPurchasingPower";
pub const DENTAL: &str = "postDentalPurchasingPower";

/// The element `name` with this text.
pub fn element(name: &str, text: &str) -> String {
    format!("<psop:{name}>{text}</psop:{name}>")
}

/// Elements with these texts, in order.
pub fn elements(all: &[(&str, &str)]) -> String {
    all.iter().map(|(name, text)| element(name, text)).collect()
}

pub fn number(number: &str) -> String {
    element("purchasingPowerNumber", number)
}

pub fn version(version: u32) -> String {
    element("expectedVersion", &version.to_string())
}

pub fn from(day: &str) -> String {
    element("effectiveFrom", day)
}

pub fn reason() -> String {
    element("reason", &elements(&[("code", "MUU"), ("text", "muutto")]))
}

pub fn customer() -> String {
    let person = person();
    let names = [
        ("personId", person.as_str()),
        ("givenNames", "Aino"),
        ("familyName", "Koski"),
    ];
    element("customer", &elements(&names))
}

/// Terms of a grant of a service, 2026-03-01…08-31.
pub fn terms(service: &str) -> String {
    terms_until(service, "2026-08-31", "")
}

/// Terms with another last day, and more elements behind it.
pub fn terms_until(service: &str, last_day: &str, more: &str) -> String {
    let head = elements(&[
        ("instrument", "VOUCHER"),
        ("serviceCode", service),
        ("decisionRef", "P-1"),
        ("decisionDate", "2026-02-20"),
        ("valueBasis", "FLAT"),
        ("validFrom", "2026-03-01"),
        ("validTo", last_day),
    ]);
    element("terms", &(head + more))
}

/// Hours of home help a month, at a value each, at most 42.00 each.
pub fn hours(quantity: &str, value: &str) -> String {
    quota("H", quantity, "MONTH", value, "42.00")
}

pub fn quota(unit: &str, quantity: &str, period: &str, value: &str, cap: &str) -> String {
    let all = [
        ("unit", unit),
        ("quantityPerPeriod", quantity),
        ("period", period),
        ("unitValue", value),
        ("maxUnitPrice", cap),
    ];
    let given: Vec<_> = all
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect();
    element("ordinary", &elements(&given))
}

/// A balance; an empty text leaves its element out.
pub fn balance(total: &str, unit: &str, value: &str, per_event: &str) -> String {
    let all = [
        ("balanceTotal", total),
        ("balanceUnit", unit),
        ("unitValue", value),
        ("perEventMax", per_event),
    ];
    let given: Vec<_> = all
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect();
    element("saldo", &elements(&given))
}

/// A line: number, code, count; then tooth, surfaces, value and cap where not empty.
pub fn line(no: u32, code: &str, count: u32, optional: [&str; 4]) -> String {
    let [tooth, surfaces, value, cap] = optional;
    let (no, count) = (no.to_string(), count.to_string());
    let all = [
        ("lineNo", no.as_str()),
        ("procedureCode", code),
        ("tooth", tooth),
        ("surfaces", surfaces),
        ("maxCount", &count),
        ("unitValue", value),
        ("maxPrice", cap),
    ];
    let given: Vec<_> = all
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect();
    element("line", &elements(&given))
}

/// A dental block: mode, ceiling where not empty, and what follows.
pub fn dental(mode: &str, ceiling: &str, rest: &str) -> String {
    let ceiling = match ceiling {
        "" => String::new(),
        amount => element("ceiling", amount),
    };
    element("dental", &(element("mode", mode) + &ceiling + rest))
}

/// A message of Turku to `service`: what stands before the organiser, and what stands behind.
pub fn message(service: &str, action: &str, before: &str, behind: &str) -> Message {
    let create = Message::create().0;
    let start = create.find("<psop:action>").unwrap();
    let end = create.find("</psop:postPurchasingPower>").unwrap();
    let action = element("action", action);
    let organiser = element("organiser", &element("municipalityCode", "853"));
    let body = format!("{action}{before}{organiser}{behind}");
    let whole = format!("{}{body}{}", &create[..start], &create[end..]);
    Message(whole.replace(ORDINARY, service))
}

/// A CREATE for a person of its own.
pub fn create(service: &str, terms: &str, block: &str) -> Message {
    message(
        service,
        "CREATE",
        "",
        &format!("{}{terms}{block}", customer()),
    )
}

/// An AMEND of a version, from a day on.
pub fn amend(service: &str, of: (&str, u32), day: &str, parts: &str) -> Message {
    let before = number(of.0) + &version(of.1);
    message(service, "AMEND", &before, &(from(day) + parts))
}

/// A CANCEL from a day on.
pub fn cancel(service: &str, of: &str, day: &str) -> Message {
    message(service, "CANCEL", &number(of), &(from(day) + &reason()))
}

pub fn suspend(service: &str, of: &str) -> Message {
    message(service, "SUSPEND", &number(of), &reason())
}

pub fn resume(service: &str, of: &str) -> Message {
    message(service, "RESUME", &number(of), "")
}

pub fn top_up(of: &str, amount: &str) -> Message {
    message(SALDO, "TOPUP", &number(of), &element("topUpAmount", amount))
}
