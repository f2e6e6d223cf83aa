//! postDentalServiceEvent: a provider records, replaces or deletes a dental event.

use crate::contract::lexical::{Count, Day, PositiveInteger};
use crate::contract::shape::Docs;
use crate::contract::types::{
    BusinessId, EventId, Fault, Money, PersonId, PostMeta, ProcedureCode, ProcedureCount,
    ProfessionalNumber, PurchasingPowerNumber, Result as ResultType, Surfaces, Text60, Text80,
    Text500, Tooth,
};
use crate::domain::business_id;
use crate::domain::circumstances::Circumstances;
use crate::domain::event::{
    self, Action, Form, Proposal, ProposedLine, ProposedProcedure, Remaining,
};
use crate::domain::money::Quantity;
use crate::domain::service_event::{self, Details, ProfessionalRole, VisitType};

use crate::domain::rejection::Rejection;

use super::event::{EventReceipt, EventTotals, Recorded, decide, provider, scope, shares};
use super::{Context, Decision, Failure, Operation, Response, Scope, examined_for};

contract_enumeration! { VisitType "VisitType" [
    en "Kind of visit." fi "Käynnin laji." sv "Typ av besök."
] {
    Vastaanotto = "VASTAANOTTO" [en "at the surgery" fi "vastaanotto" sv "mottagning"];
    Eta = "ETA" [en "remote" fi "etäkäynti" sv "distansbesök"];
    Paivystys = "PAIVYSTYS" [en "emergency" fi "päivystys" sv "jour"];
} }

contract_enumeration! { ProfessionalRole "ProfessionalRole" [
    en "Role of who gave the treatment." fi "Hoidon antajan rooli." sv "Vårdgivarens roll."
] {
    Hammaslaakari = "HAMMASLAAKARI" [en "dentist" fi "hammaslääkäri" sv "tandläkare"];
    Suuhygienisti = "SUUHYGIENISTI" [en "dental hygienist" fi "suuhygienisti" sv "munhygienist"];
    Erikoishammaslaakari = "ERIKOISHAMMASLAAKARI" [en "specialist dentist" fi "erikoishammaslääkäri" sv "specialisttandläkare"];
} }

contract_type! { PostDentalServiceEventRequest [
    en "A provider records dental treatment given, replaces or deletes such an event." fi "Tuottaja kirjaa annetun hammashoidon, korvaa tai poistaa kirjauksen." sv "En producent registrerar given tandvård, ersätter eller raderar en sådan händelse."
] {
    one meta: PostMeta = "meta" [en "Who sends, why, and under which reference." fi "Kuka lähettää, miksi ja millä viitteellä." sv "Vem skickar, varför och med vilken referens."];
    one action: Action = "action" [en "What is to be done." fi "Toiminto." sv "Åtgärd."];
    optional event_id: EventId = "eventId" [en "The event to change; not with CREATE." fi "Muutettava tapahtuma; ei toiminnossa CREATE." sv "Händelsen som ändras; inte med CREATE."];
    optional expected_version: PositiveInteger = "expectedVersion" [en "Version the change was made on; not with CREATE." fi "Versio, johon muutos perustuu; ei toiminnossa CREATE." sv "Versionen som ändringen bygger på; inte med CREATE."];
    one purchasing_power_number: PurchasingPowerNumber = "purchasingPowerNumber" [en "Number from the customer." fi "Asiakkaalta saatu numero." sv "Nummer som kunden uppger."];
    one person_id: PersonId = "personId" [en "The customer." fi "Asiakas." sv "Kunden."];
    one provider_business_id: BusinessId = "providerBusinessId" [en "Who gave the treatment." fi "Hoidon antanut tuottaja." sv "Producenten som gav vården."];
    optional provider_unit_code: Text60 = "providerUnitCode" [en "Its unit." fi "Sen toimipaikka." sv "Dess verksamhetsställe."];
    one service_date: Day = "serviceDate" [en "Day of the treatment." fi "Hoidon päivä." sv "Dagen för vården."];
    optional visit_type: VisitType = "visitType" [en "Kind of visit." fi "Käynnin laji." sv "Typ av besök."];
    optional professional: Professional = "professional" [en "Who gave the treatment." fi "Hoidon antaja." sv "Vårdgivaren."];
    many(0, 50) procedures: EventProcedure = "procedure" [en "What was done; none of a no-show." fi "Tehdyt toimenpiteet; saapumatta jääneestä ei mitään." sv "Vad som gjordes; inget vid uteblivet besök."];
    optional lab_cost: Money = "labCost" [en "Laboratory cost: information, wholly the customer's." fi "Laboratoriokulut: tieto, kokonaan asiakkaan." sv "Laboratoriekostnad: uppgift, helt kundens."];
    optional no_show: bool = "noShow" [en "The customer did not come." fi "Asiakas ei saapunut." sv "Kunden uteblev."];
    optional treatment_completed: bool = "treatmentCompleted" [en "Whether the treatment is complete." fi "Onko hoito päättynyt." sv "Om vården är avslutad."];
    optional totals: EventTotals = "totals" [en "The sender's own sums." fi "Lähettäjän omat summat." sv "Avsändarens egna summor."];
    optional comment: Text500 = "comment" [en "Free text without personal identity codes." fi "Vapaa teksti ilman henkilötunnuksia." sv "Fritext utan personbeteckningar."];
} }

