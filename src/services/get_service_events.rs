//! getServiceEvents: a base system reads its organiser's events back, by change or by service date.
//!
//! Paging is by key. The first page fixes an upper bound: what changes later leaves the snapshot and
//! comes after its watermark, so a reader that goes on from there misses nothing.

mod page;
mod token;

use crate::contract::lexical::{Count, Day, Instant, Position, PositiveInteger};
use crate::contract::shape::Docs;
use crate::contract::types::{
    BusinessId, EventId, Fault, FeedToken, Money, OrganiserCode, PageSize, PersonId, ProcedureCode,
    PurchasingPowerNumber, Quantity, QueryMeta, Reason, ReasonCode, Result as ResultType,
    ServiceCode, SignedMoney, Surfaces, Text60, Text500, Tooth,
};
use crate::domain::access::{DataClass, Representation};
use crate::domain::authorisation::{ActingFor, Refused};
use crate::domain::registry::{self, ServiceType, Unit};
use crate::domain::service_event::{
    Credited, EventKind, EventLine as Line, EventState, PlacedEvent,
};
use crate::store::CreationQuery;

use self::page::{End, Read, examine, read};
use super::granting::organiser_code;
use super::{Context, Decision, Failure, Operation, Outcome, Response, Scope, Target, Touched};

contract_type! { GetServiceEventsRequest [
    en "A base system reads its organiser's service events." fi "Perusjärjestelmä lukee järjestäjänsä palvelutapahtumat." sv "Ett bassystem läser sin anordnares servicehändelser."
] {
    one meta: QueryMeta = "meta" [en "Who asks, and why." fi "Kuka kysyy ja miksi." sv "Vem frågar och varför."];
    one organiser: OrganiserCode = "organiser" [en "Whose events." fi "Kenen tapahtumat." sv "Vems händelser."];
    choice span: Span;
    many states: EventState = "state" [en "Only these states." fi "Vain nämä tilat." sv "Endast dessa statusar."];
    many kinds: EventKind = "kind" [en "Only these kinds." fi "Vain nämä lajit." sv "Endast dessa arter."];
    optional purchasing_power_number: PurchasingPowerNumber = "purchasingPowerNumber" [en "Only of this purchasing power." fi "Vain tämän ostovoiman." sv "Endast för denna köpkraft."];
    optional person_id: PersonId = "personId" [en "Only of this customer." fi "Vain tämän asiakkaan." sv "Endast för denna kund."];
    optional provider_business_id: BusinessId = "providerBusinessId" [en "Only of this provider." fi "Vain tämän tuottajan." sv "Endast för denna producent."];
    many service_codes: ServiceCode = "serviceCode" [en "Only of these services." fi "Vain nämä palvelut." sv "Endast dessa tjänster."];
    optional include_credits: bool = "includeCredits" [en "Whether credit rows come too; true when absent." fi "Tulevatko hyvitysrivit mukaan; oletus true." sv "Om krediteringsrader tas med; true om utelämnad."];
    optional include_deleted: bool = "includeDeleted" [en "Whether deleted events come too; when absent true with changesSince, false with a window." fi "Tulevatko poistetut mukaan; oletus true muutoksille, false aikavälille." sv "Om raderade händelser tas med; förval true för ändringar, false för tidsfönster."];
    optional page_size: PageSize = "pageSize" [en "Most events in the answer; 100 when absent." fi "Tapahtumia enintään vastauksessa; oletus 100." sv "Högsta antal händelser i svaret; 100 om utelämnad."];
    optional continuation: FeedToken = "continuation" [en "The answer's nextContinuation, to get the next page; everything else as before." fi "Edellisen vastauksen nextContinuation seuraavaa sivua varten; muu ennallaan." sv "Föregående svars nextContinuation för nästa sida; allt annat oförändrat."];
} }

