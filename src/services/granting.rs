//! What the three services that grant purchasing powers share: everything but the kind's block.
//!
//! The facts are asked for, the domain decides, and its verdict becomes an effect and a receipt.

use openssl::rand::rand_bytes;

use crate::clock::date_in_helsinki;
use crate::contract::lexical::{Day, PositiveInteger};
use crate::contract::shape::Docs;
use crate::contract::types::{
    Customer, Money, OrganiserCode, PostMeta, PurchasingPowerNumber, PurchasingPowerReceipt,
    Reason, Terms,
};
use crate::domain::access::DataClass;
use crate::domain::authorisation::{ActingFor, Refused};
use crate::domain::grant::content::ProposedContent;
use crate::domain::grant::{
    Accepted, Action, Examined, Procedures, Proposal, ProposedCustomer, ProposedTerms, Verdict,
    change, create, examine,
};
use crate::domain::lookup::NotFound;
use crate::domain::money::Quantity;
use crate::domain::number;
use crate::domain::purchasing_power::Kind;
use crate::domain::registry;
use crate::secrets::SecretsError;
use crate::store::{
    CreationFacts, CreationQuery, Effect, EventsWanted, GrantFacts, GrantQuery, ProcedureFacts,
    Subject,
};

use crate::domain::circumstances::Circumstances;
use crate::domain::rejection::Rejection;

use super::{Context, Decision, Failure, Outcome, Scope, Target, Touched};

/// What is to be done with a purchasing power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchasingPowerAction {
    Create,
    Amend,
    Cancel,
    Suspend,
    Resume,
}

contract_enumeration! { PurchasingPowerAction "PurchasingPowerAction" [
    en "What is to be done." fi "Toiminto." sv "Åtgärd."
] {
    Create = "CREATE" [en "grant a new one" fi "myönnä uusi" sv "bevilja en ny"];
    Amend = "AMEND" [en "change it from a day on" fi "muuta päivästä alkaen" sv "ändra från en dag"];
    Cancel = "CANCEL" [en "annul it from a day on" fi "mitätöi päivästä alkaen" sv "annullera från en dag"];
    Suspend = "SUSPEND" [en "suspend it" fi "keskeytä" sv "avbryt"];
    Resume = "RESUME" [en "end the suspension" fi "jatka keskeytyksen jälkeen" sv "återuppta"];
} }

/// What is published of repeats.
pub(super) const TECH_NOTES: Docs = docs!([
    en "Safe to send again: the same message id, or the same sourceReference, with the same content gets the first answer with replayed true."
    fi "Voidaan lähettää uudelleen: sama sanomatunniste tai sama sourceReference samalla sisällöllä saa ensimmäisen vastauksen, replayed on true."
    sv "Kan skickas på nytt: samma meddelande-id eller samma sourceReference med samma innehåll får det första svaret, replayed är true."
]);

impl From<PurchasingPowerAction> for Action {
    fn from(action: PurchasingPowerAction) -> Action {
        match action {
            PurchasingPowerAction::Create => Action::Create,
            PurchasingPowerAction::Amend => Action::Amend,
            PurchasingPowerAction::Cancel => Action::Cancel,
            PurchasingPowerAction::Suspend => Action::Suspend,
            PurchasingPowerAction::Resume => Action::Resume,
        }
    }
}

/// The parts of a message, whichever of the three services it came by.
pub(super) struct Parts<'a> {
    pub(super) kind: Kind,
    pub(super) action: Action,
    pub(super) meta: &'a PostMeta,
    pub(super) number: Option<&'a PurchasingPowerNumber>,
    pub(super) expected_version: Option<PositiveInteger>,
    pub(super) effective_from: Option<Day>,
    pub(super) reason: Option<&'a Reason>,
    pub(super) customer: Option<&'a Customer>,
    pub(super) terms: Option<&'a Terms>,
    pub(super) content: Option<ProposedContent<'a>>,
    pub(super) top_up: Option<Quantity>,
}

