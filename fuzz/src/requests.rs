//! The wrapper of a request. What is decoded is written and decoded again as the same.

use psop_adapter::contract::decode::{ContractType, Decoder};
use psop_adapter::services::get_ostovoima::GetOstovoimaRequest;
use psop_adapter::services::get_service_events::GetServiceEventsRequest;
use psop_adapter::services::post_dental_purchasing_power::PostDentalPurchasingPowerRequest;
use psop_adapter::services::post_dental_service_event::PostDentalServiceEventRequest;
use psop_adapter::services::post_purchasing_power::PostPurchasingPowerRequest;
use psop_adapter::services::post_saldo_purchasing_power::PostSaldoPurchasingPowerRequest;
use psop_adapter::services::post_service_event::PostServiceEventRequest;
use psop_adapter::xml::encoding::Encoding;
use psop_adapter::xml::reader::{Reader, Token};

use super::LIMITS;

/// One wrapper of `getOstovoima`.
pub fn get_ostovoima(data: &[u8]) {
    read_and_write::<GetOstovoimaRequest>(data, "getOstovoima");
}

/// One wrapper of `getServiceEvents`.
pub fn get_service_events(data: &[u8]) {
    read_and_write::<GetServiceEventsRequest>(data, "getServiceEvents");
}

/// One wrapper of `postPurchasingPower`.
pub fn post_purchasing_power(data: &[u8]) {
    read_and_write::<PostPurchasingPowerRequest>(data, "postPurchasingPower");
}

/// One wrapper of `postSaldoPurchasingPower`.
pub fn post_saldo_purchasing_power(data: &[u8]) {
    read_and_write::<PostSaldoPurchasingPowerRequest>(data, "postSaldoPurchasingPower");
}

/// One wrapper of `postDentalPurchasingPower`.
pub fn post_dental_purchasing_power(data: &[u8]) {
    read_and_write::<PostDentalPurchasingPowerRequest>(data, "postDentalPurchasingPower");
}

/// One wrapper of `postDentalServiceEvent`.
pub fn post_dental_service_event(data: &[u8]) {
    read_and_write::<PostDentalServiceEventRequest>(data, "postDentalServiceEvent");
}

/// One wrapper of `postServiceEvent`.
pub fn post_service_event(data: &[u8]) {
    read_and_write::<PostServiceEventRequest>(data, "postServiceEvent");
}

fn read_and_write<T: ContractType + PartialEq + std::fmt::Debug>(data: &[u8], name: &str) {
    let Some(request) = std::str::from_utf8(data).ok().and_then(decode::<T>) else {
        return;
    };
    let mut document =
        format!("<psop:{name} xmlns:psop=\"http://psop.x-road.global/producer/v1\">");
    request.encode(&mut document);
    document.push_str(&format!("</psop:{name}>"));
    let again: Option<T> = decode(&document);
    assert_eq!(again.as_ref(), Some(&request), "{document}");
}

fn decode<T: ContractType>(document: &str) -> Option<T> {
    let mut reader = Reader::new(document, Encoding::Utf8, LIMITS).ok()?;
    let Ok(Token::Start(start)) = reader.next_token() else {
        return None;
    };
    let request = Decoder::new(&mut reader).wrapper(&start).ok()?;
    reader.drain().ok()?;
    Some(request)
}