contract_choice! { Span [
    en "By change, or by service date." fi "Muutosten tai palvelupäivän mukaan." sv "Enligt ändring eller tjänstens datum."
] {
    ChangesSince: FeedToken = "changesSince" [en "A highWatermark got earlier, exclusive; empty for everything." fi "Aiemmin saatu highWatermark, ei mukaan lukien; tyhjä tarkoittaa alusta." sv "Ett tidigare erhållet highWatermark, exklusivt; tomt för allt."];
    Window: ServiceDateWindow = "serviceDateWindow" [en "By service date." fi "Palvelupäivän mukaan." sv "Enligt tjänstens datum."];
} }

contract_type! { ServiceDateWindow [
    en "At most 92 days, both ends included." fi "Enintään 92 päivää, molemmat päät mukaan lukien." sv "Högst 92 dagar, båda ändarna inkluderade."
] {
    one from: Day = "from" [en "First day." fi "Ensimmäinen päivä." sv "Första dagen."];
    one to: Day = "to" [en "Last day." fi "Viimeinen päivä." sv "Sista dagen."];
} }

contract_type! { GetServiceEventsResponse [
    en "A page of events, or why there is none." fi "Sivu tapahtumia tai syy, miksi niitä ei ole." sv "En sida händelser, eller varför det inte finns någon."
] {
    optional fault: Fault = "fault" [en "First error of a rejected request." fi "Hylätyn pyynnön ensimmäinen virhe." sv "Det första felet i en avvisad begäran."];
    one result: ResultType = "result" [en "Outcome." fi "Tulos." sv "Resultat."];
    many events: ServiceEvent = "event" [en "The events." fi "Tapahtumat." sv "Händelserna."];
    optional next_continuation: FeedToken = "nextContinuation" [en "There when more follow; good for 24 hours." fi "Mukana, kun lisää on tulossa; voimassa 24 tuntia." sv "Finns om fler följer; giltig i 24 timmar."];
    optional high_watermark: FeedToken = "highWatermark" [en "On the last page: keep it and ask changesSince with it next time." fi "Viimeisellä sivulla: säilytä ja käytä seuraavalla kerralla kentässä changesSince." sv "På sista sidan: spara och använd nästa gång i changesSince."];
    optional count: Count = "count" [en "Events on this page; always there unless rejected." fi "Tapahtumia tällä sivulla; aina mukana, ellei hylätty." sv "Händelser på denna sida; finns alltid om inte avvisad."];
} }

contract_type! { ServiceEvent [
    en "A service event as it stands now." fi "Palvelutapahtuma sellaisena kuin se nyt on." sv "Servicehändelsen som den är nu."
] {
    one event_id: EventId = "eventId" [en "Its identifier." fi "Tunniste." sv "Identifierare."];
    one kind: EventKind = "kind" [en "Its shape." fi "Laji." sv "Art."];
    one state: EventState = "state" [en "Its state." fi "Tila." sv "Status."];
    optional credited: Credited = "credited" [en "There when it has been credited." fi "Mukana, kun tapahtumaa on hyvitetty." sv "Finns om händelsen har krediterats."];
    one service_date: Day = "serviceDate" [en "Day of the service." fi "Palvelun päivä." sv "Dagen för tjänsten."];
    one purchasing_power_number: PurchasingPowerNumber = "purchasingPowerNumber" [en "The purchasing power." fi "Ostovoima." sv "Köpkraften."];
    one person_id: PersonId = "personId" [en "The customer." fi "Asiakas." sv "Kunden."];
    one provider_business_id: BusinessId = "providerBusinessId" [en "The provider." fi "Tuottaja." sv "Producenten."];
    optional provider_unit_code: Text60 = "providerUnitCode" [en "Its unit." fi "Sen toimipaikka." sv "Dess verksamhetsställe."];
    one service_code: ServiceCode = "serviceCode" [en "The service." fi "Palvelu." sv "Tjänsten."];
    many lines: EventLine = "line" [en "Its lines; none when the customer did not come." fi "Rivit; ei yhtään, kun asiakas ei saapunut." sv "Rader; inga om kunden uteblev."];
    one total_price: SignedMoney = "totalPrice" [en "Price of all lines." fi "Rivien hinta yhteensä." sv "Radernas pris totalt."];
    one voucher_share: SignedMoney = "voucherShare" [en "Of it the organiser pays." fi "Siitä järjestäjän osuus." sv "Därav anordnarens andel."];
    one customer_share: SignedMoney = "customerShare" [en "Of it the customer pays." fi "Siitä asiakkaan osuus." sv "Därav kundens andel."];
    optional credits_event_id: EventId = "creditsEventId" [en "Of a credit row: the event it corrects." fi "Hyvitysrivillä: korjattava tapahtuma." sv "På krediteringsrad: händelsen som rättas."];
    optional credit_reason: Reason = "creditReason" [en "Of a credit row: why." fi "Hyvitysrivillä: syy." sv "På krediteringsrad: orsak."];
    optional settlement_number: Text60 = "settlementNumber" [en "The settlement it stands on." fi "Tilitys, jolla se on." sv "Redovisningen den ingår i."];
    optional settled_at: Instant = "settledAt" [en "When it was settled." fi "Tilityksen hetki." sv "Tidpunkt för redovisning."];
    optional paid_at: Instant = "paidAt" [en "When it was paid." fi "Maksun hetki." sv "Tidpunkt för betalning."];
    one change_seq: Position = "changeSeq" [en "Place of its latest change: greater is later." fi "Viimeisimmän muutoksen järjestysnumero: suurempi on myöhempi." sv "Senaste ändringens plats: större är senare."];
    one changed_at: Instant = "changedAt" [en "When it was last changed." fi "Viimeisin muutos." sv "Senaste ändring."];
    one version: PositiveInteger = "version" [en "Rises by the provider's own changes." fi "Kasvaa tuottajan omista muutoksista." sv "Ökar med producentens egna ändringar."];
} }

