//! The cases, in the order of the contract's lists: faults, rejections, warnings.

use psop_adapter::soap::fault::Fault;
use psop_adapter::soap::reply;

use crate::changes::{
    DENTAL, ORDINARY, SALDO, amend, balance, cancel, create, dental, hours, resume, suspend, terms,
};
use crate::scenery::{TURKU, grant, person};
use crate::scenery_events::{dental_grant, element, recorded};
use crate::support::answer::Answer;
use crate::support::dental::feed;
use crate::support::message::{Message, unique};

use super::places::{
    CHILD, Place, STRANGER, UNSURE, a_day_late, business_ids, in_production, past_a_limit_of_one,
    with_a_broken_record,
};
use super::{Case, Told};

const UNKNOWN: &str = "OV-1234-5678-9ABC-B";
const NO_EVENT: &str = "00000000-0000-7000-8000-000000000000";
const INTEGRATOR: &str = "FI-TEST/COM/9000005-4/dental-integrator";
const SINCE_EVER: &str = "<psop:changesSince></psop:changesSince>";

// One case a line or two, to be read as a table.
#[rustfmt::skip]
pub const CASES: &[Case] = &[
    Case("AUTH_CLIENT_UNKNOWN", "", |at| at.says(&at.lookup().client("FI-TEST/COM/9000009-7/app"))),
    Case("AUTH_SERVICE_NOT_GRANTED", "", |at| at.says(&at.lookup().client(TURKU))),
    Case("AUTH_ORGANISER_MISMATCH", "", |at| at.says(&grant().set("psop:municipalityCode", "837"))),
    Case("AUTH_PROVIDER_MISMATCH", "", |at| at.says(&at.lookup().provider("9000003-8"))),
    Case("AUTH_REPRESENTATION_NOT_ALLOWED", "", |at| at.says(&at.lookup().represented("9000004-6"))),
    Case("AUTH_USERID_MISSING", "", |at| at.says(&at.lookup().without("xrd:userId"))),
    Case("AUTH_USERID_IS_HETU", "", |at| at.says(&at.lookup().set("xrd:userId", "070785-9015"))),
    Case("RATE_LIMITED", "", |at| {
        let guess = || Message::lookup(UNKNOWN).client(INTEGRATOR).provider("9000005-4");
        for _ in 0..10 {
            assert_eq!(at.says(&guess()).0, ["PP_NOT_FOUND purchasingPowerNumber"]);
        }
        at.says(&guess())
    }),
    Case("XML_MALFORMED", "Envelope", |at| at.says(&at.lookup().replace("</soap:Envelope>", "</soap:Envelop>"))),
    Case("XSD_INVALID", "meta/purpose", |at| at.says(&at.lookup().set("psop:purpose", "HUVI"))),
    Case("HEADER_INVALID", "protocolVersion", |at| at.says(&at.lookup().set("xrd:protocolVersion", "3.0"))),
    Case("SERVICE_UNKNOWN", "service/serviceCode", |at| at.says(&at.lookup().replace("getOstovoima", "getMuuta"))),
    Case("VERSION_UNKNOWN", "service/serviceVersion", |at| at.says(&at.lookup().set("id:serviceVersion", "v2"))),
    Case("MESSAGE_TOO_LARGE", "", |at| {
        let comment = format!("<!--{}-->", "x".repeat(1_048_576));
        at.says(&at.lookup().after("soap:Header", &comment))
    }),
    Case("CONTENT_TYPE_UNSUPPORTED", "", |at| {
        at.server.post_bytes(at.lookup().0.as_bytes(), "application/json").into()
    }),
    // No message brings it, only a defect: that a panic does is shown beside the HTTP edge.
    Case("INTERNAL", "", |_| written(&Fault::internal())),
    Case("STORE_UNAVAILABLE", "", |_| with_a_broken_record()),
    Case("BUSY_RETRY", "", |_| past_a_limit_of_one()),

    Case("HETU_INVALID", "customer/personId", |at| at.says(&grant().set("psop:personId", "150318A902V"))),
    Case("HETU_ARTIFICIAL_NOT_ALLOWED", "customer/personId", |_| in_production()),
    Case("BUSINESS_ID_INVALID", "terms/chosenProviderBusinessId", |at| {
        at.says(&grant().terms("chosenProviderBusinessId", "9000003-1"))
    }),
    Case("OID_INVALID", "terms/osvaDocOid", |at| at.says(&grant().terms("osvaDocOid", "1.2.246.10.1"))),
    Case("MUNICIPALITY_UNKNOWN", "organiser/municipalityCode", |at| {
        at.says(&grant().set("psop:municipalityCode", "999"))
    }),
    Case("COUNTY_UNKNOWN", "organiser/wellbeingCountyCode", |at| {
        let county = format!("<psop:organiser>{}", element("wellbeingCountyCode", "99"));
        at.says(&grant().without("psop:municipalityCode").replace("<psop:organiser>", &county))
    }),
    Case("TERHIKKI_INVALID", "professional/terhikkiNumber", |at| {
        at.says(&at.event(&["SAA02 @45.00"]).set("psop:terhikkiNumber", "00000000"))
    }),
    Case("FIELD_REQUIRED", "procedure", |at| at.says(&at.event(&[]))),
    Case("FIELD_NOT_ALLOWED", "procedure", |at| at.says(&at.event(&["SAA02 @45.00"]).no_show())),
    Case("TEXT_HAS_PERSON_ID", "terms/note", |at| at.says(&grant().terms("note", "asiakas 131052-308T"))),
    Case("PP_NOT_FOUND", "purchasingPowerNumber", |at| at.says(&Message::lookup(UNKNOWN))),
    Case("PP_NOT_YET_VALID", "serviceDate", |at| at.says(&at.event(&["SAA02 @45.00"]).day("2026-02-28"))),
    Case("PP_EXPIRED_ON_SERVICE_DATE", "serviceDate", |at| {
        let ended = dental_grant(&["SAA02 x1 v45.00"]).valid("2026-01-01", "2026-02-28");
        at.says(&at.event_on(&ended, &["SAA02 @45.00"]).day("2026-03-01"))
    }),
    Case("PP_CANCELLED", "purchasingPowerNumber", |at| {
        let of = at.server.post(&grant().0).number();
        at.says_after(&[cancel(ORDINARY, &of, "2026-04-01")], &suspend(ORDINARY, &of))
    }),
    Case("PP_SUSPENDED", "purchasingPowerNumber", |at| {
        let of = at.server.post(&grant().0).number();
        at.says_after(&[suspend(ORDINARY, &of)], &suspend(ORDINARY, &of))
    }),
    Case("PP_KIND_MISMATCH", "purchasingPowerNumber", |at| at.says(&suspend(SALDO, &at.home_help))),
    Case("PP_OVERLAP", "terms/validFrom", |at| {
        let of = person();
        let twice = || grant().set("psop:personId", &of);
        at.says_after(&[twice()], &twice())
    }),
    Case("PP_VERSION_CONFLICT", "expectedVersion", |at| {
        at.says(&amend(ORDINARY, (&at.home_help, 9), "2026-04-01", &hours("10", "30.00")))
    }),
    Case("PP_VALIDITY_INVALID", "terms/validTo", |at| at.says(&grant().valid("2026-08-31", "2026-03-01"))),
    Case("PP_AMEND_NOT_ALLOWED", "purchasingPowerNumber", |at| at.says(&resume(ORDINARY, &at.home_help))),
    Case("PP_AMEND_TOUCHES_SETTLED", "effectiveFrom", |at| at.says(&cancel(ORDINARY, &at.settled, "2026-03-01"))),
    Case("BALANCE_BELOW_USED", "dental/ceiling", |at| {
        let less = dental("PRICE_LIST_CEILING", "59.99", "");
        at.says(&amend(DENTAL, (&at.ceiling.number, 1), "2026-03-16", &less))
    }),
    Case("OSVA_REQUIRED", "purchasingPowerNumber", |at| {
        let without = dental_grant(&["SAA02 x1 v45.00"]).set("psop:serviceCode", "suun-osva");
        at.says(&at.event_on(&without, &["SAA02 @45.00"]))
    }),
    Case("SERVICE_TYPE_UNKNOWN", "terms/serviceCode", |at| at.says(&grant().set("psop:serviceCode", "tuntematon"))),
    Case("INSTRUMENT_NOT_ALLOWED", "terms/instrument", |at| {
        at.says(&grant().set("psop:instrument", "PURCHASE").terms("contractRef", "SOP-1"))
    }),
    Case("UNIT_NOT_ALLOWED", "ordinary/unit", |at| at.says(&grant().set("psop:unit", "D"))),
    Case("CONTRACT_REF_REQUIRED", "terms/contractRef", |at| {
        let purchase = terms("saldo-hoiva").replace("VOUCHER", "PURCHASE");
        at.says(&create(SALDO, &purchase, &balance("10.00", "EUR", "", "")))
    }),
    Case("PRICE_ITEM_UNKNOWN", "dental/line[1]/unitValue", |at| at.says(&dental_grant(&["SFA30 t16 x1"]))),
    Case("PROVIDER_NOT_APPROVED", "providerBusinessId", |at| {
        at.says(&at.lookup().client("FI-TEST/COM/9000006-2/app").provider("9000006-2"))
    }),
    Case("PROVIDER_APPROVAL_NOT_VALID_ON_DATE", "terms/chosenProviderBusinessId", |at| {
        at.says(&grant().terms("chosenProviderBusinessId", "9000008-9"))
    }),
    Case("PROVIDER_UNIT_UNKNOWN", "providerUnitCode", |at| {
        at.says(&at.event(&["SAA02 @45.00"]).after("psop:providerBusinessId", &element("providerUnitCode", "X")))
    }),
    Case("SERVICE_DATE_FUTURE", "serviceDate", |at| at.says(&at.event(&["SAA02 @45.00"]).day("2026-03-17"))),
    Case("SERVICE_DATE_TOO_OLD", "serviceDate", |at| at.says(&at.event(&["SAA02 @45.00"]).day("2026-01-14"))),
    Case("QUOTA_EXCEEDED", "quantity", |at| at.imported(&at.home_help, CHILD, ("10.001", "32.00"))),
    Case("BALANCE_EXCEEDED", "line[1]", |at| {
        let of = person();
        let ten = create(SALDO, &terms("saldo-hoiva"), &balance("10.00", "EUR", "", ""));
        let number = at.server.post(&ten.set("psop:personId", &of).0).number();
        at.imported(&number, &of, ("1", "10.01"))
    }),
    Case("CEILING_EXCEEDED", "procedure[1]", |at| at.says(&at.ceiling.event(&["WX002 x5 @10.00"]))),
    Case("LINE_COUNT_EXCEEDED", "procedure[1]/count", |at| at.says(&at.event(&["EBA00 t48 x2 @95.00"]))),
    Case("PROCEDURE_UNKNOWN", "procedure[1]/procedureCode", |at| at.says(&at.event(&["ZZZ99 @1.00"]))),
    Case("PROCEDURE_NOT_AUTHORISED", "procedure[1]/procedureCode", |at| at.says(&at.event(&["EBA00 t38 @95.00"]))),
    Case("TOOTH_REQUIRED", "procedure[1]/tooth", |at| at.says(&at.event(&["SFA20 sMO @85.00"]))),
    Case("TOOTH_NOT_ALLOWED", "procedure[1]/tooth", |at| at.says(&at.event(&["SAA02 t16 @45.00"]))),
    Case("TOOTH_INVALID", "procedure[1]/tooth", |at| at.says(&at.event(&["SFA20 t19 sMO @85.00"]))),
    Case("SURFACE_INVALID", "procedure[1]/surfaces", |at| at.says(&at.event(&["SFA20 t36 sMP @85.00"]))),
    Case("SURFACE_NOT_ON_TOOTH", "procedure[1]/surfaces", |at| at.says(&at.event(&["SFA20 t11 sMO @85.00"]))),
    Case("SURFACE_COUNT_MISMATCH", "procedure[1]/surfaces", |at| at.says(&at.event(&["SFA20 t16 sM @85.00"]))),
    Case("DUPLICATE_PROCEDURE", "procedure[2]/procedureCode", |at| {
        at.says(&at.event(&["SFA20 t16 sMO @85.00", "SFA20 t16 sDO @85.00"]))
    }),
    Case("PRICE_ABOVE_CAP", "procedure[1]/unitPrice", |at| at.says(&at.event(&["EBA00 t48 @150.01"]))),
    Case("PRICE_ABOVE_APPROVED", "procedure[1]/unitPrice", |at| {
        let agreed = dental_grant(&["SAA02 x1 v45.00"])
            .set("psop:serviceCode", "suun-osva")
            .terms("osvaDocOid", "1.2.246.10.2048198.14.1");
        at.says(&at.event_on(&agreed, &["SAA02 @90.01"]))
    }),
    Case("CUSTOMER_SHARE_NOT_ALLOWED", "procedure[1]/unitPrice", |at| {
        let free = dental_grant(&["SAA02 x1 v45.00"]).set("psop:serviceCode", "hammas-lapset");
        at.says(&at.event_on(&free, &["SAA02 @62.00"]))
    }),
    Case("TOTALS_MISMATCH", "totals/customerShare", |at| {
        at.says(&at.event(&["SAA02 @62.00"]).totals("62.00", "45.00", "17.01"))
    }),
    Case("EVENT_NOT_FOUND", "eventId", |at| at.says(&at.event(&["SAA02 @45.00"]).change("DELETE", NO_EVENT, 1))),
    Case("EVENT_LOCKED", "eventId", |at| {
        let id = recorded(&at.server, &at.event(&["SAA02 @45.00"]));
        let delete = |version| at.event(&["SAA02 @45.00"]).change("DELETE", &id, version);
        at.says_after(&[delete(1)], &delete(2))
    }),
    Case("EVENT_VERSION_CONFLICT", "expectedVersion", |at| {
        let id = recorded(&at.server, &at.event(&["SAA02 @45.00"]));
        at.says(&at.event(&["SAA02 @45.00"]).change("DELETE", &id, 2))
    }),
    Case("DUPLICATE_MESSAGE_ID_CONFLICT", "", |at| {
        let first = grant();
        at.says_after(std::slice::from_ref(&first), &first.clone().set("psop:unitValue", "31.00"))
    }),
    Case("SOURCE_REFERENCE_CONFLICT", "meta/sourceReference", |at| {
        let first = grant();
        let second = first.clone().set("psop:unitValue", "31.00").set("xrd:id", &unique("id"));
        at.says_after(&[first], &second)
    }),
    Case("WINDOW_TOO_LARGE", "serviceDateWindow", |at| {
        let days = element("from", "2026-01-01") + &element("to", "2026-04-03");
        at.says(&feed(&element("serviceDateWindow", &days)))
    }),
    Case("CONTINUATION_INVALID", "continuation", |at| {
        at.says(&feed(&format!("{SINCE_EVER}{}", element("continuation", "x"))))
    }),
    Case("CONTINUATION_EXPIRED", "continuation", |_| a_day_late()),
    Case("MANDATE_DENIED", "meta/actingPersonId", |at| at.says(&at.lookup().acting(STRANGER))),
    Case("MANDATE_CHECK_UNAVAILABLE", "meta/actingPersonId", |at| at.says(&at.lookup().acting(UNSURE))),

    Case("PROVIDER_APPROVAL_ENDS_EARLY", "terms/chosenProviderBusinessId", |at| {
        at.says(&grant().terms("chosenProviderBusinessId", "9000003-8"))
    }),
    Case("TOOTH_ALREADY_EXTRACTED", "procedure[1]/tooth", |at| {
        let extraction = at.event(&["EBA00 t48 @95.00"]);
        at.says_after(&[extraction], &at.event(&["SFA20 t48 sMO @85.00"]))
    }),
];

/// A fault as it goes on the wire.
fn written(fault: &Fault) -> Told {
    let body = reply::fault(None, fault);
    let answer = format!(
        "HTTP/1.1 500 -\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    Answer::parse(answer.as_bytes()).unwrap().into()
}

#[test]
fn a_grant_larger_than_a_record_is_told_so_and_leaves_its_row_alone() {
    let place = Place::new();
    let many = |count| -> String {
        let ids = business_ids().take(count);
        ids.map(|id| element("allowedProviderBusinessId", &id))
            .collect()
    };
    let message = grant().before("/psop:terms", &many(12_000));
    assert_eq!(place.says(&message).0, ["MESSAGE_TOO_LARGE"]);
    let smaller = grant().before("/psop:terms", &many(1_000));
    assert_eq!(place.says(&smaller).0, [""; 0]);
}
