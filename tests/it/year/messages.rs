//! What organisers and providers send in the year, and many of them at once.

use super::books::{Event, Grant, Kind, euros};
use super::world::{INTEGRATOR, ORGANISERS};
use crate::kill::connection::Connection;
use crate::support::message::unique;
use crate::support::server::Server;

/// How many send at once.
const SENDERS: usize = 16;

/// A message of a client, (class, member, subsystem), for a party where it has one.
fn envelope(
    client: (&str, &str, &str),
    represented: Option<&str>,
    service: &str,
    body: &str,
) -> String {
    let (class, member, subsystem) = client;
    let id = unique("year");
    let represented = represented.map_or(String::new(), |code| {
        format!(
            "<repr:representedParty xmlns:repr=\"http://x-road.eu/xsd/representation.xsd\">\
             <repr:partyCode>{code}</repr:partyCode></repr:representedParty>"
        )
    });
    format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xrd=\"http://x-road.eu/xsd/xroad.xsd\" xmlns:id=\"http://x-road.eu/xsd/identifiers\" \
         xmlns:psop=\"http://psop.x-road.global/producer/v1\"><soap:Header><xrd:client id:objectType=\"SUBSYSTEM\">\
         <id:xRoadInstance>FI-TEST</id:xRoadInstance><id:memberClass>{class}</id:memberClass>\
         <id:memberCode>{member}</id:memberCode><id:subsystemCode>{subsystem}</id:subsystemCode></xrd:client>\
         <xrd:service id:objectType=\"SERVICE\"><id:xRoadInstance>FI-TEST</id:xRoadInstance>\
         <id:memberClass>MUN</id:memberClass><id:memberCode>0204819-8</id:memberCode>\
         <id:subsystemCode>psop</id:subsystemCode><id:serviceCode>{service}</id:serviceCode>\
         <id:serviceVersion>v1</id:serviceVersion></xrd:service><xrd:id>{id}</xrd:id>\
         <xrd:userId>kayttaja</xrd:userId>{represented}<xrd:protocolVersion>4.0</xrd:protocolVersion></soap:Header>\
         <soap:Body><psop:{service}>{body}</psop:{service}></soap:Body></soap:Envelope>"
    )
}

fn meta(purpose: &str) -> String {
    format!(
        "<psop:meta><psop:sourceSystem>VUOSI</psop:sourceSystem><psop:sourceReference>{}</psop:sourceReference>\
         <psop:purpose>{purpose}</psop:purpose></psop:meta>",
        unique("viite")
    )
}

fn of_organiser(place: usize, service: &str, body: &str) -> String {
    let organiser = &ORGANISERS[place];
    let client = ("MUN", organiser.business_id, organiser.subsystem);
    envelope(client, None, service, body)
}

fn granting(kind: Kind) -> &'static str {
    match kind {
        Kind::Home | Kind::Daycare => "postPurchasingPower",
        Kind::Saldo => "postSaldoPurchasingPower",
        Kind::Dental => "postDentalPurchasingPower",
    }
}

/// What is given to a customer, at a value of the unit in cents.
fn given(kind: Kind, value: i64) -> String {
    let value = euros(value);
    match kind {
        Kind::Home => format!(
            "<psop:ordinary><psop:unit>H</psop:unit><psop:quantityPerPeriod>10</psop:quantityPerPeriod>\
             <psop:period>MONTH</psop:period><psop:unitValue>{value}</psop:unitValue></psop:ordinary>"
        ),
        Kind::Daycare => format!(
            "<psop:ordinary><psop:unit>KK</psop:unit><psop:quantityPerPeriod>1</psop:quantityPerPeriod>\
             <psop:period>MONTH</psop:period><psop:unitValue>{value}</psop:unitValue></psop:ordinary>"
        ),
        Kind::Saldo => "<psop:saldo><psop:balanceTotal>6000.00</psop:balanceTotal>\
             <psop:balanceUnit>EUR</psop:balanceUnit></psop:saldo>"
            .to_owned(),
        Kind::Dental => {
            let line = |number: usize| {
                format!(
                    "<psop:line><psop:lineNo>{number}</psop:lineNo><psop:procedureCode>SAA01</psop:procedureCode>\
                     <psop:maxCount>20</psop:maxCount><psop:unitValue>{value}</psop:unitValue></psop:line>"
                )
            };
            let lines: String = (1..=3).map(line).collect();
            format!("<psop:dental><psop:mode>ITEMISED</psop:mode>{lines}</psop:dental>")
        }
    }
}

fn organiser(place: usize) -> String {
    let code = ORGANISERS[place].code;
    format!(
        "<psop:organiser><psop:municipalityCode>{code}</psop:municipalityCode></psop:organiser>"
    )
}

pub fn create(grant: &Grant) -> String {
    let body = format!(
        "{}<psop:action>CREATE</psop:action>{}<psop:customer><psop:personId>{}</psop:personId>\
         <psop:givenNames>Aino</psop:givenNames><psop:familyName>Äyräpää</psop:familyName></psop:customer>\
         <psop:terms><psop:instrument>VOUCHER</psop:instrument><psop:serviceCode>{}</psop:serviceCode>\
         <psop:decisionRef>P-1</psop:decisionRef><psop:decisionDate>2026-01-01</psop:decisionDate>\
         <psop:valueBasis>FLAT</psop:valueBasis><psop:validFrom>{}</psop:validFrom>\
         <psop:validTo>2026-12-31</psop:validTo></psop:terms>{}",
        meta("PALVELUN_JARJESTAMINEN"),
        organiser(grant.organiser),
        grant.person,
        grant.kind.service(),
        grant.valid_from,
        given(grant.kind, grant.value_in(12))
    );
    of_organiser(grant.organiser, granting(grant.kind), &body)
}