contract_type! { EventLine [
    en "A line of an event. In a credit row quantity and price are positive, the amounts negative." fi "Tapahtuman rivi. Hyvitysrivillä määrä ja hinta ovat positiivisia, summat negatiivisia." sv "En rad i händelsen. På en krediteringsrad är mängd och pris positiva, beloppen negativa."
] {
    one line_no: PositiveInteger = "lineNo" [en "Its number." fi "Rivin numero." sv "Radens nummer."];
    optional procedure_code: ProcedureCode = "procedureCode" [en "Dental procedure." fi "Toimenpide." sv "Åtgärd."];
    optional unit: Unit = "unit" [en "Unit of the quantity." fi "Määrän yksikkö." sv "Mängdens enhet."];
    optional tooth: Tooth = "tooth" [en "Teeth." fi "Hampaat." sv "Tänder."];
    optional surfaces: Surfaces = "surfaces" [en "Surfaces." fi "Pinnat." sv "Ytor."];
    one quantity: Quantity = "quantity" [en "Quantity." fi "Määrä." sv "Mängd."];
    one unit_price: Money = "unitPrice" [en "Price of one." fi "Yhden hinta." sv "Pris för en."];
    one unit_value: Money = "unitValue" [en "Voucher value of one on the service date." fi "Yhden arvo palvelupäivänä." sv "Värdet av en på tjänstens dag."];
    one line_price: SignedMoney = "linePrice" [en "Quantity times price." fi "Määrä kertaa hinta." sv "Mängd gånger pris."];
    one voucher_share: SignedMoney = "voucherShare" [en "Of it the organiser pays." fi "Siitä järjestäjän osuus." sv "Därav anordnarens andel."];
    one customer_share: SignedMoney = "customerShare" [en "Of it the customer pays." fi "Siitä asiakkaan osuus." sv "Därav kundens andel."];
} }

/// The service.
pub struct GetServiceEventsOperation;

/// A page as it is answered.
#[derive(Debug)]
pub struct Page {
    events: Vec<ServiceEvent>,
    next_continuation: Option<FeedToken>,
    high_watermark: Option<FeedToken>,
}

impl Response for GetServiceEventsResponse {
    type Payload = Page;

