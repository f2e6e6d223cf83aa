//! postPurchasingPower: a base system grants an ordinary purchasing power.

use openssl::rand::rand_bytes;

use crate::clock::date_in_helsinki;
use crate::contract::lexical::{Day, PositiveInteger};
use crate::contract::shape::Docs;
use crate::contract::types::{
    Customer, Fault, Money, OrganiserCode, PostMeta, PurchasingPowerNumber, PurchasingPowerReceipt,
    Quantity, Reason, Result as ResultType, Terms,
};
use crate::domain::access::DataClass;
use crate::domain::authorisation::{ActingFor, Refused};
use crate::domain::code::Code;
use crate::domain::create::{
    Examined, Facts, Proposal, ProposedCustomer, ProposedOrdinary, ProposedTerms, Verdict, decide,
    examine,
};
use crate::domain::ledger::{Posting, PostingKind};
use crate::domain::money::Cents;
use crate::domain::number;
use crate::domain::period::Period;
use crate::domain::registry::{self, Unit};
use crate::domain::rejection::{Group, Rejection};
use crate::secrets::SecretsError;
use crate::store::{CreationFacts, CreationQuery, Effect};

use super::{Context, Decision, Failure, Operation, Outcome, Response, Scope, Target, Touched};

/// What is to be done with a purchasing power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Amend,
    Cancel,
    Suspend,
    Resume,
}

contract_enumeration! { Action "PurchasingPowerAction" [
    en "What is to be done." fi "Toiminto." sv "Åtgärd."
] {
    Create = "CREATE" [en "grant a new one" fi "myönnä uusi" sv "bevilja en ny"];
    Amend = "AMEND" [en "change it from a day on" fi "muuta päivästä alkaen" sv "ändra från en dag"];
    Cancel = "CANCEL" [en "annul it from a day on" fi "mitätöi päivästä alkaen" sv "annullera från en dag"];
    Suspend = "SUSPEND" [en "suspend it" fi "keskeytä" sv "avbryt"];
    Resume = "RESUME" [en "end the suspension" fi "jatka keskeytyksen jälkeen" sv "återuppta"];
} }

contract_type! { PostPurchasingPowerRequest [
    en "A base system grants an ordinary purchasing power, or changes one." fi "Perusjärjestelmä myöntää tavallisen ostovoiman tai muuttaa sitä." sv "Ett bassystem beviljar en vanlig köpkraft eller ändrar den."
] {
    one meta: PostMeta = "meta" [en "Who sends, why, and under which reference." fi "Kuka lähettää, miksi ja millä viitteellä." sv "Vem skickar, varför och med vilken referens."];
    one action: Action = "action" [en "What is to be done." fi "Toiminto." sv "Åtgärd."];
    optional purchasing_power_number: PurchasingPowerNumber = "purchasingPowerNumber" [en "Number of the one to change; not with CREATE." fi "Muutettavan numero; ei toiminnossa CREATE." sv "Nummer på den som ändras; inte med CREATE."];
    optional expected_version: PositiveInteger = "expectedVersion" [en "Version the change was made on; not with CREATE." fi "Versio, johon muutos perustuu; ei toiminnossa CREATE." sv "Versionen som ändringen bygger på; inte med CREATE."];
    one organiser: OrganiserCode = "organiser" [en "Who grants and pays." fi "Kuka myöntää ja maksaa." sv "Vem som beviljar och betalar."];
    optional effective_from: Day = "effectiveFrom" [en "Day the change holds from; not with CREATE." fi "Muutoksen alkupäivä; ei toiminnossa CREATE." sv "Dagen ändringen gäller från; inte med CREATE."];
    optional reason: Reason = "reason" [en "Why; not with CREATE." fi "Syy; ei toiminnossa CREATE." sv "Orsak; inte med CREATE."];
    optional customer: Customer = "customer" [en "The customer; with CREATE only." fi "Asiakas; vain toiminnossa CREATE." sv "Kunden; endast med CREATE."];
    optional terms: Terms = "terms" [en "Decision, validity and references." fi "Päätös, voimassaolo ja viitteet." sv "Beslut, giltighet och referenser."];
    optional ordinary: OrdinaryTerms = "ordinary" [en "Quantities and values." fi "Määrät ja arvot." sv "Mängder och värden."];
} }

contract_type! { OrdinaryTerms [
    en "So many units a period, at a value each." fi "Määrä jaksoa kohti ja yksikön arvo." sv "Mängd per period och värde per enhet."
] {
    one unit: Unit = "unit" [en "Unit; that of the service." fi "Yksikkö; palvelun oma." sv "Enhet; tjänstens egen."];
    one quantity_per_period: Quantity = "quantityPerPeriod" [en "Quantity granted each period." fi "Määrä jaksoa kohti." sv "Mängd per period."];
    one period: Period = "period" [en "Period." fi "Jakso." sv "Period."];
    one unit_value: Money = "unitValue" [en "Voucher value of one unit." fi "Yhden yksikön arvo." sv "Värdet av en enhet."];
    optional max_unit_price: Money = "maxUnitPrice" [en "Highest price of one unit." fi "Yhden yksikön kattohinta." sv "Högsta pris för en enhet."];
} }