/// An action on a grant from a day on, with the new value where there is one.
pub fn change(grant: &Grant, action: &str, from: &str, value: Option<i64>) -> String {
    let body = format!(
        "{}<psop:action>{action}</psop:action><psop:purchasingPowerNumber>{}</psop:purchasingPowerNumber>\
         <psop:expectedVersion>{}</psop:expectedVersion>{}<psop:effectiveFrom>{from}</psop:effectiveFrom>{}{}",
        meta("PALVELUN_JARJESTAMINEN"),
        grant.number,
        grant.version,
        organiser(grant.organiser),
        match action {
            "CANCEL" =>
                "<psop:reason><psop:code>MUUTTO</psop:code><psop:text>Muutti</psop:text></psop:reason>",
            _ => "",
        },
        value.map_or(String::new(), |value| given(grant.kind, value))
    );
    of_organiser(grant.organiser, granting(grant.kind), &body)
}

/// A provider's message about an event: CREATE, or UPDATE or DELETE of one that has an id.
pub fn event(action: &str, event: &Event, grant: &Grant, provider: &str) -> String {
    let id = match action {
        "CREATE" => String::new(),
        _ => format!(
            "<psop:eventId>{}</psop:eventId><psop:expectedVersion>1</psop:expectedVersion>",
            event.id
        ),
    };
    let (service, line) = match grant.kind {
        Kind::Dental => (
            "postDentalServiceEvent",
            format!(
                "<psop:visitType>VASTAANOTTO</psop:visitType><psop:professional>\
                 <psop:role>HAMMASLAAKARI</psop:role><psop:terhikkiNumber>12345678901</psop:terhikkiNumber>\
                 </psop:professional><psop:procedure><psop:lineNo>1</psop:lineNo>\
                 <psop:procedureCode>SAA01</psop:procedureCode><psop:count>{}</psop:count>\
                 <psop:unitPrice>{}</psop:unitPrice></psop:procedure>",
                event.quantity / 1000,
                euros(event.unit_price)
            ),
        ),
        _ => (
            "postServiceEvent",
            format!(
                "<psop:line><psop:lineNo>1</psop:lineNo><psop:quantity>{}.{:03}</psop:quantity>\
                 <psop:unitPrice>{}</psop:unitPrice></psop:line>",
                event.quantity / 1000,
                event.quantity % 1000,
                euros(event.unit_price)
            ),
        ),
    };
    let (line, totals) = match action {
        "DELETE" => (String::new(), String::new()),
        _ => (
            line,
            format!(
                "<psop:totals><psop:totalPrice>{}</psop:totalPrice><psop:voucherShare>{}</psop:voucherShare>\
                 <psop:customerShare>{}</psop:customerShare></psop:totals>",
                euros(event.price),
                euros(event.voucher),
                euros(event.own_share())
            ),
        ),
    };
    let body = format!(
        "{}<psop:action>{action}</psop:action>{id}\
         <psop:purchasingPowerNumber>{}</psop:purchasingPowerNumber><psop:personId>{}</psop:personId>\
         <psop:providerBusinessId>{provider}</psop:providerBusinessId>\
         <psop:serviceDate>{}</psop:serviceDate>{line}{totals}",
        meta("PALVELUN_TUOTTAMINEN"),
        grant.number,
        grant.person,
        event.date()
    );
    envelope(INTEGRATOR, Some(provider), service, &body)
}

/// A provider's look-up of a grant in December.
pub fn look_up(grant: &Grant, provider: &str) -> String {
    let body = format!(
        "<psop:meta><psop:sourceSystem>VUOSI</psop:sourceSystem><psop:purpose>PALVELUN_TUOTTAMINEN</psop:purpose>\
         </psop:meta><psop:purchasingPowerNumber>{}</psop:purchasingPowerNumber>\
         <psop:providerBusinessId>{provider}</psop:providerBusinessId>\
         <psop:serviceDate>2026-12-31</psop:serviceDate>",
        grant.number
    );
    envelope(INTEGRATOR, Some(provider), "getOstovoima", &body)
}

/// A page of an organiser's whole feed.
pub fn feed(place: usize, continuation: &str) -> String {
    let body = format!(
        "<psop:meta><psop:sourceSystem>VUOSI</psop:sourceSystem><psop:purpose>PALVELUN_JARJESTAMINEN</psop:purpose>\
         </psop:meta>{}<psop:changesSince></psop:changesSince><psop:includeDeleted>true</psop:includeDeleted>\
         <psop:pageSize>500</psop:pageSize>{continuation}",
        organiser(place)
    );
    of_organiser(place, "getServiceEvents", &body)
}

/// Sends messages over several connections, and gives the envelopes back in their order.
pub fn send(server: &Server, messages: &[String]) -> Vec<String> {
    let lane = |number: usize| {
        let mut connection = Connection::open(server.next()).unwrap();
        let own = messages.iter().enumerate().skip(number).step_by(SENDERS);
        own.map(|(place, message)| {
            let reply = connection.post(message).unwrap();
            assert_eq!(reply.status, 200, "{}", reply.body);
            (place, reply.body)
        })
        .collect::<Vec<_>>()
    };
    let lane = &lane;
    let mut answers: Vec<(usize, String)> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..SENDERS.min(messages.len()))
            .map(|number| scope.spawn(move || lane(number)))
            .collect();
        lanes
            .into_iter()
            .flat_map(|lane| lane.join().unwrap())
            .collect()
    });
    answers.sort();
    answers.into_iter().map(|(_, body)| body).collect()
}

/// The text of the first element of this name.
pub fn text<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (open, close) = (format!("<psop:{name}>"), format!("</psop:{name}>"));
    body.split_once(&open)?
        .1
        .split_once(&close)
        .map(|(text, _)| text)
}
