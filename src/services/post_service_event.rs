//! postServiceEvent: a provider records, replaces or deletes an event on an ordinary purchasing power
//! or a balance. The import of events goes through it too.

use crate::contract::lexical::{Day, PositiveInteger};
use crate::contract::shape::Docs;
use crate::contract::types::{
    BusinessId, Decimal, EventId, Fault, Money, PersonId, PostMeta, PurchasingPowerNumber,
    Quantity, Result as ResultType, Text60, Text500,
};
use crate::domain::business_id;
use crate::domain::circumstances::Circumstances;
use crate::domain::event::{self, Action, Form, Proposal, ProposedLine, Remaining};
use crate::domain::service_event::Details;

use crate::domain::rejection::Rejection;

use super::event::{EventReceipt, EventTotals, Recorded, decide, provider, scope, shares};
use super::{Context, Decision, Failure, Operation, Response, Scope, examined_for};

contract_type! { PostServiceEventRequest [
    en "A provider records a service given, replaces or deletes such an event." fi "Tuottaja kirjaa annetun palvelun, korvaa tai poistaa kirjauksen." sv "En producent registrerar en given tjänst, ersätter eller raderar en sådan händelse."
] {
    one meta: PostMeta = "meta" [en "Who sends, why, and under which reference." fi "Kuka lähettää, miksi ja millä viitteellä." sv "Vem skickar, varför och med vilken referens."];
    one action: Action = "action" [en "What is to be done." fi "Toiminto." sv "Åtgärd."];
    optional event_id: EventId = "eventId" [en "The event to change; not with CREATE." fi "Muutettava tapahtuma; ei toiminnossa CREATE." sv "Händelsen som ändras; inte med CREATE."];
    optional expected_version: PositiveInteger = "expectedVersion" [en "Version the change was made on; not with CREATE." fi "Versio, johon muutos perustuu; ei toiminnossa CREATE." sv "Versionen som ändringen bygger på; inte med CREATE."];
    one purchasing_power_number: PurchasingPowerNumber = "purchasingPowerNumber" [en "Number from the customer." fi "Asiakkaalta saatu numero." sv "Nummer som kunden uppger."];
    one person_id: PersonId = "personId" [en "The customer." fi "Asiakas." sv "Kunden."];
    one provider_business_id: BusinessId = "providerBusinessId" [en "Who gave the service." fi "Palvelun antanut tuottaja." sv "Producenten som gav tjänsten."];
    optional provider_unit_code: Text60 = "providerUnitCode" [en "Its unit." fi "Sen toimipaikka." sv "Dess verksamhetsställe."];
    one service_date: Day = "serviceDate" [en "Day of the service." fi "Palvelun päivä." sv "Dagen för tjänsten."];
    many(0, 50) lines: ServiceEventLine = "line" [en "What was given; none of a no-show." fi "Mitä annettiin; saapumatta jääneestä ei mitään." sv "Vad som gavs; inget vid uteblivet besök."];
    optional no_show: bool = "noShow" [en "The customer did not come." fi "Asiakas ei saapunut." sv "Kunden uteblev."];
    optional totals: EventTotals = "totals" [en "The sender's own sums." fi "Lähettäjän omat summat." sv "Avsändarens egna summor."];
    optional comment: Text500 = "comment" [en "Free text without personal identity codes." fi "Vapaa teksti ilman henkilötunnuksia." sv "Fritext utan personbeteckningar."];
} }

contract_type! { ServiceEventLine [
    en "So much of the service, at a price each." fi "Palvelun määrä ja yksikön hinta." sv "Mängd av tjänsten och pris per enhet."
] {
    one line_no: PositiveInteger = "lineNo" [en "Its number, once in the event." fi "Rivin numero, kerran tapahtumassa." sv "Radens nummer, en gång i händelsen."];
    one quantity: Quantity = "quantity" [en "How much was given." fi "Annettu määrä." sv "Given mängd."];
    one unit_price: Money = "unitPrice" [en "Price of one unit." fi "Yhden yksikön hinta." sv "Pris för en enhet."];
} }

contract_type! { PostServiceEventResponse [
    en "The event as it is now, or why nothing was done." fi "Tapahtuma nyt, tai syy, miksi mitään ei tehty." sv "Händelsen nu, eller varför inget gjordes."
] {
    optional fault: Fault = "fault" [en "First error of a rejected request." fi "Hylätyn pyynnön ensimmäinen virhe." sv "Det första felet i en avvisad begäran."];
    one result: ResultType = "result" [en "Outcome." fi "Tulos." sv "Resultat."];
    optional event: EventReceipt = "event" [en "The event." fi "Tapahtuma." sv "Händelsen."];
    optional remaining: RemainingQuantity = "remaining" [en "What is left." fi "Jäljellä." sv "Vad som finns kvar."];
} }

