//! Properties over generated messages. What is written is read back the same: by our writer and reader,
//! and by each of them against yaserde's, for every message of every service. And whatever a header looks
//! like, a running server's answer repeats it.

mod documents;
mod headers;

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestCaseResult, TestRunner};
use psop_adapter::contract::decode::{ContractType, Decoder};
use psop_adapter::contract::shape::Shape;
use psop_adapter::contract::types::{
    Customer, Fault, Message as MessageType, OrganiserCode, PostMeta, PurchasingPowerReceipt,
    QueryMeta, Reason, Result as ResultType, Terms,
};
use psop_adapter::services::event::{EventReceipt, EventReceiptLine, EventTotals};
use psop_adapter::services::get_ostovoima::{
    Content, Dental, DentalLine, GetOstovoimaRequest, GetOstovoimaResponse, Ordinary, Organiser,
    Ostovoima, Osva, PriceItem, Saldo, Service, ShownCustomer,
};
use psop_adapter::services::get_service_events::{
    EventLine, GetServiceEventsRequest, GetServiceEventsResponse, ServiceDateWindow, ServiceEvent,
};
use psop_adapter::services::post_dental_purchasing_power::{
    DentalTerms, DentalTermsLine, PostDentalPurchasingPowerRequest,
    PostDentalPurchasingPowerResponse,
};
use psop_adapter::services::post_dental_service_event::{
    DentalRemaining, DentalRemainingLine, EventProcedure, PostDentalServiceEventRequest,
    PostDentalServiceEventResponse, Professional,
};
use psop_adapter::services::post_purchasing_power::{
    OrdinaryTerms, PostPurchasingPowerRequest, PostPurchasingPowerResponse,
};
use psop_adapter::services::post_saldo_purchasing_power::{
    PostSaldoPurchasingPowerRequest, PostSaldoPurchasingPowerResponse, SaldoTerms,
};
use psop_adapter::services::post_service_event::{
    PostServiceEventRequest, PostServiceEventResponse, RemainingQuantity, ServiceEventLine,
};
use psop_adapter::services::published;
use psop_adapter::xml::encoding::Encoding;
use psop_adapter::xml::reader::{Limits, Reader, Token};
use yaserde::{YaDeserialize, YaSerialize};

use self::documents::{Letters, document};
use crate::support::answer::PSOP;
use crate::support::conformance::echo_in_fault;
use crate::support::message::Message;
use crate::support::server::Site;

const LIMITS: Limits = Limits {
    depth_max: 32,
    elements_max: 20_000,
    attributes_max: 64,
    namespaces_max: 64,
    text_chars_max: 65_536,
};

/// Cases for a message, for a type that messages hold already, and for the running server.
const CASES: u32 = 200;
const CASES_SHARED: u32 = 30;
const CASES_SENT: u32 = 150;

/// A runner of `cases` cases that leaves no files behind.
fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    })
}

/// Reads the document whose element is a `T`.
fn read<T: ContractType>(text: &str) -> Result<T, TestCaseError> {
    let failed = |error: &dyn std::fmt::Display| TestCaseError::fail(format!("{error}: {text}"));
    let mut reader = Reader::new(text, Encoding::Utf8, LIMITS).map_err(|error| failed(&error))?;
    let Token::Start(start) = reader.next_token().map_err(|error| failed(&error))? else {
        return Err(failed(&"no element"));
    };
    let value = Decoder::new(&mut reader).wrapper(&start);
    let value = value.map_err(|error| failed(&error))?;
    reader.drain().map_err(|error| failed(&error))?;
    Ok(value)
}

/// Writes a document of one element.
fn write<T: ContractType>(value: &T) -> String {
    let mut out = format!("<psop:it xmlns:psop=\"{PSOP}\">");
    value.encode(&mut out);
    out + "</psop:it>"
}

fn write_by_yaserde<T: YaSerialize>(value: &T) -> Result<String, TestCaseError> {
    let config = yaserde::ser::Config {
        perform_indent: false,
        write_document_declaration: false,
        indent_string: None,
    };
    yaserde::ser::to_string_with_config(value, &config)
        .map_err(|error| TestCaseError::fail(error.to_string()))
}

/// Our writer and our reader are each other's inverse.
fn ours<T: ContractType + PartialEq + Debug>(text: &str) -> TestCaseResult {
    let value: T = read(text)?;
    let written = write(&value);
    prop_assert_eq!(&read::<T>(&written)?, &value, "{}", written);
    // And writing adds nothing that reading again would change.
    prop_assert_eq!(write(&read::<T>(&written)?), written);
    Ok(())
}

/// yaserde reads what we write, and we read what it writes.
fn with_yaserde<T>(text: &str) -> TestCaseResult
where
    T: ContractType + YaSerialize + YaDeserialize + PartialEq + Debug,
{
    let value: T = read(text)?;
    let written = write(&value);
    let theirs: T = yaserde::de::from_str(&written)
        .map_err(|error| TestCaseError::fail(format!("{error}: {written}")))?;
    prop_assert_eq!(&theirs, &value, "{}", written);
    let written = write_by_yaserde(&value)?;
    prop_assert_eq!(&read::<T>(&written)?, &value, "{}", written);
    Ok(())
}

