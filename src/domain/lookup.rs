//! Looking a purchasing power up by its number, for a provider: who may see it, and what it shows.
//!
//! A number is a capability, not a search by person: whoever may not see the grant gets the same
//! answer as for a number that does not exist. The true reason goes to the access log alone.

mod content;

use jiff::civil::Date;

use super::access::Representation;
use super::business_id::BusinessId;
use super::circumstances::{Circumstances, check_person_id};
use super::code::Code;
use super::customer::Customer;
use super::grant::Procedures;
use super::national_code::MunicipalityCode;
use super::number::PurchasingPowerNumber;
use super::period::days_between;
use super::person_id::PersonId;
use super::purchasing_power::{Providers, PurchasingPower, State};
use super::registry::{
    NotApproved, Organiser, Provider, ProviderApproval, ServiceType, approval_on, service_type_on,
};
use super::rejection::{Group, Rejection, Rejections};

pub use content::{ContentView, DentalView, LineView, OrdinaryView, PriceView, SaldoView};

/// A look-up as a provider asks it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub number: &'a str,
    pub provider: &'a BusinessId,
    pub provider_unit_code: Option<&'a str>,
    pub person_id: Option<&'a str>,
    /// Today when absent.
    pub service_date: Option<Date>,
    /// Procedures whose prices are asked.
    pub procedure_codes: &'a [&'a str],
    pub acting_person_id: Option<&'a str>,
}

/// What the message alone shows.
#[derive(Debug)]
pub struct Examined<'a> {
    pub question: Question<'a>,
    /// What to look up; `None` when there is nothing to look up.
    pub number: Option<PurchasingPowerNumber>,
    person_id: Option<PersonId>,
    acting_person_id: Option<PersonId>,
    pub rejections: Rejections,
}

/// What the store knows.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub grant: &'a PurchasingPower,
    pub customer: &'a Customer,
    pub organiser: &'a Organiser,
    pub service_types: &'a [ServiceType],
    pub provider: Option<&'a Provider>,
    pub approvals: &'a [ProviderApproval],
    /// Of the codes asked and those of the grant's lines.
    pub procedures: Procedures<'a>,
}

/// Why a number is answered as not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// The check character does not match: a slip of the pen, no guess.
    CheckCharacter,
    NoSuchNumber,
    /// Another organiser's.
    OtherOrganiser,
    OtherPerson,
    NotChosenProvider,
    NotAllowedProvider,
    /// Events may no longer be recorded on it.
    Closed,
}

impl NotFound {
    /// Name in the access log.
    pub fn as_str(self) -> &'static str {
        match self {
            NotFound::CheckCharacter => "CHECK_CHARACTER",
            NotFound::NoSuchNumber => "NO_SUCH_NUMBER",
            NotFound::OtherOrganiser => "OTHER_ORGANISER",
            NotFound::OtherPerson => "OTHER_PERSON",
            NotFound::NotChosenProvider => "NOT_CHOSEN_PROVIDER",
            NotFound::NotAllowedProvider => "NOT_ALLOWED_PROVIDER",
            NotFound::Closed => "CLOSED",
        }
    }

    /// Whether it counts towards the limit on misses.
    pub fn is_miss(self) -> bool {
        self != NotFound::CheckCharacter
    }
}

/// What a provider is shown of a grant. Values are those in force at the service date, moved into the
/// validity.
#[derive(Clone, Debug)]
pub struct View<'a> {
    pub grant: &'a PurchasingPower,
    pub customer: &'a Customer,
    /// Where the customer lives, unless that is not to be disclosed.
    pub municipality_of_residence: Option<MunicipalityCode>,
    pub organiser: &'a Organiser,
    pub service: &'a ServiceType,
    pub providers: &'a Providers,
    pub state: State,
    pub content: ContentView<'a>,
}

/// The outcome.
#[derive(Debug)]
pub enum Verdict<'a> {
    Show {
        view: Box<View<'a>>,
        representation: Option<Representation>,
    },
    Reject {
        rejections: Vec<Rejection>,
        not_found: Option<NotFound>,
    },
    /// The grant's service or values are missing: data, not the caller, is at fault.
    Incomplete,
}

impl Examined<'_> {
    /// The person asked for, where a valid code was given.
    pub fn person_id(&self) -> Option<&PersonId> {
        self.person_id.as_ref()
    }
}

