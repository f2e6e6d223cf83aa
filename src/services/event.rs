//! What the two services that record events share: parts of their messages, and the way from a
//! proposal to a decision. The rules are in [`crate::domain::event`].

use jiff::Timestamp;
use openssl::rand::rand_bytes;

use crate::contract::lexical::PositiveInteger;
use crate::contract::types::{EventId as WireEventId, Money, PostMeta};
use crate::domain::access::DataClass;
use crate::domain::authorisation::{ActingFor, Refused};
use crate::domain::business_id::BusinessId;
use crate::domain::event::{
    self, Action, Asked, Examined, Facts, Form, Occasion, Proposal, Remaining, Verdict,
};
use crate::domain::event_id::EventId;
use crate::domain::money::Cents;
use crate::domain::service_event::{EventState, PlacedEvent, ServiceEvent, Shares};
use crate::secrets::SecretsError;
use crate::store::{Effect, EventsWanted, GrantFacts, GrantQuery, StoreError, Subject};

use super::{Context, Decision, Failure, Outcome, Scope, Target, Touched};

contract_enumeration! { Action "ServiceEventAction" [
    en "What is to be done." fi "Toiminto." sv "Åtgärd."
] {
    Create = "CREATE" [en "record a new one" fi "kirjaa uusi" sv "registrera en ny"];
    Update = "UPDATE" [en "replace it whole" fi "korvaa kokonaan" sv "ersätt helt"];
    Delete = "DELETE" [en "delete it" fi "poista" sv "radera"];
} }

contract_type! { EventTotals [
    en "The sender's own sums; they must match to the cent." fi "Lähettäjän omat summat; niiden on täsmättävä sentilleen." sv "Avsändarens egna summor; de måste stämma på centen."
] {
    one total_price: Money = "totalPrice" [en "Sum of the line prices." fi "Rivihintojen summa." sv "Summan av radpriserna."];
    one voucher_share: Money = "voucherShare" [en "What the organiser pays." fi "Järjestäjän osuus." sv "Anordnarens andel."];
    one customer_share: Money = "customerShare" [en "What the customer pays." fi "Asiakkaan osuus." sv "Kundens andel."];
} }

contract_type! { EventReceipt [
    en "The event as it is now." fi "Tapahtuma sellaisena kuin se nyt on." sv "Händelsen som den är nu."
] {
    one event_id: WireEventId = "eventId" [en "Its identifier." fi "Sen tunniste." sv "Dess identifierare."];
    one state: EventState = "state" [en "Its state." fi "Sen tila." sv "Dess status."];
    one version: PositiveInteger = "version" [en "1 at first, one more with every UPDATE and DELETE." fi "Aluksi 1, kasvaa toiminnoista UPDATE ja DELETE." sv "Först 1, ökar med varje UPDATE och DELETE."];
    many lines: EventReceiptLine = "line" [en "Its lines." fi "Sen rivit." sv "Dess rader."];
    one total_price: Money = "totalPrice" [en "Sum of the line prices." fi "Rivihintojen summa." sv "Summan av radpriserna."];
    one voucher_share: Money = "voucherShare" [en "What the organiser pays." fi "Järjestäjän osuus." sv "Anordnarens andel."];
    one customer_share: Money = "customerShare" [en "What the customer pays." fi "Asiakkaan osuus." sv "Kundens andel."];
} }

contract_type! { EventReceiptLine [
    en "A line of the event." fi "Tapahtuman rivi." sv "Händelsens rad."
] {
    one line_no: PositiveInteger = "lineNo" [en "Its number." fi "Rivin numero." sv "Radens nummer."];
    one line_price: Money = "linePrice" [en "Price of the line." fi "Rivin hinta." sv "Radens pris."];
    one voucher_share: Money = "voucherShare" [en "What the organiser pays." fi "Järjestäjän osuus." sv "Anordnarens andel."];
    one customer_share: Money = "customerShare" [en "What the customer pays." fi "Asiakkaan osuus." sv "Kundens andel."];
} }

/// What was recorded, for the service to put in its own words.
pub(super) struct Recorded {
    pub(super) receipt: EventReceipt,
    pub(super) remaining: Remaining,
}

/// Whose data an event's message is about.
pub(super) fn scope<'a>(meta: &'a PostMeta, provider: &'a str, person_id: &'a str) -> Scope<'a> {
    Scope {
        target: Target::Provider(provider),
        purpose: meta.purpose,
        source: Some((&meta.source_system, &meta.source_reference)),
        person_ids: vec![person_id],
    }
}

/// The provider acted for.
pub(super) fn provider<'a>(context: &Context<'a>) -> Result<&'a BusinessId, Failure> {
    match context.acting_for {
        ActingFor::Provider(provider) => Ok(provider),
        ActingFor::Organiser(_) => Err(Refused::ProviderMismatch.into()),
    }
}

/// The sender's sums as the rules take them.
pub(super) fn shares(totals: &EventTotals) -> Shares {
    Shares {
        price: totals.total_price.0,
        voucher: totals.voucher_share.0,
        customer: totals.customer_share.0,
    }
}