    fn new(fault: Option<Fault>, result: ResultType, payload: Option<Page>) -> Self {
        let count = payload.as_ref().map(|page| Count(page.events.len() as u64));
        let (events, next_continuation, high_watermark) = match payload {
            Some(page) => (page.events, page.next_continuation, page.high_watermark),
            None => (Vec::new(), None, None),
        };
        GetServiceEventsResponse {
            fault,
            result,
            events,
            next_continuation,
            high_watermark,
            count,
        }
    }
}

impl Operation for GetServiceEventsOperation {
    type Request = GetServiceEventsRequest;
    type Response = GetServiceEventsResponse;
    type Payload = Page;

    const CODE: &'static str = "getServiceEvents";
    const TITLE: Docs = docs!([
        en "Read service events back"
        fi "Lue palvelutapahtumat"
        sv "Läs servicehändelser"
    ]);
    const NOTES: Docs = docs!([
        en "A base system follows its organiser's events by change, without gaps, or reads those of a window of service dates."
        fi "Perusjärjestelmä seuraa järjestäjänsä tapahtumia muutosten mukaan aukottomasti tai lukee palvelupäivien aikavälin."
        sv "Ett bassystem följer sin anordnares händelser enligt ändring, utan luckor, eller läser ett fönster av tjänstedatum."
    ]);
    const TECH_NOTES: Docs = docs!([
        en "Ask with an empty changesSince first, follow nextContinuation to the last page, keep its highWatermark and go on from it. An event comes again when it changes: store by eventId. A page may hold fewer events than pageSize and still be followed by another."
        fi "Aloita tyhjällä changesSince-kentällä, seuraa nextContinuation-kenttää viimeiselle sivulle, säilytä highWatermark ja jatka siitä. Muuttunut tapahtuma tulee uudestaan: tallenna eventId:n mukaan. Sivulla voi olla vähemmän tapahtumia kuin pageSize, ja silti seuraava sivu."
        sv "Börja med tomt changesSince, följ nextContinuation till sista sidan, spara highWatermark och fortsätt därifrån. En ändrad händelse kommer på nytt: spara enligt eventId. En sida kan ha färre händelser än pageSize och ändå följas av en till."
    ]);

    fn scope(request: &GetServiceEventsRequest) -> Scope<'_> {
        let (code, field) = organiser_code(&request.organiser);
        Scope {
            target: Target::Organiser { code, field },
            purpose: request.meta.purpose,
            source: None,
            person_ids: request.person_id.iter().map(|id| &**id).collect(),
        }
    }

    async fn decide<'a>(
        context: &'a Context<'a>,
        request: &'a GetServiceEventsRequest,
    ) -> Result<Decision<Page>, Failure> {
        let ActingFor::Organiser(organiser) = context.acting_for else {
            return Err(Refused::OrganiserMismatch.into());
        };
        // The bound is read before the rows, so that a change in between is after it, not lost.
        let head = context.services.store.feed_head().await?;
        let mut touched = Touched::nothing(DataClass::Payment);
        touched.organiser = Some(*organiser);
        let question = match examine(context, request, *organiser, head)? {
            Ok(question) => question,
            Err(rejections) => return Ok(Decision::rejected(rejections.into_vec(), touched)),
        };
        touched.persons.extend(question.filter.person_id.clone());
        let read = read(context, *organiser, &question, head).await?;
        let services = touch(context, *organiser, &read.events, &mut touched).await?;
        // A page is of many services: the mandate must cover each that it shows, or all if it is empty.
        let representation =
            question.filter.person_id.as_ref().and_then(|customer| {
                Representation::of(question.acting.clone(), customer, &services)
            });
        Ok(Decision {
            outcome: Outcome::Done {
                payload: page(read),
                warnings: Vec::new(),
            },
            touched,
            representation,
            effect: None,
            is_miss: false,
        })
    }
}

