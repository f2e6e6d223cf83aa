//! Dental messages put together in code, where a test needs many of them that differ.

use super::message::{Message, unique};

/// Who sends a message: member class, member code, subsystem.
type Client = (&'static str, &'static str, &'static str);

pub const TURKU: Client = ("MUN", "0204819-8", "paikky");
pub const DENTIST: Client = ("COM", "9000003-8", "dental");

/// The customer of the dental fixtures.
pub const PERSON: &str = "300401A9139";

/// An envelope around the content of a service's wrapper, under a message id of its own.
pub fn envelope(client: Client, service: &str, content: &str) -> Message {
    let (class, member, subsystem) = client;
    let id = unique("id");
    Message(format!(
        r#"<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xrd="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers" xmlns:psop="http://psop.x-road.global/producer/v1"><soap:Header><xrd:client id:objectType="SUBSYSTEM"><id:xRoadInstance>FI-TEST</id:xRoadInstance><id:memberClass>{class}</id:memberClass><id:memberCode>{member}</id:memberCode><id:subsystemCode>{subsystem}</id:subsystemCode></xrd:client><xrd:service id:objectType="SERVICE"><id:xRoadInstance>FI-TEST</id:xRoadInstance><id:memberClass>MUN</id:memberClass><id:memberCode>0204819-8</id:memberCode><id:subsystemCode>psop</id:subsystemCode><id:serviceCode>{service}</id:serviceCode><id:serviceVersion>v1</id:serviceVersion></xrd:service><xrd:id>{id}</xrd:id><xrd:userId>kayttaja</xrd:userId><xrd:protocolVersion>4.0</xrd:protocolVersion></soap:Header><soap:Body><psop:{service}>{content}</psop:{service}></soap:Body></soap:Envelope>"#
    ))
}

fn post_meta() -> String {
    let reference = unique("ref");
    format!(
        "<psop:meta><psop:sourceSystem>testi</psop:sourceSystem><psop:sourceReference>{reference}</psop:sourceReference><psop:purpose>PALVELUN_TUOTTAMINEN</psop:purpose></psop:meta>"
    )
}

/// Grants a price list up to a ceiling of so many euros.
pub fn ceiling(person: &str, euros: &str) -> Message {
    let meta = post_meta();
    envelope(
        TURKU,
        "postDentalPurchasingPower",
        &format!(
            "{meta}<psop:action>CREATE</psop:action><psop:organiser><psop:municipalityCode>853</psop:municipalityCode></psop:organiser><psop:customer><psop:personId>{person}</psop:personId><psop:givenNames>Onni</psop:givenNames><psop:familyName>Mäkelä</psop:familyName></psop:customer><psop:terms><psop:instrument>VOUCHER</psop:instrument><psop:serviceCode>suun-hoito</psop:serviceCode><psop:decisionRef>P-1</psop:decisionRef><psop:decisionDate>2026-02-20</psop:decisionDate><psop:valueBasis>FLAT</psop:valueBasis><psop:validFrom>2026-02-01</psop:validFrom><psop:validTo>2026-08-31</psop:validTo></psop:terms><psop:dental><psop:mode>PRICE_LIST_CEILING</psop:mode><psop:ceiling>{euros}</psop:ceiling></psop:dental>"
        ),
    )
}

/// Records WX002 so many times, at 10.00 each.
pub fn event(number: &str, person: &str, count: u32) -> Message {
    change("CREATE", None, (number, person), count)
}

/// Records, replaces or deletes an event; `before` is the event's id and version.
pub fn change(
    action: &str,
    before: Option<(&str, u64)>,
    (number, person): (&str, &str),
    count: u32,
) -> Message {
    let meta = post_meta();
    let before = before.map_or_else(String::new, |(id, version)| {
        format!(
            "<psop:eventId>{id}</psop:eventId><psop:expectedVersion>{version}</psop:expectedVersion>"
        )
    });
    envelope(
        DENTIST,
        "postDentalServiceEvent",
        &format!(
            "{meta}<psop:action>{action}</psop:action>{before}<psop:purchasingPowerNumber>{number}</psop:purchasingPowerNumber><psop:personId>{person}</psop:personId><psop:providerBusinessId>9000003-8</psop:providerBusinessId><psop:serviceDate>2026-03-12</psop:serviceDate><psop:procedure><psop:lineNo>1</psop:lineNo><psop:procedureCode>WX002</psop:procedureCode><psop:count>{count}</psop:count><psop:unitPrice>10.00</psop:unitPrice></psop:procedure>"
        ),
    )
}

/// Asks Turku's events; `asked` is everything behind the organiser.
pub fn feed(asked: &str) -> Message {
    envelope(
        TURKU,
        "getServiceEvents",
        &format!(
            "<psop:meta><psop:sourceSystem>testi</psop:sourceSystem><psop:purpose>PALVELUN_JARJESTAMINEN</psop:purpose></psop:meta><psop:organiser><psop:municipalityCode>853</psop:municipalityCode></psop:organiser>{asked}"
        ),
    )
}

/// Looks a purchasing power up.
pub fn lookup(number: &str) -> Message {
    envelope(
        DENTIST,
        "getOstovoima",
        &format!(
            "<psop:meta><psop:sourceSystem>testi</psop:sourceSystem><psop:purpose>PALVELUN_TUOTTAMINEN</psop:purpose></psop:meta><psop:purchasingPowerNumber>{number}</psop:purchasingPowerNumber><psop:providerBusinessId>9000003-8</psop:providerBusinessId>"
        ),
    )
}