contract_type! { PostPurchasingPowerResponse [
    en "The purchasing power as it is now, or why nothing was done." fi "Ostovoima nyt, tai syy, miksi mitään ei tehty." sv "Köpkraften nu, eller varför inget gjordes."
] {
    optional fault: Fault = "fault" [en "First error of a rejected request." fi "Hylätyn pyynnön ensimmäinen virhe." sv "Det första felet i en avvisad begäran."];
    one result: ResultType = "result" [en "Outcome." fi "Tulos." sv "Resultat."];
    optional purchasing_power: PurchasingPowerReceipt = "purchasingPower" [en "The purchasing power." fi "Ostovoima." sv "Köpkraften."];
} }

/// The service.
pub struct PostPurchasingPowerOperation;

impl Response for PostPurchasingPowerResponse {
    type Payload = PurchasingPowerReceipt;

    fn new(
        fault: Option<Fault>,
        result: ResultType,
        payload: Option<PurchasingPowerReceipt>,
    ) -> Self {
        PostPurchasingPowerResponse {
            fault,
            result,
            purchasing_power: payload,
        }
    }
}

impl Operation for PostPurchasingPowerOperation {
    type Request = PostPurchasingPowerRequest;
    type Response = PostPurchasingPowerResponse;
    type Payload = PurchasingPowerReceipt;

    const CODE: &'static str = "postPurchasingPower";
    const TITLE: Docs = docs!([
        en "Grant an ordinary purchasing power"
        fi "Myönnä tavallinen ostovoima"
        sv "Bevilja en vanlig köpkraft"
    ]);
    const NOTES: Docs = docs!([
        en "A base system grants a customer so many units of a service a period. Everything wrong with a message is answered at once, and nothing is then stored."
        fi "Perusjärjestelmä myöntää asiakkaalle palvelua tietyn määrän jaksoa kohti. Kaikki sanoman virheet kerrotaan kerralla, eikä mitään silloin tallenneta."
        sv "Ett bassystem beviljar kunden en viss mängd av en tjänst per period. Alla fel i ett meddelande anges på en gång, och då sparas inget."
    ]);
    const TECH_NOTES: Docs = docs!([
        en "Safe to send again: the same message id, or the same sourceReference, with the same content gets the first answer with replayed true."
        fi "Voidaan lähettää uudelleen: sama sanomatunniste tai sama sourceReference samalla sisällöllä saa ensimmäisen vastauksen, replayed on true."
        sv "Kan skickas på nytt: samma meddelande-id eller samma sourceReference med samma innehåll får det första svaret, replayed är true."
    ]);

    fn scope(request: &PostPurchasingPowerRequest) -> Scope<'_> {
        let (code, field) = organiser_code(&request.organiser);
        Scope {
            target: Target::Organiser { code, field },
            purpose: request.meta.purpose,
            source: Some((&request.meta.source_system, &request.meta.source_reference)),
            person_ids: request
                .customer
                .iter()
                .map(|customer| &*customer.person_id)
                .collect(),
        }
    }

    async fn decide<'a>(
        context: &'a Context<'a>,
        request: &'a PostPurchasingPowerRequest,
    ) -> Result<Decision<PurchasingPowerReceipt>, Failure> {
        let ActingFor::Organiser(organiser) = context.acting_for else {
            return Err(Refused::OrganiserMismatch.into());
        };
        if request.action != Action::Create {
            return Ok(not_offered());
        }
        let allowed_providers: Vec<&str> = request
            .terms
            .iter()
            .flat_map(|terms| &terms.allowed_provider_business_ids)
            .map(|business_id| &**business_id)
            .collect();
        let not_allowed = not_allowed_with_create(request);
        let proposal = proposal(request, *organiser, &allowed_providers, &not_allowed);
        let examined = examine(proposal, context.circumstances);
        let query = query(&examined);
        let facts = context.services.store.creation_facts(query).await?;
        let number = random_number()?;
        Ok(judge(context, examined, &facts, number))
    }
}

/// The domain's organiser, and the path of the element that names it.
pub(super) fn organiser_code(code: &OrganiserCode) -> (registry::OrganiserCode, &'static str) {
    match code {
        OrganiserCode::Municipality(code) => (
            registry::OrganiserCode::Municipality(*code),
            "organiser/municipalityCode",
        ),
        OrganiserCode::County(code) => (
            registry::OrganiserCode::County(*code),
            "organiser/wellbeingCountyCode",
        ),
    }
}

/// The answer to an action that this version does not offer.
fn not_offered() -> Decision<PurchasingPowerReceipt> {
    let rejection = Rejection {
        group: Group::Message,
        code: Code::FieldNotAllowed,
        field: "action".to_owned(),
        line_no: None,
    };
    Decision::rejected(vec![rejection], Touched::nothing(DataClass::Basic))
}

