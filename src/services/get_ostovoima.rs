//! getOstovoima: a provider looks a purchasing power up by its number. Reserves nothing.

use crate::contract::lexical::{Count, Day, Instant, PositiveInteger};
use crate::contract::shape::Docs;
use crate::contract::types::{
    BusinessId, Decimal, Fault, Money, Oid, OrganiserCode, PersonId, ProcedureCode,
    PurchasingPowerNumber, Quantity, QueryMeta, Result as ResultType, ServiceCode, Surfaces,
    Text60, Text80, Tooth,
};
use crate::domain::access::DataClass;
use crate::domain::authorisation::ActingFor;
use crate::domain::business_id;
use crate::domain::circumstances::Circumstances;
use crate::domain::customer::Language;
use crate::domain::grant::Procedures;
use crate::domain::lookup::{
    self, ContentView, Examined, LineView, PriceView, Question, Verdict, View, examine,
};
use crate::domain::national_code::MunicipalityCode;
use crate::domain::period::Period;
use crate::domain::purchasing_power::{DentalMode, Kind, State, ValueBasis};
use crate::domain::registry::{self, Instrument, LegalBasis, Unit};
use crate::domain::rejection::Rejection;
use crate::store::{EventsWanted, GrantFacts, GrantQuery, StoreError, Subject};

use super::{
    Context, Decision, Failure, Operation, Outcome, Response, Scope, Target, Touched, examined_for,
};

contract_type! { GetOstovoimaRequest [
    en "A provider looks a purchasing power up by its number." fi "Tuottaja hakee ostovoiman sen numerolla." sv "En producent hämtar en köpkraft med dess nummer."
] {
    one meta: QueryMeta = "meta" [en "Who asks, and why." fi "Kuka kysyy ja miksi." sv "Vem frågar och varför."];
    one purchasing_power_number: PurchasingPowerNumber = "purchasingPowerNumber" [en "Number from the customer." fi "Asiakkaalta saatu numero." sv "Nummer som kunden uppger."];
    one provider_business_id: BusinessId = "providerBusinessId" [en "The asking provider." fi "Kysyvä tuottaja." sv "Den frågande producenten."];
    optional provider_unit_code: Text60 = "providerUnitCode" [en "Its unit." fi "Sen toimipaikka." sv "Dess verksamhetsställe."];
    optional person_id: PersonId = "personId" [en "When given, it must be the customer's." fi "Annettuna sen on oltava asiakkaan." sv "Om den anges måste den vara kundens."];
    optional service_date: Day = "serviceDate" [en "Day of the service; today when absent." fi "Palvelun päivä; puuttuessa tämä päivä." sv "Dagen för tjänsten; i dag om den utelämnas."];
    many(0, 50) procedure_codes: ProcedureCode = "procedureCode" [en "Procedures whose prices are asked, under a price list with a ceiling." fi "Toimenpiteet, joiden hintoja kysytään hinnaston ja katon mukaan." sv "Åtgärder vars priser frågas, under prislista med tak."];
} }

contract_type! { GetOstovoimaResponse [
    en "The purchasing power, or why it is not shown." fi "Ostovoima tai syy, miksi sitä ei näytetä." sv "Köpkraften, eller varför den inte visas."
] {
    optional fault: Fault = "fault" [en "First error of a rejected request." fi "Hylätyn pyynnön ensimmäinen virhe." sv "Det första felet i en avvisad begäran."];
    one result: ResultType = "result" [en "Outcome." fi "Tulos." sv "Resultat."];
    optional ostovoima: Ostovoima = "ostovoima" [en "The purchasing power." fi "Ostovoima." sv "Köpkraften."];
} }

