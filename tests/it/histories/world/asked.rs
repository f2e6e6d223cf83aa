//! A message in the library's words. Decides nothing.

use psop_adapter::domain::business_id::BusinessId;
use psop_adapter::domain::event::{Form, Proposal, ProposedLine, ProposedProcedure};
use psop_adapter::domain::grant::content::{
    ProposedContent, ProposedDental, ProposedLine as GrantedLine, ProposedOrdinary, ProposedSaldo,
};
use psop_adapter::domain::grant::{
    Action, Proposal as GrantProposal, ProposedCustomer, ProposedTerms,
};
use psop_adapter::domain::money::{Cents, Quantity};
use psop_adapter::domain::purchasing_power::ValueBasis;
use psop_adapter::domain::registry::Instrument;
use psop_adapter::domain::service_event::{Details, Shares};

use crate::histories::message::{Content, EventMessage, GrantMessage, Terms};
use crate::histories::rules::{CODES, PERSONS, PROVIDERS, REGISTRY, SERVICES};

/// Texts that a proposal borrows.
pub struct GrantParts<'a> {
    number: Option<&'a str>,
    /// Names the customer: a grant itself does not.
    reference: String,
}

impl<'a> GrantParts<'a> {
    pub fn of(message: &GrantMessage, number: Option<&'a str>) -> GrantParts<'a> {
        GrantParts {
            number: number.filter(|_| message.action != Action::Create),
            reference: message.customer.to_string(),
        }
    }

    pub fn proposal<'p>(
        &'p self,
        message: &'p GrantMessage,
        version: Option<u64>,
    ) -> GrantProposal<'p> {
        let organiser = match message.other_organiser {
            true => REGISTRY.other_organiser,
            false => REGISTRY.organiser.code,
        };
        let customer = ProposedCustomer {
            person_id: PERSONS[message.customer],
            given_names: "Testi",
            family_name: "Testinen",
            language: None,
            municipality_of_residence: None,
            non_disclosure: None,
        };
        let has_reason = matches!(message.action, Action::Cancel | Action::Suspend);
        GrantProposal {
            kind: message.kind,
            action: message.action,
            number: self.number,
            expected_version: version,
            organiser,
            effective_from: message.from.map(|day| day.date()),
            reason_text: has_reason.then_some("syy"),
            customer: (message.action == Action::Create).then_some(customer),
            terms: message.terms.as_ref().map(terms),
            content: message.content.as_ref().map(content),
            top_up: message.top_up.map(Quantity),
            source_system: "test",
            source_reference: &self.reference,
            acting_person_id: None,
        }
    }
}

fn terms(terms: &Terms) -> ProposedTerms<'static> {
    ProposedTerms {
        instrument: match terms.purchase {
            true => Instrument::Purchase,
            false => Instrument::Voucher,
        },
        service_code: SERVICES[terms.service],
        decision_ref: "P-1",
        decision_date: terms.decided.date(),
        legal_basis: None,
        value_basis: ValueBasis::Flat,
        valid_from: terms.from.date(),
        valid_to: terms.to.date(),
        chosen_provider: terms.chosen.map(|at| PROVIDERS[at]),
        allowed_providers: terms.allowed.iter().map(|at| PROVIDERS[*at]).collect(),
        osva_doc_oid: None,
        care_plan_ref: None,
        contract_ref: terms.contract.then_some("S-1"),
        note: None,
    }
}

fn content(content: &Content) -> ProposedContent<'static> {
    match content {
        Content::Ordinary {
            unit,
            period,
            quantity,
            value,
            cap,
        } => ProposedContent::Ordinary(ProposedOrdinary {
            unit: *unit,
            quantity_per_period: Quantity(*quantity),
            period: *period,
            unit_value: Cents(*value),
            max_unit_price: cap.map(Cents),
        }),
        Content::Saldo {
            unit,
            total,
            value,
            per_event,
        } => ProposedContent::Saldo(ProposedSaldo {
            balance_total: Quantity(*total),
            balance_unit: *unit,
            unit_value: value.map(Cents),
            per_event_max: per_event.map(Quantity),
        }),
        Content::Dental {
            mode,
            ceiling,
            lines,
        } => ProposedContent::Dental(ProposedDental {
            mode: *mode,
            ceiling: ceiling.map(Cents),
            lines: lines
                .iter()
                .map(|line| GrantedLine {
                    line_no: line.no,
                    procedure_code: CODES[line.code].code,
                    tooth: line.tooth,
                    surfaces: None,
                    max_count: line.max,
                    unit_value: line.value.map(Cents),
                    max_price: line.cap.map(Cents),
                })
                .collect(),
            emergency: None,
            referring_professional: None,
            treatment_plan_text: None,
        }),
    }
}

pub fn event_proposal<'a>(
    message: &'a EventMessage,
    number: &'a str,
    event_id: Option<&'a str>,
    provider: &'a BusinessId,
) -> Proposal<'a> {
    let lines = message.lines.iter().map(|line| ProposedLine {
        line_no: line.no,
        quantity: Quantity(line.quantity),
        unit_price: Cents(line.price),
        procedure: line.procedure.as_ref().map(|procedure| ProposedProcedure {
            code: CODES[procedure.code].code,
            tooth: procedure.tooth,
            surfaces: procedure.surfaces,
            area: None,
            count: u32::try_from(line.quantity / 1000).unwrap(),
            authorised_line_no: procedure.authorised,
        }),
    });
    Proposal {
        form: if message.dental {
            Form::Dental
        } else {
            Form::General
        },
        action: message.action,
        event_id,
        expected_version: message.version,
        number,
        person_id: PERSONS[message.customer],
        provider,
        provider_unit_code: None,
        service_date: message.date.date(),
        acting_person_id: None,
        source_system: "test",
        source_reference: "r",
        lines: lines.collect(),
        details: Details {
            lab_cost: message.lab_cost.map(Cents),
            no_show: message.no_show.then_some(true),
            ..Details::default()
        },
        totals: message.totals.map(|[price, voucher, customer]| Shares {
            price: Cents(price),
            voucher: Cents(voucher),
            customer: Cents(customer),
        }),
    }
}