/// Looks up what a proposal needs and decides it.
pub(super) async fn decide(
    context: &Context<'_>,
    proposal: Proposal<'_>,
) -> Result<Decision<Recorded>, Failure> {
    let examined = event::examine(proposal, context.circumstances);
    let codes: Vec<&str> = examined
        .proposal
        .lines
        .iter()
        .filter_map(|line| line.procedure.map(|procedure| procedure.code))
        .collect();
    let facts = match examined.asked() {
        Some(asked) => {
            let query = GrantQuery {
                subject: match asked {
                    Asked::Number(number) => Subject::Number(number),
                    Asked::Event(event) => Subject::Event(event),
                },
                event: None,
                provider: Some(examined.proposal.provider),
                procedure_codes: &codes,
                codes_of_lines: false,
                events: match examined.proposal.form {
                    Form::Dental => EventsWanted::OfDentalGrant,
                    Form::General => EventsWanted::None,
                },
                customer_grants: false,
            };
            let facts = context.services.store.grant_facts(query).await?;
            facts.filter(|facts| {
                let organisers = context.organisers;
                organisers.is_none_or(|organisers| organisers.holds(facts.grant.organiser))
            })
        }
        None => None,
    };
    judge(context, examined, facts.as_ref())
}

fn judge(
    context: &Context<'_>,
    examined: Examined<'_>,
    facts: Option<&GrantFacts>,
) -> Result<Decision<Recorded>, Failure> {
    let mut touched = touched(&examined, facts);
    let known = facts.map(|facts| Facts {
        grant: &facts.grant,
        customer: &facts.customer,
        organiser: &facts.organiser,
        service_types: &facts.service_types,
        provider: facts.provider.as_deref(),
        approvals: &facts.approvals,
        code_items: &facts.procedures.code_items,
        price_items: &facts.procedures.price_items,
        event: facts.event.as_ref().map(|placed| &placed.event),
        events: &facts.events,
    });
    let occasion = Occasion {
        now: context.now,
        circumstances: context.circumstances,
        new_id: fresh_id(context.now)?,
    };
    let before: Option<&PlacedEvent> = facts.and_then(|facts| facts.event.as_ref());
    match event::decide(examined, known, occasion) {
        Verdict::Record {
            changed,
            warnings,
            representation,
            remaining,
        } => {
            touched.organiser = Some(changed.event.organiser);
            touched.numbers = vec![changed.event.number];
            touched.events = vec![changed.event.id];
            touched.persons = vec![changed.event.person_id.clone()];
            touched.rows_returned = 1;
            let payload = Recorded {
                receipt: receipt(&changed.event),
                remaining,
            };
            Ok(Decision {
                outcome: Outcome::Done { payload, warnings },
                touched,
                representation,
                effect: Some(Effect::of_event(
                    *changed,
                    before,
                    facts.map(|facts| facts.registry_version),
                )),
                is_miss: false,
            })
        }
        Verdict::Reject { rejections, unseen } => {
            touched.reason = unseen.map(event::Unseen::as_str);
            Ok(Decision {
                is_miss: unseen.is_some_and(event::Unseen::is_miss),
                ..Decision::rejected(rejections, touched)
            })
        }
        Verdict::Incomplete => {
            let text = "a purchasing power has no value for a line of it: the store is damaged";
            Err(StoreError::Corrupt(text.to_owned()).into())
        }
    }
}

/// What the message names, and whose it is where that is known.
fn touched(examined: &Examined<'_>, facts: Option<&GrantFacts>) -> Touched {
    let service = facts.and_then(|facts| facts.service_types.first());
    let data_class = match examined.proposal.form {
        Form::Dental => DataClass::Health,
        Form::General => DataClass::of_service(service),
    };
    let mut touched = Touched::nothing(data_class);
    touched.organiser = facts.map(|facts| facts.grant.organiser);
    touched.numbers.extend(examined.number());
    touched.events.extend(examined.event_id());
    touched.persons.extend(examined.person_id().cloned());
    touched
}

/// An identifier nobody can guess.
///
/// # Errors
/// No random bytes can be had.
pub fn fresh_id(now: Timestamp) -> Result<EventId, SecretsError> {
    let mut random = [0; 10];
    rand_bytes(&mut random)?;
    Ok(EventId::new(now, random))
}

fn receipt(event: &ServiceEvent) -> EventReceipt {
    let money = |amount: Cents| Money(amount);
    EventReceipt {
        event_id: WireEventId(event.id.to_string()),
        state: event.state,
        version: PositiveInteger(event.version),
        lines: event
            .lines
            .iter()
            .map(|line| EventReceiptLine {
                line_no: PositiveInteger(line.line_no),
                line_price: money(line.shares.price),
                voucher_share: money(line.shares.voucher),
                customer_share: money(line.shares.customer),
            })
            .collect(),
        total_price: money(event.shares.price),
        voucher_share: money(event.shares.voucher),
        customer_share: money(event.shares.customer),
    }
}

impl<P> Decision<P> {
    /// The same decision, its payload in other words.
    pub(super) fn map<Q>(self, payload: impl FnOnce(P) -> Q) -> Decision<Q> {
        Decision {
            outcome: match self.outcome {
                Outcome::Done {
                    payload: done,
                    warnings,
                } => Outcome::Done {
                    payload: payload(done),
                    warnings,
                },
                Outcome::Rejected(rejections) => Outcome::Rejected(rejections),
            },
            touched: self.touched,
            representation: self.representation,
            effect: self.effect,
            is_miss: self.is_miss,
        }
    }
}