contract_type! { Professional [
    en "A health-care professional." fi "Terveydenhuollon ammattihenkilö." sv "Yrkesutbildad person inom hälsovården."
] {
    one role: ProfessionalRole = "role" [en "Role." fi "Rooli." sv "Roll."];
    optional terhikki_number: ProfessionalNumber = "terhikkiNumber" [en "Registration number (Terhikki)." fi "Rekisterinumero (Terhikki)." sv "Registernummer (Terhikki)."];
    optional name: Text80 = "name" [en "Name." fi "Nimi." sv "Namn."];
} }

contract_type! { EventProcedure [
    en "A procedure done." fi "Tehty toimenpide." sv "Utförd åtgärd."
] {
    one line_no: PositiveInteger = "lineNo" [en "Its number, once in the event." fi "Rivin numero, kerran tapahtumassa." sv "Radens nummer, en gång i händelsen."];
    one procedure_code: ProcedureCode = "procedureCode" [en "Procedure." fi "Toimenpide." sv "Åtgärd."];
    optional tooth: Tooth = "tooth" [en "Teeth." fi "Hampaat." sv "Tänder."];
    optional surfaces: Surfaces = "surfaces" [en "Surfaces." fi "Pinnat." sv "Ytor."];
    optional area: Text60 = "area" [en "Area: 00 whole mouth, 01 and 02 jaws, 03 to 08 sextants, 10 to 40 quadrants." fi "Alue: 00 koko suu, 01 ja 02 leuat, 03–08 sekstantit, 10–40 neljännekset." sv "Område: 00 hela munnen, 01 och 02 käkar, 03–08 sextanter, 10–40 kvadranter."];
    one count: ProcedureCount = "count" [en "Times done." fi "Lukumäärä." sv "Antal."];
    one unit_price: Money = "unitPrice" [en "Price of one." fi "Yhden hinta." sv "Pris för en."];
    optional authorised_line_no: PositiveInteger = "authorisedLineNo" [en "The granted line it belongs to; by default the first that fits." fi "Myönnetty rivi, johon se kuuluu; oletuksena ensimmäinen sopiva." sv "Den beviljade raden; annars den första som passar."];
} }

contract_type! { PostDentalServiceEventResponse [
    en "The event as it is now, or why nothing was done." fi "Tapahtuma nyt, tai syy, miksi mitään ei tehty." sv "Händelsen nu, eller varför inget gjordes."
] {
    optional fault: Fault = "fault" [en "First error of a rejected request." fi "Hylätyn pyynnön ensimmäinen virhe." sv "Det första felet i en avvisad begäran."];
    one result: ResultType = "result" [en "Outcome." fi "Tulos." sv "Resultat."];
    optional event: EventReceipt = "event" [en "The event." fi "Tapahtuma." sv "Händelsen."];
    optional remaining: DentalRemaining = "remaining" [en "What is left of the purchasing power." fi "Ostovoimasta jäljellä." sv "Vad som finns kvar av köpkraften."];
} }

contract_type! { DentalRemaining [
    en "What is left of the ceiling and of each granted line." fi "Katosta ja kustakin myönnetystä rivistä jäljellä." sv "Vad som finns kvar av taket och av varje beviljad rad."
] {
    optional ceiling_remaining: Money = "ceilingRemaining" [en "Left of the ceiling, where there is one." fi "Katosta jäljellä, jos sellainen on." sv "Kvar av taket, om ett sådant finns."];
    many lines: DentalRemainingLine = "line" [en "Granted lines." fi "Myönnetyt rivit." sv "Beviljade rader."];
} }

contract_type! { DentalRemainingLine [
    en "What is left of a granted line." fi "Myönnetystä rivistä jäljellä." sv "Vad som finns kvar av en beviljad rad."
] {
    one line_no: PositiveInteger = "lineNo" [en "Its number." fi "Rivin numero." sv "Radens nummer."];
    one remaining_count: Count = "remainingCount" [en "Times left." fi "Jäljellä oleva määrä." sv "Återstående antal."];
} }

/// The service.
pub struct PostDentalServiceEventOperation;

/// What is answered of an event that was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct DentalServiceEventAnswer {
    pub event: EventReceipt,
    pub remaining: Option<DentalRemaining>,
}

impl Response for PostDentalServiceEventResponse {
    type Payload = DentalServiceEventAnswer;

    fn new(
        fault: Option<Fault>,
        result: ResultType,
        payload: Option<DentalServiceEventAnswer>,
    ) -> Self {
        let (event, remaining) = match payload {
            Some(payload) => (Some(payload.event), payload.remaining),
            None => (None, None),
        };
        PostDentalServiceEventResponse {
            fault,
            result,
            event,
            remaining,
        }
    }
}

