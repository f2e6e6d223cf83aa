//! Events that the operator brings in: no client is asked, everything else goes as over X-Road, and a
//! repeat under the same source reference does nothing twice.

use psop_adapter::contract::lexical::{Day, Lexical, PositiveInteger};
use psop_adapter::contract::types::{
    BusinessId, EventId, Money, PersonId, PostMeta, PurchasingPowerNumber, Purpose, Quantity,
    Text60, Text80,
};
use psop_adapter::domain::admin_token::Organisers;
use psop_adapter::domain::authorisation::ActingFor;
use psop_adapter::domain::business_id;
use psop_adapter::domain::event::Action;
use psop_adapter::services::answer_as;
use psop_adapter::services::post_service_event::{
    PostServiceEventOperation, PostServiceEventRequest, ServiceEventLine,
};
use psop_adapter::services::{Answer, operator_header};

use crate::support::message::unique;
use crate::support::planted::Planted;
use crate::support::server::Site;

const PERSON: &str = "110987-904Y";
const PROVIDER: &str = "9000007-0";

fn wire<T: Lexical>(text: &str) -> T {
    T::from_text(text).unwrap()
}

fn event(number: &str, lines: &[(&str, &str)]) -> PostServiceEventRequest {
    PostServiceEventRequest {
        meta: PostMeta {
            source_system: wire::<Text60>("TUONTI"),
            source_reference: wire::<Text80>(&unique("row")),
            purpose: Purpose::PalvelunTuottaminen,
            acting_person_id: None,
        },
        action: Action::Create,
        event_id: None,
        expected_version: None,
        purchasing_power_number: wire::<PurchasingPowerNumber>(number),
        person_id: wire::<PersonId>(PERSON),
        provider_business_id: wire::<BusinessId>(PROVIDER),
        provider_unit_code: None,
        service_date: wire::<Day>("2026-03-12"),
        lines: (1..)
            .zip(lines)
            .map(|(line_no, (quantity, price))| ServiceEventLine {
                line_no: PositiveInteger(line_no),
                quantity: wire::<Quantity>(quantity),
                unit_price: wire::<Money>(price),
            })
            .collect(),
        no_show: None,
        totals: None,
        comment: None,
    }
}

fn send(planted: &Planted, request: &PostServiceEventRequest) -> Answer {
    let services = planted.services();
    let header = operator_header::<PostServiceEventOperation>(unique("import"), None);
    let provider = business_id::BusinessId::parse(&request.provider_business_id).unwrap();
    let acting_for = ActingFor::Provider(provider);
    let answering = answer_as::<PostServiceEventOperation>(
        &services,
        &header,
        &acting_for,
        &Organisers::All,
        request,
    );
    planted.wait(answering).unwrap()
}

/// `CODE field lineNo` of every error.
fn errors(answer: &Answer) -> Vec<String> {
    let text = |error: &psop_adapter::domain::rejection::Rejection| {
        format!(
            "{} {} {:?}",
            error.code.as_str(),
            error.field,
            error.line_no
        )
    };
    answer.errors.iter().map(text).collect()
}

#[test]
fn an_event_is_recorded_replaced_and_deleted_and_repeats_do_nothing() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let number = planted
        .grant("853", "saldo-hoiva", PERSON)
        .number
        .to_string();

    let request = event(&number, &[("1", "450.00"), ("2", "190.25")]);
    let first = send(&planted, &request);
    assert_eq!((first.result.as_str(), first.replayed), ("OK", false));
    let id = first.about.unwrap().event.unwrap().to_string();
    assert!(
        first
            .body
            .contains("<psop:voucherShare>830.50</psop:voucherShare>")
    );
    let again = send(&planted, &request);
    assert_eq!((again.result.as_str(), again.replayed), ("OK", true));
    assert_eq!(again.about, first.about);

    let change = |action| PostServiceEventRequest {
        action,
        event_id: Some(wire::<EventId>(&id)),
        expected_version: Some(PositiveInteger(1)),
        ..event(&number, &[("1", "100.00")])
    };
    let updated = send(&planted, &change(Action::Update));
    assert_eq!(updated.result, "OK", "{}", updated.body);
    assert!(updated.body.contains("<psop:version>2</psop:version>"));
    let stale = send(&planted, &change(Action::Delete));
    assert_eq!(
        errors(&stale),
        ["EVENT_VERSION_CONFLICT expectedVersion None"]
    );
    let deletion = PostServiceEventRequest {
        expected_version: Some(PositiveInteger(2)),
        ..change(Action::Delete)
    };
    let deleted = send(&planted, &deletion);
    assert!(deleted.body.contains("<psop:state>POISTETTU</psop:state>"));
    planted.close();
}

#[test]
fn refusals_name_code_field_and_line_and_misses_are_not_counted() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let number = planted
        .grant("853", "saldo-hoiva", PERSON)
        .number
        .to_string();
    let wrong = PostServiceEventRequest {
        service_date: wire::<Day>("2026-03-17"),
        comment: Some(wire("Asiakas 070785-9015")),
        ..event(&number, &[])
    };
    assert_eq!(
        errors(&send(&planted, &wrong)),
        [
            "FIELD_REQUIRED line None",
            "TEXT_HAS_PERSON_ID comment None",
            "SERVICE_DATE_FUTURE serviceDate None",
        ]
    );
    let too_much = event(&number, &[("1", "9000.00"), ("1", "1000.01")]);
    assert_eq!(
        errors(&send(&planted, &too_much)),
        ["BALANCE_EXCEEDED line[2] Some(2)"]
    );
    for _ in 0..12 {
        let unknown = event("OV-1234-5678-9ABC-B", &[("1", "1.00")]);
        assert_eq!(
            errors(&send(&planted, &unknown)),
            ["PP_NOT_FOUND purchasingPowerNumber None"]
        );
    }
    planted.close();
}