contract_type! { Ostovoima [
    en "A purchasing power as a provider sees it." fi "Ostovoima tuottajan näkymässä." sv "Köpkraften så som producenten ser den."
] {
    one purchasing_power_number: PurchasingPowerNumber = "purchasingPowerNumber" [en "Its number." fi "Numero." sv "Nummer."];
    one kind: Kind = "kind" [en "Its shape." fi "Laji." sv "Art."];
    one instrument: Instrument = "instrument" [en "Voucher or purchased service." fi "Palveluseteli tai ostopalvelu." sv "Servicesedel eller köpt tjänst."];
    one state: State = "state" [en "Its state today." fi "Tila tänään." sv "Status i dag."];
    one valid_from: Day = "validFrom" [en "First day." fi "Ensimmäinen päivä." sv "Första dagen."];
    one valid_to: Day = "validTo" [en "Last day, included." fi "Viimeinen päivä, mukaan lukien." sv "Sista dagen, inkluderad."];
    one organiser: Organiser = "organiser" [en "Who grants and pays." fi "Kuka myöntää ja maksaa." sv "Vem som beviljar och betalar."];
    one service: Service = "service" [en "The service." fi "Palvelu." sv "Tjänsten."];
    one customer: ShownCustomer = "customer" [en "The customer." fi "Asiakas." sv "Kunden."];
    choice content: Content;
    optional chosen_provider_business_id: BusinessId = "chosenProviderBusinessId" [en "The one provider who may use it." fi "Ainoa tuottaja, joka voi käyttää sitä." sv "Den enda producent som får använda den."];
    optional osva: Osva = "osva" [en "Kanta ostopalveluvaltuutus." fi "Kannan ostopalveluvaltuutus." sv "Kantas fullmakt för köpta tjänster."];
    one version: PositiveInteger = "version" [en "Version of the purchasing power." fi "Ostovoiman versio." sv "Köpkraftens version."];
    one as_of: Instant = "asOf" [en "When this was so." fi "Tietojen hetki." sv "Tidpunkt för uppgifterna."];
} }

contract_type! { Organiser [
    en "The organiser." fi "Järjestäjä." sv "Anordnaren."
] {
    choice code: OrganiserCode;
    one name: String = "name" [en "Its name." fi "Nimi." sv "Namn."];
    optional contact: String = "contact" [en "How to reach it." fi "Yhteystieto." sv "Kontaktuppgift."];
} }

contract_type! { Service [
    en "The service." fi "Palvelu." sv "Tjänsten."
] {
    one service_code: ServiceCode = "serviceCode" [en "Its code." fi "Tunnus." sv "Kod."];
    one name_fi: String = "nameFi" [en "Name in Finnish." fi "Nimi suomeksi." sv "Namn på finska."];
    optional name_sv: String = "nameSv" [en "Name in Swedish." fi "Nimi ruotsiksi." sv "Namn på svenska."];
    one unit: Unit = "unit" [en "Unit it is counted in." fi "Yksikkö." sv "Enhet."];
    one legal_basis: LegalBasis = "legalBasis" [en "Act that the purchasing power rests on." fi "Ostovoiman oikeusperuste." sv "Köpkraftens rättsgrund."];
    one free_of_charge: bool = "freeOfCharge" [en "Whether the customer may pay nothing." fi "Onko palvelu asiakkaalle maksuton." sv "Om tjänsten är avgiftsfri för kunden."];
    optional service_class_code: String = "serviceClassCode" [en "Class in the national classification." fi "Palveluluokka." sv "Serviceklass."];
    optional ptv_service_id: String = "ptvServiceId" [en "Identifier in the Finnish service catalogue." fi "Tunniste palvelutietovarannossa." sv "Identifierare i servicedatalagret."];
} }

contract_type! { ShownCustomer [
    en "The customer as a provider sees them. No address is kept." fi "Asiakas tuottajan näkymässä. Osoitetta ei säilytetä." sv "Kunden så som producenten ser den. Ingen adress sparas."
] {
    one person_id: PersonId = "personId" [en "Personal identity code." fi "Henkilötunnus." sv "Personbeteckning."];
    one given_names: Text80 = "givenNames" [en "Given names." fi "Etunimet." sv "Förnamn."];
    one family_name: Text80 = "familyName" [en "Family name." fi "Sukunimi." sv "Efternamn."];
    optional language: Language = "language" [en "Language of service." fi "Asiointikieli." sv "Servicespråk."];
    optional municipality_of_residence: MunicipalityCode = "municipalityOfResidence" [en "Municipality of residence, where it may be told." fi "Kotikunta, jos sen saa kertoa." sv "Hemkommun, om den får lämnas ut."];
} }