fn check<T>(cases: u32)
where
    T: ContractType + YaSerialize + YaDeserialize + PartialEq + Debug,
{
    let all = document(T::SHAPE, Letters::All);
    if let Err(error) = runner(cases).run(&all, |text| ours::<T>(&text)) {
        panic!("{}: {error}", T::SHAPE.name);
    }
    let plain = document(T::SHAPE, Letters::Inner);
    if let Err(error) = runner(cases).run(&plain, |text| with_yaserde::<T>(&text)) {
        panic!("{} and yaserde: {error}", T::SHAPE.name);
    }
}

/// The messages, and the types that are made of elements.
macro_rules! of_elements {
    ($($type:ty),+ $(,)?) => {
        [$((<$type as ContractType>::SHAPE, check::<$type> as fn(u32))),+]
    };
}

/// A type, and the check of so many cases of it.
type Checked = (&'static Shape, fn(u32));

const MESSAGES: [Checked; 14] = of_elements![
    GetOstovoimaRequest,
    GetOstovoimaResponse,
    PostPurchasingPowerRequest,
    PostPurchasingPowerResponse,
    PostSaldoPurchasingPowerRequest,
    PostSaldoPurchasingPowerResponse,
    PostDentalPurchasingPowerRequest,
    PostDentalPurchasingPowerResponse,
    GetServiceEventsRequest,
    GetServiceEventsResponse,
    PostDentalServiceEventRequest,
    PostDentalServiceEventResponse,
    PostServiceEventRequest,
    PostServiceEventResponse,
];

/// A choice alone is not among them: it has no name of its own in yaserde.
const SHARED: [Checked; 35] = of_elements![
    Customer,
    Dental,
    DentalLine,
    DentalRemaining,
    DentalRemainingLine,
    DentalTerms,
    DentalTermsLine,
    EventLine,
    EventProcedure,
    EventReceipt,
    EventReceiptLine,
    EventTotals,
    Fault,
    MessageType,
    Ordinary,
    OrdinaryTerms,
    Organiser,
    Ostovoima,
    Osva,
    PostMeta,
    PriceItem,
    Professional,
    PurchasingPowerReceipt,
    QueryMeta,
    Reason,
    RemainingQuantity,
    ResultType,
    Saldo,
    SaldoTerms,
    Service,
    ServiceDateWindow,
    ServiceEvent,
    ServiceEventLine,
    ShownCustomer,
    Terms,
];

#[test]
fn every_message_is_read_as_it_was_written() {
    for (_, check) in MESSAGES {
        check(CASES);
    }
}

#[test]
fn every_shared_type_is_read_as_it_was_written() {
    for (_, check) in SHARED {
        check(CASES_SHARED);
    }
}

#[test]
fn a_choice_is_read_as_it_was_written() {
    let organiser = document(OrganiserCode::SHAPE, Letters::All);
    let found = runner(CASES).run(&organiser, |text| ours::<OrganiserCode>(&text));
    found.unwrap_or_else(|error| panic!("{error}"));
    let content = document(Content::SHAPE, Letters::All);
    let found = runner(CASES).run(&content, |text| ours::<Content>(&text));
    found.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn no_type_of_the_contract_is_left_out() {
    let mut wanted = Vec::new();
    for service in published() {
        service.request.collect(&mut wanted);
        service.response.collect(&mut wanted);
    }
    let known: Vec<&str> = MESSAGES
        .iter()
        .chain(&SHARED)
        .map(|(shape, _)| shape.name)
        .chain([OrganiserCode::SHAPE.name])
        .collect();
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|shape| !shape.particles().is_empty() && !known.contains(&shape.name))
        .map(|shape| shape.name)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn any_header_comes_back() {
    let server = Site::new("").start();
    let number = server.post(&Message::create().0).number();
    let mut answered = 0;
    let outcome = runner(CASES_SENT).run_cases(&headers::requests(&number), |request| {
        // Both security servers judge every answer: that is the property of the values.
        let answer = server.post(request);
        match answer.status {
            200 => answered += 1,
            _ => {
                let echoed = echo_in_fault(request.as_bytes(), answer.body.as_bytes());
                assert_eq!(echoed, Ok(true), "{}", answer.body);
                let fault = answer.fault();
                assert!(fault.starts_with("AUTH_"), "{fault} for {request}");
            }
        }
        // And this of everything else: names, order, attributes, unknown elements, white space.
        assert_eq!(
            headers::listed(request),
            headers::listed(&answer.body),
            "{request}"
        );
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(answered > CASES_SENT / 2, "{answered}");
}

/// A run whose body asserts and counts.
trait RunCases {
    fn run_cases<S: Strategy<Value = String>>(
        self,
        strategy: &S,
        body: impl FnMut(&str),
    ) -> Result<(), String>;
}

impl RunCases for TestRunner {
    fn run_cases<S: Strategy<Value = String>>(
        mut self,
        strategy: &S,
        body: impl FnMut(&str),
    ) -> Result<(), String> {
        let body = std::cell::RefCell::new(body);
        let outcome = self.run(strategy, |request| {
            body.borrow_mut()(&request);
            Ok(())
        });
        outcome.map_err(|error| error.to_string())
    }
}
