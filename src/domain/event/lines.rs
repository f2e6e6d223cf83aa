//! Stage 7 of a line: what a unit may cost, what of it is paid, and who pays the rest.
//!
//! Invariant: price = voucher + customer on every line, to the cent; the customer's share is never
//! rounded on its own.

use jiff::civil::Date;

use crate::domain::code::Code;
use crate::domain::money::{Cents, Quantity, line_amount};
use crate::domain::purchasing_power::{Content, PurchasingPower};
use crate::domain::registry::{Instrument, ProviderApproval, ServiceType};
use crate::domain::rejection::{Group, Rejections};
use crate::domain::service_event::{EventLine, Procedure, Shares};

use super::{Proposal, ProposedLine};

/// What bounds the price of every line of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The service's price cap at the service date.
    service_cap: Option<Cents>,
    /// The highest price agreed with the provider; none while it is not approved.
    agreed_max: Option<Cents>,
    /// The customer may be left nothing to pay.
    pub(super) no_own_share: bool,
}

impl Bounds {
    pub(super) fn of(
        service: &ServiceType,
        grant: &PurchasingPower,
        approval: Option<&ProviderApproval>,
    ) -> Bounds {
        Bounds {
            service_cap: service.max_unit_price,
            agreed_max: approval.and_then(|approval| approval.agreed_max_price),
            no_own_share: service.free_of_charge || grant.instrument == Instrument::Purchase,
        }
    }
}

/// What is paid of one unit, and the highest price of it that the grant or the price list sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnitValue {
    /// `None`: the whole price, as of a balance in euros.
    pub(super) value: Option<Cents>,
    pub(super) cap: Option<Cents>,
}

/// Quantity × price, and how it is shared at this value of a unit; `None` beyond 64 bits.
pub(super) fn shares(quantity: Quantity, unit_price: Cents, unit_value: Cents) -> Option<Shares> {
    let price = line_amount(quantity, unit_price)?;
    let voucher = line_amount(quantity, unit_value.min(unit_price))?;
    Some(Shares {
        price,
        voucher,
        customer: Cents(price.0 - voucher.0),
    })
}

/// Judges a line's price and gives the line as it would be kept; `field` is the line's path.
pub(super) fn priced(
    line: &ProposedLine<'_>,
    procedure: Option<Procedure>,
    of_unit: UnitValue,
    bounds: &Bounds,
    field: &str,
    rejections: &mut Rejections,
) -> Option<EventLine> {
    let unit_value = of_unit.value.unwrap_or(line.unit_price);
    let cap = bounds.service_cap.into_iter().chain(of_unit.cap).min();
    let is_above = |most: Option<Cents>| most.is_some_and(|most| line.unit_price > most);
    let found = [
        (Code::PriceAboveCap, is_above(cap)),
        (Code::PriceAboveApproved, is_above(bounds.agreed_max)),
        (
            Code::CustomerShareNotAllowed,
            bounds.no_own_share && line.unit_price > unit_value,
        ),
    ];
    let mut holds = true;
    for (code, _) in found.into_iter().filter(|(_, is_broken)| *is_broken) {
        holds = false;
        let field = format!("{field}/unitPrice");
        rejections.add_to_line(Group::Lines, code, field, line.line_no);
    }
    holds.then_some(EventLine {
        line_no: line.line_no,
        procedure,
        quantity: line.quantity,
        unit_price: line.unit_price,
        unit_value,
        shares: shares(line.quantity, line.unit_price, unit_value)?,
        credited_quantity: Quantity(0),
        credited_shares: Shares::default(),
    })
}

/// The lines of an event on an ordinary grant or a balance, at the values in force on `day`; a place
/// for each.
pub(super) fn judge_general(
    proposal: &Proposal<'_>,
    grant: &PurchasingPower,
    day: Date,
    bounds: &Bounds,
    rejections: &mut Rejections,
) -> Vec<Option<EventLine>> {
    let of_unit = match &grant.content {
        Content::Ordinary(ordinary) => ordinary.values.on(day).map(|row| UnitValue {
            value: Some(row.unit_value),
            cap: row.max_unit_price,
        }),
        Content::Saldo(saldo) => saldo.unit_values.on(day).map(|value| UnitValue {
            value: *value,
            cap: None,
        }),
        Content::Dental(_) => None,
    };
    let lines = proposal.lines.iter().enumerate();
    lines
        .map(|(index, line)| {
            let field = proposal.line_field(index);
            priced(line, None, of_unit?, bounds, &field, rejections)
        })
        .collect()
}