contract_choice! { Content [
    en "What is granted, by kind." fi "Myönnetty sisältö lajin mukaan." sv "Det beviljade enligt art."
] {
    Ordinary: Ordinary = "ordinary" [en "So many units a period." fi "Määrä jaksoa kohti." sv "Mängd per period."];
    Saldo: Saldo = "saldo" [en "A balance." fi "Saldo." sv "Saldo."];
    Dental: Dental = "dental" [en "Dental procedures." fi "Suun toimenpiteet." sv "Tandvårdsåtgärder."];
} }

contract_type! { Ordinary [
    en "So many units a period. Amounts are those of the service date, moved to the nearest day of the validity." fi "Määrä jaksoa kohti. Arvot ovat palvelupäivän, siirrettynä lähimpään voimassaolopäivään." sv "Mängd per period. Beloppen gäller tjänstens dag, flyttad till närmaste giltiga dag."
] {
    one unit: Unit = "unit" [en "Unit." fi "Yksikkö." sv "Enhet."];
    one unit_value: Money = "unitValue" [en "Voucher value of one unit." fi "Yhden yksikön arvo." sv "Värdet av en enhet."];
    optional max_unit_price: Money = "maxUnitPrice" [en "Highest price of one unit." fi "Yhden yksikön kattohinta." sv "Högsta pris för en enhet."];
    one value_basis: ValueBasis = "valueBasis" [en "How the value was set." fi "Arvon peruste." sv "Värdets grund."];
    one quantity_per_period: Quantity = "quantityPerPeriod" [en "Quantity granted each period." fi "Määrä jaksoa kohti." sv "Mängd per period."];
    one period: Period = "period" [en "Period." fi "Jakso." sv "Period."];
    one period_key: Text60 = "periodKey" [en "The period of the service date: 2026-03, 2026, 2026-W12, 2026-03-16 or ALL." fi "Palvelupäivän jakso: 2026-03, 2026, 2026-W12, 2026-03-16 tai ALL." sv "Tjänstens period: 2026-03, 2026, 2026-W12, 2026-03-16 eller ALL."];
    one used: Decimal = "used" [en "Used in the period." fi "Käytetty jaksolla." sv "Använt under perioden."];
    one remaining: Decimal = "remaining" [en "Left in the period." fi "Jäljellä jaksolla." sv "Kvar under perioden."];
    one total_remaining: Decimal = "totalRemaining" [en "Left in all periods from this one on." fi "Jäljellä kaikilla jaksoilla tästä eteenpäin." sv "Kvar i alla perioder från och med denna."];
} }

contract_type! { Saldo [
    en "A balance in euros or units." fi "Saldo euroina tai yksikköinä." sv "Saldo i euro eller enheter."
] {
    one balance_unit: Unit = "balanceUnit" [en "Unit of the balance." fi "Saldon yksikkö." sv "Saldots enhet."];
    one total: Decimal = "total" [en "Granted in all." fi "Myönnetty yhteensä." sv "Beviljat totalt."];
    one used: Decimal = "used" [en "Used." fi "Käytetty." sv "Använt."];
    one remaining: Decimal = "remaining" [en "Left." fi "Jäljellä." sv "Kvar."];
    optional unit_value: Money = "unitValue" [en "Value of one unit." fi "Yhden yksikön arvo." sv "Värdet av en enhet."];
    optional per_event_max: Decimal = "perEventMax" [en "Most that one event may use." fi "Enimmäiskäyttö tapahtumaa kohti." sv "Högsta användning per händelse."];
} }

contract_type! { Dental [
    en "Dental procedures granted." fi "Myönnetyt suun toimenpiteet." sv "Beviljade tandvårdsåtgärder."
] {
    one mode: DentalMode = "mode" [en "How they are granted." fi "Myöntämistapa." sv "Sätt att bevilja."];
    optional ceiling: Money = "ceiling" [en "Most that can be paid." fi "Enimmäismäärä." sv "Högsta belopp."];
    optional ceiling_remaining: Money = "ceilingRemaining" [en "Left of it." fi "Siitä jäljellä." sv "Kvar av det."];
    many lines: DentalLine = "line" [en "Granted lines." fi "Myönnetyt rivit." sv "Beviljade rader."];
    many price_items: PriceItem = "priceItem" [en "Prices of the procedures asked." fi "Kysyttyjen toimenpiteiden hinnat." sv "Priser för de efterfrågade åtgärderna."];
} }