impl Operation for PostDentalServiceEventOperation {
    type Request = PostDentalServiceEventRequest;
    type Response = PostDentalServiceEventResponse;
    type Payload = DentalServiceEventAnswer;

    const CODE: &'static str = "postDentalServiceEvent";
    const TITLE: Docs = docs!([
        en "Record a dental event"
        fi "Kirjaa suun terveydenhuollon tapahtuma"
        sv "Registrera en tandvårdshändelse"
    ]);
    const NOTES: Docs = docs!([
        en "A provider records dental treatment given on a dental purchasing power. Everything wrong with a message is answered at once, and nothing is then stored."
        fi "Tuottaja kirjaa suun terveydenhuollon ostovoimalle annetun hoidon. Kaikki sanoman virheet kerrotaan kerralla, eikä mitään silloin tallenneta."
        sv "En producent registrerar given tandvård på en köpkraft för tandvård. Alla fel i ett meddelande anges på en gång, och då sparas inget."
    ]);
    const TECH_NOTES: Docs = docs!([
        en "Safe to send again: the same message id, or the same sourceReference, with the same content gets the first answer with replayed true. UPDATE replaces an event whole; DELETE reads eventId, expectedVersion, number, person and provider alone."
        fi "Voidaan lähettää uudelleen: sama sanomatunniste tai sama sourceReference samalla sisällöllä saa ensimmäisen vastauksen, replayed on true. UPDATE korvaa tapahtuman kokonaan; DELETE lukee vain kentät eventId ja expectedVersion sekä numeron, henkilön ja tuottajan."
        sv "Kan skickas på nytt: samma meddelande-id eller samma sourceReference med samma innehåll får det första svaret, replayed är true. UPDATE ersätter en händelse helt; DELETE läser endast eventId, expectedVersion, nummer, person och producent."
    ]);

    fn scope(request: &PostDentalServiceEventRequest) -> Scope<'_> {
        scope(
            &request.meta,
            &request.provider_business_id,
            &request.person_id,
        )
    }

    fn examine(
        request: &PostDentalServiceEventRequest,
        circumstances: Circumstances,
    ) -> Vec<Rejection> {
        examined_for(&request.provider_business_id, |provider| {
            event::examine(proposal(request, provider), circumstances).rejections
        })
    }

    async fn decide<'a>(
        context: &'a Context<'a>,
        request: &'a PostDentalServiceEventRequest,
    ) -> Result<Decision<DentalServiceEventAnswer>, Failure> {
        let proposal = proposal(request, provider(context)?);
        Ok(decide(context, proposal).await?.map(answer))
    }
}

fn proposal<'a>(
    request: &'a PostDentalServiceEventRequest,
    provider: &'a business_id::BusinessId,
) -> Proposal<'a> {
    Proposal {
        form: Form::Dental,
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
        lines: request.procedures.iter().map(proposed).collect(),
        details: details(request),
        totals: request.totals.as_ref().map(shares),
    }
}

fn proposed(line: &EventProcedure) -> ProposedLine<'_> {
    ProposedLine {
        line_no: line.line_no.0,
        quantity: Quantity(i64::from(line.count.0) * 1000),
        unit_price: line.unit_price.0,
        procedure: Some(ProposedProcedure {
            code: &line.procedure_code,
            tooth: line.tooth.as_deref(),
            surfaces: line.surfaces.as_deref(),
            area: line.area.as_deref(),
            count: line.count.0,
            authorised_line_no: line.authorised_line_no.map(|line_no| line_no.0),
        }),
    }
}

fn details(request: &PostDentalServiceEventRequest) -> Details {
    Details {
        visit_type: request.visit_type,
        professional: request.professional.as_ref().map(|professional| {
            service_event::Professional {
                role: professional.role,
                terhikki_number: professional
                    .terhikki_number
                    .as_ref()
                    .map(|number| number.0.clone()),
                name: professional.name.as_ref().map(|name| name.0.clone()),
            }
        }),
        lab_cost: request.lab_cost.map(|cost| cost.0),
        no_show: request.no_show,
        treatment_completed: request.treatment_completed,
        comment: request.comment.as_ref().map(|text| text.0.clone()),
    }
}

fn answer(recorded: Recorded) -> DentalServiceEventAnswer {
    let remaining = match recorded.remaining {
        Remaining::Dental { ceiling, lines } => Some(DentalRemaining {
            ceiling_remaining: ceiling.map(Money),
            lines: lines
                .into_iter()
                .map(|(line_no, left)| DentalRemainingLine {
                    line_no: PositiveInteger(line_no),
                    remaining_count: Count(u64::from(left)),
                })
                .collect(),
        }),
        Remaining::Quantity { .. } => None,
    };
    DentalServiceEventAnswer {
        event: recorded.receipt,
        remaining,
    }
}