fn not_allowed_with_create(request: &PostPurchasingPowerRequest) -> Vec<&'static str> {
    [
        (
            "purchasingPowerNumber",
            request.purchasing_power_number.is_some(),
        ),
        ("expectedVersion", request.expected_version.is_some()),
        ("effectiveFrom", request.effective_from.is_some()),
        ("reason", request.reason.is_some()),
    ]
    .into_iter()
    .filter(|(_, is_present)| *is_present)
    .map(|(field, _)| field)
    .collect()
}

fn proposal<'a>(
    request: &'a PostPurchasingPowerRequest,
    organiser: registry::OrganiserCode,
    allowed_providers: &'a [&'a str],
    not_allowed: &'a [&'static str],
) -> Proposal<'a> {
    Proposal {
        organiser,
        source_system: &request.meta.source_system,
        source_reference: &request.meta.source_reference,
        acting_person_id: request.meta.acting_person_id.as_deref(),
        customer: request.customer.as_ref().map(|customer| ProposedCustomer {
            person_id: &customer.person_id,
            given_names: &customer.given_names,
            family_name: &customer.family_name,
            language: customer.language,
            municipality_of_residence: customer.municipality_of_residence,
            non_disclosure: customer.non_disclosure,
        }),
        terms: request.terms.as_ref().map(|terms| ProposedTerms {
            instrument: terms.instrument,
            service_code: &terms.service_code,
            decision_ref: &terms.decision_ref,
            decision_date: terms.decision_date.0,
            legal_basis: terms.legal_basis,
            value_basis: terms.value_basis,
            valid_from: terms.valid_from.0,
            valid_to: terms.valid_to.0,
            chosen_provider: terms.chosen_provider_business_id.as_deref(),
            allowed_providers,
            osva_doc_oid: terms.osva_doc_oid.as_deref(),
            care_plan_ref: terms.care_plan_ref.as_deref(),
            contract_ref: terms.contract_ref.as_deref(),
            note: terms.note.as_deref(),
        }),
        ordinary: request.ordinary.as_ref().map(|ordinary| ProposedOrdinary {
            unit: ordinary.unit,
            quantity_per_period: ordinary.quantity_per_period.0,
            period: ordinary.period,
            unit_value: ordinary.unit_value.0,
            max_unit_price: ordinary.max_unit_price.map(|price| price.0),
        }),
        not_allowed,
        reason_text: request.reason.as_ref().map(|reason| &*reason.text),
    }
}

fn query<'e>(examined: &'e Examined<'_>) -> CreationQuery<'e> {
    let terms = examined.proposal.terms;
    CreationQuery {
        organiser: examined.proposal.organiser,
        service_code: terms.map_or("", |terms| terms.service_code),
        chosen_provider: terms.and_then(|terms| terms.chosen_provider),
        person_id: examined.person_id.as_ref(),
        municipality: examined
            .proposal
            .customer
            .and_then(|customer| customer.municipality_of_residence),
        procedure_codes: &[],
    }
}

/// A number nobody can guess.
fn random_number() -> Result<number::PurchasingPowerNumber, Failure> {
    let mut bytes = [0; 8];
    rand_bytes(&mut bytes).map_err(SecretsError::from)?;
    Ok(number::PurchasingPowerNumber::from_bits(
        u64::from_be_bytes(bytes),
    ))
}

fn judge(
    context: &Context<'_>,
    examined: Examined<'_>,
    facts: &CreationFacts,
    number: number::PurchasingPowerNumber,
) -> Decision<PurchasingPowerReceipt> {
    let mut touched = Touched::nothing(DataClass::of_service(facts.service_types.first()));
    touched.organiser = Some(examined.proposal.organiser);
    touched.persons.extend(examined.person_id.clone());
    let known = Facts {
        service_types: &facts.service_types,
        approvals: &facts.approvals,
        customer: facts.customer.as_ref(),
        grants: &facts.grants,
        municipality_is_listed: facts.municipality_is_listed,
    };
    let (mut effect, mut representation) = (None, None);
    let outcome = match decide(examined, known, number, context.circumstances) {
        Verdict::Create {
            customer,
            grant,
            total_authorised,
            warnings,
            representation: needed,
        } => {
            representation = needed;
            touched.numbers.push(grant.number);
            touched.rows_returned = 1;
            let payload = PurchasingPowerReceipt {
                purchasing_power_number: PurchasingPowerNumber(grant.number.to_string()),
                kind: grant.kind(),
                state: grant.state_on(date_in_helsinki(context.now)),
                version: PositiveInteger(grant.version),
                valid_from: Day(grant.valid_from),
                valid_to: Day(grant.valid_to),
                total_authorised: Money(total_authorised),
            };
            effect = Some(Effect {
                person_id: customer.person_id.clone(),
                customer: Some(customer),
                postings: vec![Posting::authorised(
                    context.now,
                    PostingKind::Grant,
                    Cents(0),
                    total_authorised,
                )],
                grant: *grant,
                events: Vec::new(),
            });
            Outcome::Done { payload, warnings }
        }
        Verdict::Reject(rejections) => Outcome::Rejected(rejections),
    };
    Decision {
        outcome,
        touched,
        representation,
        effect,
        is_miss: false,
    }
}