contract_type! { DentalLine [
    en "A granted line." fi "Myönnetty rivi." sv "Beviljad rad."
] {
    one line_no: PositiveInteger = "lineNo" [en "Its number." fi "Rivin numero." sv "Radens nummer."];
    one procedure_code: ProcedureCode = "procedureCode" [en "Procedure." fi "Toimenpide." sv "Åtgärd."];
    optional name_fi: String = "nameFi" [en "Its name in Finnish." fi "Sen nimi suomeksi." sv "Dess namn på finska."];
    optional tooth: Tooth = "tooth" [en "Teeth." fi "Hampaat." sv "Tänder."];
    optional surfaces: Surfaces = "surfaces" [en "Surfaces." fi "Pinnat." sv "Ytor."];
    one max_count: PositiveInteger = "maxCount" [en "Times granted." fi "Myönnetty määrä." sv "Beviljat antal."];
    one used_count: Count = "usedCount" [en "Times used." fi "Käytetty määrä." sv "Använt antal."];
    one unit_value: Money = "unitValue" [en "Value of one." fi "Yhden arvo." sv "Värdet av en."];
    optional max_price: Money = "maxPrice" [en "Highest price of one." fi "Yhden kattohinta." sv "Högsta pris för en."];
} }

contract_type! { PriceItem [
    en "Price of a procedure." fi "Toimenpiteen hinta." sv "Åtgärdens pris."
] {
    one procedure_code: ProcedureCode = "procedureCode" [en "Procedure." fi "Toimenpide." sv "Åtgärd."];
    optional name_fi: String = "nameFi" [en "Its name in Finnish." fi "Sen nimi suomeksi." sv "Dess namn på finska."];
    one voucher_value: Money = "voucherValue" [en "What is paid for it." fi "Siitä maksettava arvo." sv "Vad som betalas för den."];
    optional max_price: Money = "maxPrice" [en "Its highest price." fi "Kattohinta." sv "Högsta pris."];
} }

contract_type! { Osva [
    en "Kanta ostopalveluvaltuutus." fi "Kannan ostopalveluvaltuutus." sv "Kantas fullmakt för köpta tjänster."
] {
    one required: bool = "required" [en "Whether events need one." fi "Vaativatko tapahtumat sen." sv "Om händelser kräver en."];
    optional doc_oid: Oid = "docOid" [en "Its OID." fi "Sen OID." sv "Dess OID."];
} }

/// The service.
pub struct GetOstovoimaOperation;

impl Response for GetOstovoimaResponse {
    type Payload = Ostovoima;

    fn new(fault: Option<Fault>, result: ResultType, payload: Option<Ostovoima>) -> Self {
        GetOstovoimaResponse {
            fault,
            result,
            ostovoima: payload,
        }
    }
}

impl Operation for GetOstovoimaOperation {
    type Request = GetOstovoimaRequest;
    type Response = GetOstovoimaResponse;
    type Payload = Ostovoima;

    const CODE: &'static str = "getOstovoima";
    const TITLE: Docs = docs!([
        en "Look a purchasing power up"
        fi "Hae ostovoima"
        sv "Hämta en köpkraft"
    ]);
    const NOTES: Docs = docs!([
        en "A provider sees what a customer's purchasing power pays for, and what is left of it. Nothing is reserved."
        fi "Palveluntuottaja näkee, mitä asiakkaan ostovoima korvaa ja mitä siitä on jäljellä. Mitään ei varata."
        sv "Tjänsteproducenten ser vad kundens köpkraft betalar och vad som finns kvar. Inget reserveras."
    ]);
    const TECH_NOTES: Docs = docs!([
        en "The number is a capability: whoever may not see the purchasing power gets PP_NOT_FOUND. Ten look-ups in ten minutes that find nothing lead to RATE_LIMITED."
        fi "Numero on avain: jolla ei ole oikeutta, saa koodin PP_NOT_FOUND. Kymmenen tuloksetonta hakua kymmenessä minuutissa johtaa koodiin RATE_LIMITED."
        sv "Numret är en nyckel: den som saknar rätt får PP_NOT_FOUND. Tio sökningar utan träff på tio minuter leder till RATE_LIMITED."
    ]);