/// Whose data the message is about.
pub(super) fn scope<'a>(
    meta: &'a PostMeta,
    organiser: &OrganiserCode,
    customer: Option<&'a Customer>,
) -> Scope<'a> {
    let (code, field) = organiser_code(organiser);
    Scope {
        target: Target::Organiser { code, field },
        purpose: meta.purpose,
        source: Some((&meta.source_system, &meta.source_reference)),
        person_ids: customer
            .into_iter()
            .map(|customer| &*customer.person_id)
            .collect(),
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

/// What the message alone shows to be wrong.
pub(super) fn examined_alone(
    parts: Parts<'_>,
    organiser: &OrganiserCode,
    circumstances: Circumstances,
) -> Vec<Rejection> {
    let (organiser, _) = organiser_code(organiser);
    examine(proposal(parts, organiser), circumstances)
        .rejections
        .into_vec()
}

/// Decides a message.
pub(super) async fn decide<'a>(
    context: &'a Context<'a>,
    parts: Parts<'a>,
) -> Result<Decision<PurchasingPowerReceipt>, Failure> {
    let ActingFor::Organiser(organiser) = context.acting_for else {
        return Err(Refused::OrganiserMismatch.into());
    };
    let action = parts.action;
    let examined = examine(proposal(parts, *organiser), context.circumstances);
    match action {
        Action::Create => create(context, examined).await,
        _ => change(context, examined).await,
    }
}

fn proposal(parts: Parts<'_>, organiser: registry::OrganiserCode) -> Proposal<'_> {
    Proposal {
        kind: parts.kind,
        action: parts.action,
        number: parts.number.map(|number| &**number),
        expected_version: parts.expected_version.map(|version| version.0),
        organiser,
        effective_from: parts.effective_from.map(|day| day.0),
        reason_text: parts.reason.map(|reason| &*reason.text),
        customer: parts.customer.map(proposed_customer),
        terms: parts.terms.map(proposed_terms),
        content: parts.content,
        top_up: parts.top_up,
        source_system: &parts.meta.source_system,
        source_reference: &parts.meta.source_reference,
        acting_person_id: parts.meta.acting_person_id.as_deref(),
    }
}

fn proposed_customer(customer: &Customer) -> ProposedCustomer<'_> {
    ProposedCustomer {
        person_id: &customer.person_id,
        given_names: &customer.given_names,
        family_name: &customer.family_name,
        language: customer.language,
        municipality_of_residence: customer.municipality_of_residence,
        non_disclosure: customer.non_disclosure,
    }
}

fn proposed_terms(terms: &Terms) -> ProposedTerms<'_> {
    ProposedTerms {
        instrument: terms.instrument,
        service_code: &terms.service_code,
        decision_ref: &terms.decision_ref,
        decision_date: terms.decision_date.0,
        legal_basis: terms.legal_basis,
        value_basis: terms.value_basis,
        valid_from: terms.valid_from.0,
        valid_to: terms.valid_to.0,
        chosen_provider: terms.chosen_provider_business_id.as_deref(),
        allowed_providers: terms
            .allowed_provider_business_ids
            .iter()
            .map(|business_id| &**business_id)
            .collect(),
        osva_doc_oid: terms.osva_doc_oid.as_deref(),
        care_plan_ref: terms.care_plan_ref.as_deref(),
        contract_ref: terms.contract_ref.as_deref(),
        note: terms.note.as_deref(),
    }
}

/// Facts for a new grant, or for what of a message they are wanted for all the same.
async fn creation_facts(
    context: &Context<'_>,
    examined: &Examined<'_>,
) -> Result<CreationFacts, Failure> {
    let terms = examined.proposal.terms.as_ref();
    let codes = procedure_codes(examined);
    let query = CreationQuery {
        organiser: examined.proposal.organiser,
        service_code: terms.map_or("", |terms| terms.service_code),
        chosen_provider: terms.and_then(|terms| terms.chosen_provider),
        person_id: examined.person_id.as_ref(),
        municipality: examined.municipality(),
        procedure_codes: &codes,
    };
    Ok(context.services.store.creation_facts(query).await?)
}

fn procedure_codes<'e>(examined: &'e Examined<'_>) -> Vec<&'e str> {
    let content = examined.proposal.content.as_ref();
    content.map_or_else(Vec::new, ProposedContent::procedure_codes)
}

fn procedures(facts: &ProcedureFacts) -> Procedures<'_> {
    Procedures {
        code_items: &facts.code_items,
        price_items: &facts.price_items,
    }
}

async fn create(
    context: &Context<'_>,
    mut examined: Examined<'_>,
) -> Result<Decision<PurchasingPowerReceipt>, Failure> {
    let facts = creation_facts(context, &examined).await?;
    if !facts.municipality_is_listed {
        examined.note_unlisted_municipality();
    }
    let mut touched = Touched::nothing(DataClass::of_service(facts.service_types.first()));
    touched.organiser = Some(examined.proposal.organiser);
    touched.persons.extend(examined.person_id.clone());
    let known = create::Facts {
        service_types: &facts.service_types,
        approvals: &facts.approvals,
        customer: facts.customer.as_ref(),
        grants: &facts.grants,
        procedures: procedures(&facts.procedures),
    };
    let number = random_number()?;
    let verdict = create::decide(examined, known, number, context.circumstances, context.now);
    let seen = Some(facts.registry_version);
    Ok(decision(context, verdict, touched, seen))
}

