//! What happens in the scenarios, in order, and what must come of it: codes with their fields, and amounts, as
//! the contract's worked scenarios have them. It stands beside the kept answers, so that writing those anew
//! cannot hide a wrong cent.

/// One thing that is done.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// A message of `fixtures/requests`; its verdict; elements of the answer with the texts of all of them.
    Send(
        &'static str,
        &'static str,
        &'static [(&'static str, &'static str)],
    ),
    /// A file of `fixtures/events`; each row's reference with code and field, or OK, price, voucher, customer.
    Import(&'static str, &'static [&'static str]),
    /// An operator's command; its exit code; parts of what it says.
    Operate(&'static [&'static str], i32, &'static [&'static str]),
    /// Requests that an organiser's access log has, with their results.
    Logged(&'static str, &'static [(&'static str, &'static str)]),
    /// From now on the mandate service says nothing.
    Silence,
    /// A day comes.
    Clock(&'static str),
}

use Step::{Clock, Import, Logged, Operate, Send, Silence};

const EVENT_3_C: &str = "00000000-0000-7000-8000-000000000303";
const EVENT_5: &str = "00000000-0000-7000-8000-000000000501";
const EVENT_8: &str = "00000000-0000-7000-8000-000000000801";
const HOME_CARE: &str = "00000000-0000-7000-8000-000000001401";
const MARCH: &str = "00000000-0000-7000-8000-000000001601";

const CREDIT_5: [&str; 7] = [
    "events",
    "credit",
    EVENT_5,
    "--reason-code",
    "VIRHE",
    "--reason-text",
    "Käynti kirjattiin väärälle asiakkaalle",
];
const SETTLE_TURKU: [&str; 6] = [
    "settlement",
    "run",
    "--organiser",
    "853",
    "--month",
    "2026-03",
];
const SETTLE_ESPOO: [&str; 6] = [
    "settlement",
    "run",
    "--organiser",
    "049",
    "--month",
    "2026-03",
];

const ACTING: &str = "meta/actingPersonId";