    fn scope(request: &GetOstovoimaRequest) -> Scope<'_> {
        Scope {
            target: Target::Provider(&request.provider_business_id),
            purpose: request.meta.purpose,
            source: None,
            person_ids: request
                .person_id
                .iter()
                .map(|person_id| &**person_id)
                .collect(),
        }
    }

    fn examine(request: &GetOstovoimaRequest, circumstances: Circumstances) -> Vec<Rejection> {
        let codes: Vec<&str> = request.procedure_codes.iter().map(|code| &**code).collect();
        examined_for(&request.provider_business_id, |provider| {
            examine(question(request, provider, &codes), circumstances).rejections
        })
    }

    async fn decide<'a>(
        context: &'a Context<'a>,
        request: &'a GetOstovoimaRequest,
    ) -> Result<Decision<Ostovoima>, Failure> {
        let ActingFor::Provider(provider) = context.acting_for else {
            return Err(crate::domain::authorisation::Refused::ProviderMismatch.into());
        };
        let codes: Vec<&str> = request.procedure_codes.iter().map(|code| &**code).collect();
        let examined = examine(question(request, provider, &codes), context.circumstances);
        let facts = match examined.number {
            Some(number) => {
                let query = GrantQuery {
                    subject: Subject::Number(number),
                    event: None,
                    provider: Some(provider),
                    procedure_codes: &codes,
                    codes_of_lines: true,
                    events: EventsWanted::None,
                    customer_grants: false,
                };
                context.services.store.grant_facts(query).await?
            }
            None => None,
        };
        decide(context, examined, facts.as_ref())
    }
}

fn question<'a>(
    request: &'a GetOstovoimaRequest,
    provider: &'a business_id::BusinessId,
    codes: &'a [&'a str],
) -> Question<'a> {
    Question {
        number: &request.purchasing_power_number,
        provider,
        provider_unit_code: request.provider_unit_code.as_deref(),
        person_id: request.person_id.as_deref(),
        service_date: request.service_date.map(|day| day.0),
        procedure_codes: codes,
        acting_person_id: request.meta.acting_person_id.as_deref(),
    }
}

fn decide(
    context: &Context<'_>,
    examined: Examined<'_>,
    facts: Option<&GrantFacts>,
) -> Result<Decision<Ostovoima>, Failure> {
    let service = facts.and_then(|facts| facts.service_types.first());
    let mut touched = Touched::nothing(DataClass::of_service(service));
    touched.organiser = facts.map(|facts| facts.grant.organiser);
    touched.numbers.extend(examined.number);
    touched.persons.extend(examined.person_id().cloned());
    let known = facts.map(|facts| lookup::Facts {
        grant: &facts.grant,
        customer: &facts.customer,
        organiser: &facts.organiser,
        service_types: &facts.service_types,
        provider: facts.provider.as_deref(),
        approvals: &facts.approvals,
        procedures: Procedures {
            code_items: &facts.procedures.code_items,
            price_items: &facts.procedures.price_items,
        },
    });
    let mut is_miss = false;
    let mut representation = None;
    let outcome = match lookup::decide(examined, known, context.circumstances) {
        Verdict::Show {
            view,
            representation: needed,
        } => {
            representation = needed;
            touched.persons = vec![view.customer.person_id.clone()];
            touched.rows_returned = 1;
            Outcome::Done {
                payload: shown(&view, context.now),
                warnings: Vec::new(),
            }
        }
        Verdict::Reject {
            rejections,
            not_found,
        } => {
            touched.reason = not_found.map(lookup::NotFound::as_str);
            is_miss = not_found.is_some_and(lookup::NotFound::is_miss);
            Outcome::Rejected(rejections)
        }
        Verdict::Incomplete => {
            let text = "a purchasing power's service is not in the registry any more: apply a registry that has it";
            return Err(StoreError::Unavailable(text.to_owned()).into());
        }
    };
    Ok(Decision {
        outcome,
        touched,
        representation,
        effect: None,
        is_miss,
    })
}