/// Notes whose data a page shows; answers the services that it is of, none if one is
/// not known any more.
async fn touch(
    context: &Context<'_>,
    organiser: registry::OrganiserCode,
    events: &[PlacedEvent],
    touched: &mut Touched,
) -> Result<Vec<ServiceType>, Failure> {
    let mut services: Vec<&str> = Vec::new();
    for PlacedEvent { event, .. } in events {
        if !touched.persons.contains(&event.person_id) {
            touched.persons.push(event.person_id.clone());
        }
        if !touched.numbers.contains(&event.number) {
            touched.numbers.push(event.number);
        }
        touched.events.push(event.id);
        if !services.contains(&event.service_code.as_str()) {
            services.push(&event.service_code);
        }
    }
    touched.rows_returned = u32::try_from(events.len()).unwrap_or(u32::MAX);
    let (mut known, mut unknown) = (Vec::new(), false);
    for service_code in services {
        let query = CreationQuery {
            organiser,
            service_code,
            chosen_provider: None,
            person_id: None,
            municipality: None,
            procedure_codes: &[],
        };
        let facts = context.services.store.creation_facts(query).await?;
        if DataClass::of_service(facts.service_types.first()) == DataClass::Health {
            touched.data_class = DataClass::Health;
        }
        if facts.service_types.is_empty() {
            unknown = true;
        }
        known.extend(facts.service_types.iter().cloned());
    }
    Ok(if unknown { Vec::new() } else { known })
}

fn page(read: Read) -> Page {
    let (next_continuation, high_watermark) = match read.end {
        End::Continues(token) => (Some(FeedToken(token)), None),
        End::Reached(token) => (None, Some(FeedToken(token))),
    };
    Page {
        events: read.events.iter().map(shown).collect(),
        next_continuation,
        high_watermark,
    }
}

fn shown(placed: &PlacedEvent) -> ServiceEvent {
    let event = &placed.event;
    let settled = event.settled.as_ref();
    let credit_of = event.credit_of.as_ref();
    ServiceEvent {
        event_id: EventId(event.id.to_string()),
        kind: event.kind,
        state: event.state,
        credited: event.credited,
        service_date: Day(event.service_date),
        purchasing_power_number: PurchasingPowerNumber(event.number.to_string()),
        person_id: PersonId(event.person_id.as_str().to_owned()),
        provider_business_id: BusinessId(event.provider.as_str().to_owned()),
        provider_unit_code: event.provider_unit_code.clone().map(Text60),
        service_code: ServiceCode(event.service_code.clone()),
        lines: event
            .lines
            .iter()
            .map(|line| shown_line(line, event.unit))
            .collect(),
        total_price: SignedMoney(event.shares.price),
        voucher_share: SignedMoney(event.shares.voucher),
        customer_share: SignedMoney(event.shares.customer),
        credits_event_id: credit_of.map(|credit| EventId(credit.event.to_string())),
        credit_reason: credit_of.map(|credit| Reason {
            code: ReasonCode(credit.reason_code.clone()),
            text: Text500(credit.reason_text.clone()),
        }),
        settlement_number: settled.map(|settled| Text60(settled.number.clone())),
        settled_at: settled.map(|settled| Instant(settled.settled_at)),
        paid_at: settled.and_then(|settled| settled.paid_at).map(Instant),
        change_seq: Position(placed.change_seq),
        changed_at: Instant(placed.changed_at),
        version: PositiveInteger(event.version),
    }
}

fn shown_line(line: &Line, unit: Unit) -> EventLine {
    let procedure = line.procedure.as_ref();
    EventLine {
        line_no: PositiveInteger(line.line_no),
        procedure_code: procedure.map(|procedure| ProcedureCode(procedure.code.clone())),
        unit: Some(unit),
        tooth: procedure.and_then(|procedure| procedure.teeth.clone().map(Tooth)),
        surfaces: procedure.and_then(|procedure| procedure.surfaces.clone().map(Surfaces)),
        quantity: Quantity(line.quantity),
        unit_price: Money(line.unit_price),
        unit_value: Money(line.unit_value),
        line_price: SignedMoney(line.shares.price),
        voucher_share: SignedMoney(line.shares.voucher),
        customer_share: SignedMoney(line.shares.customer),
    }
}