/// The scenarios.
// One step a line, to be read as a table.
#[rustfmt::skip]
pub const SCRIPT: &[Step] = &[
    Send("01-create-ordinary", "OK", &[("state", "VOIMASSA"), ("version", "1"), ("totalAuthorised", "1920.00")]),
    Send("02-get-ostovoima", "OK", &[
        ("remaining", "10.000"), ("unitValue", "32.00"), ("maxUnitPrice", "42.00"), ("address", ""),
    ]),
    Send("02-get-ostovoima-with-person", "OK", &[("remaining", "10.000")]),
    Send("03-create-saldo", "OK", &[("totalAuthorised", "1200.00")]),
    Send("03-get-saldo", "OK", &[("remaining", "1200.00")]),
    Import("03-two-events", &["SH-2026-03-1 OK 450.00 450.00 0.00", "SH-2026-03-2 OK 380.50 380.50 0.00"]),
    Send("03-get-saldo-after-two-events", "OK", &[
        ("state", "VOIMASSA"), ("used", "830.50"), ("remaining", "369.50"),
    ]),
    Import("03-too-much-then-the-rest", &[
        "SH-2026-03-3 BALANCE_EXCEEDED line[1]", "SH-2026-03-4 OK 369.50 369.50 0.00",
    ]),
    Send("03-get-saldo-used-up", "OK", &[("state", "KAYTETTY"), ("used", "1200.00"), ("remaining", "0.00")]),
    Send("03-event-too-much", "BALANCE_EXCEEDED line[1]", &[]),
    Send("04-create-dental", "OK", &[("totalAuthorised", "225.00")]),
    Send("04-get-dental", "OK", &[
        ("procedureCode", "SAA02 SFA20 EBA00"), ("unitValue", "45.00 85.00 95.00"), ("maxPrice", "150.00"),
        ("usedCount", "0 0 0"),
    ]),
    Send("05-event", "OK", &[
        ("state", "KIRJATTU"), ("totalPrice", "172.00"), ("linePrice", "62.00 110.00"),
        ("voucherShare", "45.00 85.00 130.00"), ("customerShare", "17.00 25.00 42.00"),
    ]),
    Send("06-event-errors-together", "SURFACE_COUNT_MISMATCH procedure[1]/surfaces; TOOTH_INVALID procedure[2]/tooth; \
         SURFACE_NOT_ON_TOOTH procedure[3]/surfaces; SURFACE_INVALID procedure[4]/surfaces", &[]),
    // Nothing was stored: only event 5 has used anything.
    Send("06-get-dental", "OK", &[("usedCount", "1 1 0")]),
    Send("07-event-not-authorised", "PROCEDURE_NOT_AUTHORISED procedure[1]/procedureCode", &[]),
    Send("07-event-count-exceeded", "LINE_COUNT_EXCEEDED procedure[1]/count", &[]),
    Send("08-event-above-cap", "PRICE_ABOVE_CAP procedure[1]/unitPrice", &[]),
    Send("08-event-at-cap", "OK", &[
        ("totalPrice", "150.00"), ("voucherShare", "95.00 95.00"), ("customerShare", "55.00 55.00"),
    ]),
    Send("09-create-dental-ended", "OK", &[("validTo", "2026-02-28"), ("state", "PAATTYNYT")]),
    Send("09-event-expired", "PP_EXPIRED_ON_SERVICE_DATE serviceDate", &[]),
    Send("09-event-in-time", "OK", &[("state", "KIRJATTU")]),
    Send("09-event-too-old", "SERVICE_DATE_TOO_OLD serviceDate", &[]),
    Send("09-event-future", "SERVICE_DATE_FUTURE serviceDate", &[]),
    Send("09-create-ordinary-ended", "OK", &[("validTo", "2026-02-28"), ("state", "PAATTYNYT")]),
    Import("09-days", &[
        "KH-2026-09-1 PP_EXPIRED_ON_SERVICE_DATE serviceDate", "KH-2026-09-2 OK 38.50 32.00 6.50",
        "KH-2026-09-3 SERVICE_DATE_TOO_OLD serviceDate", "KH-2026-09-4 SERVICE_DATE_FUTURE serviceDate",
    ]),
    Send("10-wrong-municipality", "FAULT AUTH_ORGANISER_MISMATCH", &[]),
    Send("10-feed-of-another", "FAULT AUTH_ORGANISER_MISMATCH", &[]),
    Send("10-feed-of-its-own", "OK", &[("count", "0")]),
    Logged("853", &[
        ("10-wrong-municipality", "AUTH_ORGANISER_MISMATCH"),
        ("10-feed-of-another", "AUTH_ORGANISER_MISMATCH"),
    ]),
    Logged("837", &[("10-feed-of-its-own", "OK")]),
    Send("11-provider-not-approved", "PROVIDER_NOT_APPROVED providerBusinessId", &[]),
    Send("11-create-dental", "OK", &[]),
    Send("11-event-not-approved", "PROVIDER_NOT_APPROVED providerBusinessId", &[]),
    Send("11-event-approval-in-force", "OK", &[("state", "KIRJATTU")]),
    Send("11-event-approval-ended", "PROVIDER_APPROVAL_NOT_VALID_ON_DATE providerBusinessId", &[]),
    Send("12-event-same-message", "OK", &[("replayed", "true"), ("eventId", EVENT_5)]),
    Send("12-event-same-id-other-price", "DUPLICATE_MESSAGE_ID_CONFLICT", &[]),
    Send("12-event-new-id-same-reference", "OK", &[("replayed", "true"), ("eventId", EVENT_5)]),
    Send("12-new-id-same-reference", "OK", &[
        ("replayed", "true"), ("purchasingPowerNumber", "OV-0000-0000-0000-0"),
    ]),
    Send("12-same-id-other-content", "DUPLICATE_MESSAGE_ID_CONFLICT", &[]),
    Send("13-create-dental-ceiling", "OK", &[("totalAuthorised", "100.00")]),
    Send("13-get-dental-ceiling", "OK", &[("ceilingRemaining", "100.00")]),
    Send("13-use-1-of-60", "OK", &[("ceilingRemaining", "40.00")]),
    Send("13-use-2-of-50", "CEILING_EXCEEDED procedure[1]", &[]),
    Import("14-home-care", &["KH-2026-14-1 OK 327.25 272.00 55.25"]),
    Operate(&["events", "approve", EVENT_5, EVENT_8, HOME_CARE], 0, &["is HYVAKSYTTY now"]),
    Operate(&SETTLE_TURKU, 0, &[
        "settlement 853-2026-03-1 DRAFT: 3 events, price 649.25, voucher share 497.00, customer share 152.25",
        "provider 9000003-8: 2 events (0 of them credits), voucher share 225.00, payable 225.00",
        "provider 9000007-0: 1 events (0 of them credits), voucher share 272.00, payable 272.00",
    ]),
    Operate(&SETTLE_TURKU, 0, &["nothing to settle of organiser 853 up to 2026-03"]),
    Send("14-feed-settled", "OK", &[
        ("state", "TILITETTY TILITETTY TILITETTY"),
        ("settlementNumber", "853-2026-03-1 853-2026-03-1 853-2026-03-1"),
        ("totalPrice", "327.25 172.00 150.00"),
        ("voucherShare", "272.00 272.00 45.00 85.00 130.00 95.00 95.00"),
        ("customerShare", "55.25 55.25 17.00 25.00 42.00 55.00 55.00"), ("count", "3"),
    ]),
    Send("15-delete-event", "EVENT_LOCKED eventId", &[]),
    Operate(&CREDIT_5, 0, &["credited FULL", "price -172.00, voucher share -130.00, customer share -42.00"]),
    Operate(&CREDIT_5, 1, &["EVENT_LOCKED"]),
    Send("15-feed-credit", "OK", &[
        ("kind", "CREDIT"), ("state", "HYVAKSYTTY"), ("serviceDate", "2026-03-12"),
        ("totalPrice", "-172.00"), ("voucherShare", "-45.00 -85.00 -130.00"),
        ("customerShare", "-17.00 -25.00 -42.00"), ("creditsEventId", EVENT_5), ("text", CREDIT_5[6]),
        ("count", "1"),
    ]),
    Send("15-feed-credited", "OK", &[
        ("eventId", "00000000-0000-7000-8000-000000000801 00000000-0000-7000-8000-000000000501"),
        ("state", "TILITETTY TILITETTY"), ("credited", "FULL"),
    ]),
    Send("15-get-dental", "OK", &[("usedCount", "0 0 1"), ("state", "VOIMASSA")]),
    Send("16-create-daycare", "OK", &[("totalAuthorised", "3435.00")]),
    Import("16-march", &[
        "VK-2026-16-1 PRICE_ABOVE_CAP unitPrice", "VK-2026-16-2 OK 920.00 687.00 233.00",
        "VK-2026-16-3 QUOTA_EXCEEDED quantity",
    ]),
    Send("16-get-daycare", "OK", &[
        ("periodKey", "2026-03"), ("used", "1.000"), ("remaining", "0.000"), ("totalRemaining", "4.000"),
    ]),
    Send("17-amend-income", "OK", &[("version", "2"), ("totalAuthorised", "3210.00")]),
    Send("17-get-daycare-in-march", "OK", &[("unitValue", "687.00")]),
    Send("17-get-daycare-in-april", "OK", &[("unitValue", "687.00")]),
    Send("17-get-daycare-in-may", "OK", &[("unitValue", "612.00")]),
    Operate(&["events", "approve", MARCH], 0, &["is HYVAKSYTTY now"]),
    Operate(&SETTLE_ESPOO, 0, &["settlement 049-2026-03-1 DRAFT: 1 events", "voucher share 687.00"]),
    Send("17-amend-settled", "PP_AMEND_TOUCHES_SETTLED effectiveFrom", &[]),
    Send("17-amend-stale", "PP_VERSION_CONFLICT expectedVersion", &[]),
    Send("18-guardian-first", "OK", &[("personId", "150318A902U")]),
    Send("18-guardian-second", "OK", &[("personId", "150318A902U")]),
    Send("18-guardian-stranger", "MANDATE_DENIED meta/actingPersonId", &[("field", ACTING)]),
    Send("18-guardian", "MANDATE_DENIED meta/actingPersonId", &[("field", ACTING)]),
    Silence,
    Send("18-service-silent", "MANDATE_CHECK_UNAVAILABLE meta/actingPersonId", &[]),
    Send("19-create-non-disclosure", "OK", &[]),
    Send("19-get-non-disclosure", "OK", &[
        ("familyName", "Henkilö"), ("municipalityOfResidence", ""), ("nonDisclosure", ""),
    ]),
    // 1250 events, 500 at a time, are in event_feed; here three, two at a time, to be read.
    Send("20-feed-page-1", "OK", &[("totalPrice", "450.00 380.50"), ("count", "2"), ("highWatermark", "")]),
    Operate(&["events", "approve", EVENT_3_C], 0, &["is HYVAKSYTTY now"]),
    Send("20-feed-page-2", "OK", &[("count", "0"), ("nextContinuation", "")]),
    Send("20-feed-after-watermark", "OK", &[("eventId", EVENT_3_C), ("state", "HYVAKSYTTY"), ("count", "1")]),
    Send("20-feed-token-edited", "CONTINUATION_INVALID continuation", &[]),
    Send("20-feed-92-days", "OK", &[("totalPrice", "450.00 380.50 369.50"), ("count", "3")]),
    Send("20-feed-93-days", "WINDOW_TOO_LARGE serviceDateWindow", &[]),
    Send("21-create-free-of-charge", "OK", &[("totalAuthorised", "45.00")]),
    Send("21-event-own-share", "CUSTOMER_SHARE_NOT_ALLOWED procedure[1]/unitPrice", &[]),
    Send("21-event-without-own-share", "OK", &[("totalPrice", "45.00"), ("customerShare", "0.00 0.00")]),
    Send("22-event-by-integrator", "OK", &[("state", "KIRJATTU")]),
    Send("22-event-not-represented", "FAULT AUTH_REPRESENTATION_NOT_ALLOWED", &[]),
    Send("22-event-other-provider", "FAULT AUTH_PROVIDER_MISMATCH", &[]),
    // The represented provider may ask; it has no approval for home help.
    Send("22-integrator", "PROVIDER_NOT_APPROVED providerBusinessId", &[]),
    Send("22-integrator-not-represented", "FAULT AUTH_REPRESENTATION_NOT_ALLOWED", &[]),
    Send("22-integrator-other-provider", "FAULT AUTH_PROVIDER_MISMATCH", &[]),
    Send("23-create-hours", "OK", &[]),
    Import("23-rounding", &["KH-2026-23-1 TOTALS_MISMATCH customerShare", "KH-2026-23-2 OK 18.99 15.50 3.49"]),
    Send("23-event-totals-wrong", "TOTALS_MISMATCH totals/customerShare", &[]),
    Send("23-event-totals-right", "OK", &[("customerShare", "2.66 2.66")]),
    Send("23-event-share-rounded", "TOTALS_MISMATCH totals/customerShare", &[]),
    Send("23-event", "OK", &[
        ("totalPrice", "18.99"), ("voucherShare", "15.50 15.50"), ("customerShare", "3.49 3.49"), ("remaining", "2026-037.000 7.000"),
    ]),
    Send("24-user-is-person", "FAULT AUTH_USERID_IS_HETU", &[]),
    Send("24-user-missing", "FAULT AUTH_USERID_MISSING", &[]),
    Send("24-person-invalid", "HETU_INVALID customer/personId", &[]),
    Clock("2026-04-15T10:00:00+03:00"),
    Import("16-april", &["VK-2026-16-4 OK 920.00 687.00 233.00"]),
    Clock("2026-05-04T10:00:00+03:00"),
    Import("17-may", &["VK-2026-17-1 OK 920.00 612.00 308.00"]),
];