fn shown(view: &View<'_>, now: jiff::Timestamp) -> Ostovoima {
    let grant = view.grant;
    let osva_oid = grant.decision.osva_doc_oid.clone().map(Oid);
    Ostovoima {
        purchasing_power_number: PurchasingPowerNumber(grant.number.to_string()),
        kind: grant.kind(),
        instrument: grant.instrument,
        state: view.state,
        valid_from: Day(grant.valid_from),
        valid_to: Day(grant.valid_to),
        organiser: Organiser {
            code: match grant.organiser {
                registry::OrganiserCode::Municipality(code) => OrganiserCode::Municipality(code),
                registry::OrganiserCode::County(code) => OrganiserCode::County(code),
            },
            name: view.organiser.name_fi.clone(),
            contact: view.organiser.contact.clone(),
        },
        service: Service {
            service_code: ServiceCode(grant.service_code.clone()),
            name_fi: view.service.name_fi.clone(),
            name_sv: view.service.name_sv.clone(),
            unit: view.service.unit,
            legal_basis: grant.decision.legal_basis,
            free_of_charge: view.service.free_of_charge,
            service_class_code: view
                .service
                .service_class
                .as_ref()
                .map(|class| class.code.clone()),
            ptv_service_id: view.service.ptv_service_id.clone(),
        },
        customer: ShownCustomer {
            person_id: PersonId(view.customer.person_id.as_str().to_owned()),
            given_names: Text80(view.customer.given_names.clone()),
            family_name: Text80(view.customer.family_name.clone()),
            language: view.customer.language,
            municipality_of_residence: view.municipality_of_residence,
        },
        content: content(view),
        chosen_provider_business_id: view
            .providers
            .chosen
            .as_ref()
            .map(|provider| BusinessId(provider.as_str().to_owned())),
        osva: (view.service.osva_required || osva_oid.is_some()).then_some(Osva {
            required: view.service.osva_required,
            doc_oid: osva_oid,
        }),
        version: PositiveInteger(grant.version),
        as_of: Instant(now),
    }
}

fn content(view: &View<'_>) -> Content {
    match &view.content {
        ContentView::Ordinary(ordinary) => Content::Ordinary(Ordinary {
            unit: view.grant.unit(),
            unit_value: Money(ordinary.unit_value),
            max_unit_price: ordinary.max_unit_price.map(Money),
            value_basis: view.grant.decision.value_basis,
            quantity_per_period: Quantity(ordinary.quantity),
            period: ordinary.period,
            period_key: Text60(ordinary.period_key.to_string()),
            used: Decimal::Quantity(ordinary.used),
            remaining: Decimal::Quantity(ordinary.remaining),
            total_remaining: Decimal::Quantity(ordinary.total_remaining),
        }),
        ContentView::Saldo(view) => {
            let saldo = view.saldo;
            let amount = |amount| Decimal::of(saldo.unit, amount);
            Content::Saldo(Saldo {
                balance_unit: saldo.unit,
                total: amount(saldo.total),
                used: amount(saldo.used),
                remaining: amount(saldo.remaining()),
                unit_value: view.unit_value.map(Money),
                per_event_max: saldo.per_event_max.map(amount),
            })
        }
        ContentView::Dental(view) => Content::Dental(Dental {
            mode: view.dental.mode,
            ceiling: view.dental.ceiling.map(Money),
            ceiling_remaining: view.dental.ceiling_remaining().map(Money),
            lines: view.lines.iter().map(line).collect(),
            price_items: view.prices.iter().map(price_item).collect(),
        }),
    }
}

fn line(view: &LineView<'_>) -> DentalLine {
    let line = view.line;
    DentalLine {
        line_no: PositiveInteger(line.line_no),
        procedure_code: ProcedureCode(line.procedure_code.clone()),
        name_fi: view.name_fi.map(str::to_owned),
        tooth: line.teeth.clone().map(Tooth),
        surfaces: line.surfaces.clone().map(Surfaces),
        max_count: PositiveInteger(u64::from(line.max_count)),
        used_count: Count(u64::from(line.used_count)),
        unit_value: Money(view.unit_value),
        max_price: view.max_price.map(Money),
    }
}

fn price_item(view: &PriceView<'_>) -> PriceItem {
    PriceItem {
        procedure_code: ProcedureCode(view.procedure_code.to_owned()),
        name_fi: view.name_fi.map(str::to_owned),
        voucher_value: Money(view.voucher_value),
        max_price: view.max_price.map(Money),
    }
}