/// Looks at the message alone.
pub fn examine(question: Question<'_>, circumstances: Circumstances) -> Examined<'_> {
    let mut rejections = Rejections::default();
    let acting_person_id = question.acting_person_id.and_then(|text| {
        check_person_id(text, circumstances, "meta/actingPersonId", &mut rejections)
    });
    let person_id = question
        .person_id
        .and_then(|text| check_person_id(text, circumstances, "personId", &mut rejections));
    // With an invalid person nothing is looked up.
    let may_look_up = person_id.is_some() == question.person_id.is_some();
    let number = may_look_up
        .then(|| PurchasingPowerNumber::parse(question.number).ok())
        .flatten();
    Examined {
        question,
        number,
        person_id,
        acting_person_id,
        rejections,
    }
}

/// Judges a look-up. `facts` are those of the examined number, `None` when it is not there.
pub fn decide<'a>(
    examined: Examined<'_>,
    facts: Option<Facts<'a>>,
    circumstances: Circumstances,
) -> Verdict<'a> {
    let Examined {
        question,
        number,
        person_id,
        acting_person_id,
        mut rejections,
    } = examined;
    let person_failed = person_id.is_none() && question.person_id.is_some();
    if person_failed {
        return reject(rejections, None);
    }
    let service_date = question.service_date.unwrap_or(circumstances.today);
    let found = match (number, facts) {
        (None, _) => Err(NotFound::CheckCharacter),
        (Some(_), None) => Err(NotFound::NoSuchNumber),
        (Some(_), Some(facts)) => visible(
            &question,
            &facts,
            person_id.as_ref(),
            service_date,
            circumstances.today,
        )
        .map(|()| facts),
    };
    let facts = match found {
        Ok(facts) => facts,
        Err(not_found) => {
            rejections.add(Group::NotFound, Code::PpNotFound, "purchasingPowerNumber");
            return reject(rejections, Some(not_found));
        }
    };
    judge_provider(&question, &facts, service_date, &mut rejections);
    if !rejections.is_empty() {
        return reject(rejections, None);
    }
    match view(&question, &facts, service_date, circumstances.today) {
        Some(view) => Verdict::Show {
            representation: Representation::of(
                acting_person_id,
                &facts.customer.person_id,
                [view.service],
            ),
            view: Box::new(view),
        },
        None => Verdict::Incomplete,
    }
}

fn reject<'a>(rejections: Rejections, not_found: Option<NotFound>) -> Verdict<'a> {
    Verdict::Reject {
        rejections: rejections.into_vec(),
        not_found,
    }
}

fn visible(
    question: &Question<'_>,
    facts: &Facts<'_>,
    person_id: Option<&PersonId>,
    service_date: Date,
    today: Date,
) -> Result<(), NotFound> {
    let provider = question.provider;
    shown_to(
        provider,
        facts.grant,
        facts.customer,
        person_id,
        service_date,
    )?;
    if is_closed(facts.grant, facts.organiser, today) {
        return Err(NotFound::Closed);
    }
    Ok(())
}

/// Whether a provider may know of a grant: it is the named person's, and open to that provider at the
/// service date, moved to the nearest day of the validity.
pub(super) fn shown_to(
    provider: &BusinessId,
    grant: &PurchasingPower,
    customer: &Customer,
    person_id: Option<&PersonId>,
    service_date: Date,
) -> Result<(), NotFound> {
    if person_id.is_some_and(|person_id| *person_id != customer.person_id) {
        return Err(NotFound::OtherPerson);
    }
    let day = grant.nearest_valid_day(service_date);
    if let Some(providers) = grant.providers.on(day) {
        match &providers.chosen {
            Some(chosen) if chosen != provider => return Err(NotFound::NotChosenProvider),
            Some(_) => {}
            None if providers.allowed.is_empty() => {}
            None if providers.allowed.contains(provider) => {}
            None => return Err(NotFound::NotAllowedProvider),
        }
    }
    Ok(())
}

/// Whether no event may be recorded on the grant any more, whatever its date.
fn is_closed(grant: &PurchasingPower, organiser: &Organiser, today: Date) -> bool {
    let late = days_between(grant.valid_to, today) > i32::from(organiser.late_recording_days);
    let past_grace = grant.cancelled_from.is_some_and(|cancelled| {
        days_between(cancelled, today) > i32::from(organiser.cancel_grace_days)
    });
    late || past_grace
}

fn judge_provider(
    question: &Question<'_>,
    facts: &Facts<'_>,
    service_date: Date,
    rejections: &mut Rejections,
) {
    if let Err(refused) = approval_on(facts.approvals, service_date) {
        let code = approval_code(refused);
        rejections.add(Group::Service, code, "providerBusinessId");
    }
    judge_unit(facts.provider, question.provider_unit_code, rejections);
}

/// What a provider without an approval is told.
pub(super) fn approval_code(refused: NotApproved) -> Code {
    match refused {
        NotApproved::Never => Code::ProviderNotApproved,
        NotApproved::OnThatDay => Code::ProviderApprovalNotValidOnDate,
    }
}

/// Notes a unit that the provider does not have.
pub(super) fn judge_unit(
    provider: Option<&Provider>,
    unit_code: Option<&str>,
    rejections: &mut Rejections,
) {
    let Some(unit_code) = unit_code else { return };
    let is_known = provider.is_some_and(|provider| {
        let mut units = provider.units.iter();
        units.any(|unit| unit.unit_code == unit_code)
    });
    if !is_known {
        let field = "providerUnitCode";
        rejections.add(Group::Service, Code::ProviderUnitUnknown, field);
    }
}

fn view<'a>(
    question: &Question<'_>,
    facts: &Facts<'a>,
    service_date: Date,
    today: Date,
) -> Option<View<'a>> {
    let grant = facts.grant;
    let day = grant.nearest_valid_day(service_date);
    let service = service_type_on(facts.service_types, day)
        .or_else(|| service_type_on(facts.service_types, grant.valid_from))?;
    Some(View {
        grant,
        customer: facts.customer,
        municipality_of_residence: facts
            .customer
            .municipality_of_residence
            .filter(|_| !facts.customer.non_disclosure),
        organiser: facts.organiser,
        service,
        providers: grant.providers.on(day)?,
        state: grant.state_on(today),
        content: ContentView::of(question, facts, service, day)?,
    })
}