contract_type! { RemainingQuantity [
    en "What is left of the period or the balance." fi "Jakson tai saldon jäljellä oleva määrä." sv "Vad som finns kvar av perioden eller saldot."
] {
    one period_key: Text60 = "periodKey" [en "The period of the service date; ALL of a balance." fi "Palvelupäivän jakso; saldolla ALL." sv "Tjänstens period; ALL för ett saldo."];
    one remaining: Decimal = "remaining" [en "Left in it." fi "Siinä jäljellä." sv "Kvar i den."];
} }

/// The service.
pub struct PostServiceEventOperation;

/// What is answered of an event that was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceEventAnswer {
    pub event: EventReceipt,
    pub remaining: Option<RemainingQuantity>,
}

impl Response for PostServiceEventResponse {
    type Payload = ServiceEventAnswer;

    fn new(fault: Option<Fault>, result: ResultType, payload: Option<ServiceEventAnswer>) -> Self {
        let (event, remaining) = match payload {
            Some(payload) => (Some(payload.event), payload.remaining),
            None => (None, None),
        };
        PostServiceEventResponse {
            fault,
            result,
            event,
            remaining,
        }
    }
}

impl Operation for PostServiceEventOperation {
    type Request = PostServiceEventRequest;
    type Response = PostServiceEventResponse;
    type Payload = ServiceEventAnswer;

    const CODE: &'static str = "postServiceEvent";
    const TITLE: Docs = docs!([
        en "Record an ordinary or balance event"
        fi "Kirjaa tavallinen tai saldotapahtuma"
        sv "Registrera en vanlig händelse eller saldohändelse"
    ]);
    const NOTES: Docs = docs!([
        en "A provider records a service given on an ordinary purchasing power or a balance. Everything wrong with a message is answered at once, and nothing is then stored."
        fi "Tuottaja kirjaa tavalliselle ostovoimalle tai saldolle annetun palvelun. Kaikki sanoman virheet kerrotaan kerralla, eikä mitään silloin tallenneta."
        sv "En producent registrerar en tjänst på en vanlig köpkraft eller ett saldo. Alla fel i ett meddelande anges på en gång, och då sparas inget."
    ]);
    const TECH_NOTES: Docs = docs!([
        en "Safe to send again: the same message id, or the same sourceReference, with the same content gets the first answer with replayed true."
        fi "Voidaan lähettää uudelleen: sama sanomatunniste tai sama sourceReference samalla sisällöllä saa ensimmäisen vastauksen, replayed on true."
        sv "Kan skickas på nytt: samma meddelande-id eller samma sourceReference med samma innehåll får det första svaret, replayed är true."
    ]);

    fn scope(request: &PostServiceEventRequest) -> Scope<'_> {
        scope(
            &request.meta,
            &request.provider_business_id,
            &request.person_id,
        )
    }

    fn examine(request: &PostServiceEventRequest, circumstances: Circumstances) -> Vec<Rejection> {
        examined_for(&request.provider_business_id, |provider| {
            event::examine(proposal(request, provider), circumstances).rejections
        })
    }

    async fn decide<'a>(
        context: &'a Context<'a>,
        request: &'a PostServiceEventRequest,
    ) -> Result<Decision<ServiceEventAnswer>, Failure> {
        let proposal = proposal(request, provider(context)?);
        Ok(decide(context, proposal).await?.map(answer))
    }
}

fn proposal<'a>(
    request: &'a PostServiceEventRequest,
    provider: &'a business_id::BusinessId,
) -> Proposal<'a> {
    Proposal {
        form: Form::General,
        action: request.action,
        event_id: request.event_id.as_deref(),
        expected_version: request.expected_version.map(|version| version.0),
        number: &request.purchasing_power_number,
        person_id: &request.person_id,
        provider,
        provider_unit_code: request.provider_unit_code.as_deref(),
        service_date: request.service_date.0,
        acting_person_id: request.meta.acting_person_id.as_deref(),
        source_system: &request.meta.source_system,
        source_reference: &request.meta.source_reference,
        lines: request
            .lines
            .iter()
            .map(|line| ProposedLine {
                line_no: line.line_no.0,
                quantity: line.quantity.0,
                unit_price: line.unit_price.0,
                procedure: None,
            })
            .collect(),
        details: Details {
            no_show: request.no_show,
            comment: request.comment.as_ref().map(|text| text.0.clone()),
            ..Details::default()
        },
        totals: request.totals.as_ref().map(shares),
    }
}

fn answer(recorded: Recorded) -> ServiceEventAnswer {
    let remaining = match recorded.remaining {
        Remaining::Quantity { period, left, unit } => Some(RemainingQuantity {
            period_key: Text60(period.to_string()),
            remaining: Decimal::of(unit, left),
        }),
        Remaining::Dental { .. } => None,
    };
    ServiceEventAnswer {
        event: recorded.receipt,
        remaining,
    }
}