async fn change(
    context: &Context<'_>,
    mut examined: Examined<'_>,
) -> Result<Decision<PurchasingPowerReceipt>, Failure> {
    // A customer is not allowed here; what is wrong with one is said all the same.
    let names_municipality = examined.municipality().is_some();
    if names_municipality
        && !creation_facts(context, &examined)
            .await?
            .municipality_is_listed
    {
        examined.note_unlisted_municipality();
    }
    let facts = grant_facts(context, &examined).await?;
    let facts = facts.as_ref();
    let service = facts.and_then(|facts| facts.service_types.first());
    let mut touched = Touched::nothing(DataClass::of_service(service));
    touched.organiser = Some(examined.proposal.organiser);
    touched.numbers.extend(examined.number);
    let own = facts.filter(|facts| facts.grant.organiser == examined.proposal.organiser);
    match own {
        Some(facts) => touched.persons.push(facts.customer.person_id.clone()),
        None => touched.persons.extend(examined.person_id.clone()),
    }
    let known = facts.map(|facts| change::Facts {
        grant: &facts.grant,
        customer: &facts.customer,
        service_types: &facts.service_types,
        approvals: &facts.approvals,
        procedures: procedures(&facts.procedures),
        events: &facts.events,
        customer_grants: &facts.customer_grants,
    });
    let verdict = change::decide(examined, known, context.circumstances, context.now);
    let seen = facts.map(|facts| facts.registry_version);
    Ok(decision(context, verdict, touched, seen))
}

/// What is known of the grant addressed, as far as the action needs it.
async fn grant_facts(
    context: &Context<'_>,
    examined: &Examined<'_>,
) -> Result<Option<GrantFacts>, Failure> {
    let Some(number) = examined.number else {
        return Ok(None);
    };
    let action = examined.proposal.action;
    let codes = procedure_codes(examined);
    let query = GrantQuery {
        subject: Subject::Number(number),
        event: None,
        provider: examined
            .providers
            .as_ref()
            .and_then(|providers| providers.chosen.as_ref()),
        procedure_codes: &codes,
        codes_of_lines: false,
        events: match action {
            Action::Amend | Action::Cancel => EventsWanted::All,
            _ => EventsWanted::None,
        },
        customer_grants: action == Action::Amend,
    };
    Ok(context.services.store.grant_facts(query).await?)
}

/// A number nobody can guess.
fn random_number() -> Result<number::PurchasingPowerNumber, Failure> {
    let mut bytes = [0; 8];
    rand_bytes(&mut bytes).map_err(SecretsError::from)?;
    Ok(number::PurchasingPowerNumber::from_bits(
        u64::from_be_bytes(bytes),
    ))
}

/// The domain's verdict as an outcome and its effect.
fn decision(
    context: &Context<'_>,
    verdict: Verdict,
    mut touched: Touched,
    registry_seen: Option<u64>,
) -> Decision<PurchasingPowerReceipt> {
    let accepted = match verdict {
        Verdict::Accept(accepted) => *accepted,
        Verdict::Reject {
            rejections,
            not_found,
        } => {
            touched.reason = not_found.map(NotFound::as_str);
            return Decision::rejected(rejections, touched);
        }
    };
    let payload = receipt(context, &accepted);
    touched.numbers = vec![accepted.grant.number];
    touched.rows_returned = 1;
    Decision {
        outcome: Outcome::Done {
            payload,
            warnings: accepted.warnings,
        },
        touched,
        representation: accepted.representation,
        effect: Some(Effect {
            customer: accepted.customer,
            person_id: accepted.person_id,
            grant: accepted.grant,
            postings: accepted.postings,
            events: Vec::new(),
            registry_seen,
        }),
        is_miss: false,
    }
}

fn receipt(context: &Context<'_>, accepted: &Accepted) -> PurchasingPowerReceipt {
    let grant = &accepted.grant;
    PurchasingPowerReceipt {
        purchasing_power_number: PurchasingPowerNumber(grant.number.to_string()),
        kind: grant.kind(),
        state: grant.state_on(date_in_helsinki(context.now)),
        version: PositiveInteger(grant.version),
        valid_from: Day(grant.valid_from),
        valid_to: Day(grant.valid_to),
        total_authorised: Money(accepted.total_authorised),
    }
}
