//! What is shown of a grant's content, by kind: amounts, caps and prices of one day.

use jiff::civil::Date;

use super::super::grant::Procedures;
use super::super::money::{Cents, Quantity};
use super::super::period::{Period, PeriodKey};
use super::super::purchasing_power::{
    Content, Dental, DentalLine, DentalMode, Ordinary, PurchasingPower, Saldo,
};
use super::super::registry::{ServiceType, code_item_on, price_item_on};
use super::{Facts, Question};

/// What is granted and left of it.
#[derive(Clone, Debug)]
pub enum ContentView<'a> {
    Ordinary(OrdinaryView),
    Saldo(SaldoView<'a>),
    Dental(DentalView<'a>),
}

/// So many units a period.
#[derive(Clone, Copy, Debug)]
pub struct OrdinaryView {
    pub unit_value: Cents,
    pub max_unit_price: Option<Cents>,
    pub period: Period,
    pub period_key: PeriodKey,
    pub quantity: Quantity,
    pub used: Quantity,
    pub remaining: Quantity,
    pub total_remaining: Quantity,
}

/// A balance.
#[derive(Clone, Copy, Debug)]
pub struct SaldoView<'a> {
    pub saldo: &'a Saldo,
    pub unit_value: Option<Cents>,
}

/// Dental procedures.
#[derive(Clone, Debug)]
pub struct DentalView<'a> {
    pub dental: &'a Dental,
    pub lines: Vec<LineView<'a>>,
    /// Of the procedures asked, each once, in the order asked.
    pub prices: Vec<PriceView<'a>>,
}

/// A granted line.
#[derive(Clone, Copy, Debug)]
pub struct LineView<'a> {
    pub line: &'a DentalLine,
    pub name_fi: Option<&'a str>,
    pub unit_value: Cents,
    pub max_price: Option<Cents>,
}

/// Price of a procedure.
#[derive(Clone, Copy, Debug)]
pub struct PriceView<'a> {
    pub procedure_code: &'a str,
    pub name_fi: Option<&'a str>,
    pub voucher_value: Cents,
    pub max_price: Option<Cents>,
}

impl<'a> ContentView<'a> {
    /// The content as it is on `day`, which lies within the validity; `None` when it has no value then.
    pub(super) fn of(
        question: &Question<'_>,
        facts: &Facts<'a>,
        service: &ServiceType,
        day: Date,
    ) -> Option<ContentView<'a>> {
        let grant = facts.grant;
        match &grant.content {
            Content::Ordinary(ordinary) => {
                ordinary_view(ordinary, grant, service, day).map(ContentView::Ordinary)
            }
            Content::Saldo(saldo) => Some(ContentView::Saldo(SaldoView {
                saldo,
                unit_value: *saldo.unit_values.on(day)?,
            })),
            Content::Dental(dental) => Some(ContentView::Dental(DentalView {
                dental,
                lines: line_views(dental, facts.procedures, service, day)?,
                prices: match dental.mode {
                    DentalMode::PriceListCeiling => {
                        price_views(question.procedure_codes, facts.procedures, service, day)
                    }
                    DentalMode::Itemised | DentalMode::ExaminationOnly => Vec::new(),
                },
            })),
        }
    }
}

fn ordinary_view(
    ordinary: &Ordinary,
    grant: &PurchasingPower,
    service: &ServiceType,
    day: Date,
) -> Option<OrdinaryView> {
    let row = ordinary.values.on(day)?;
    let period_key = ordinary.period.key(day);
    Some(OrdinaryView {
        unit_value: row.unit_value,
        max_unit_price: lowest(service, row.max_unit_price),
        period: ordinary.period,
        period_key,
        quantity: ordinary.quantity_in(period_key, grant.valid_to),
        used: ordinary.used_in(period_key),
        remaining: ordinary.remaining_in(period_key, grant.valid_to),
        total_remaining: ordinary.remaining_from(day, grant.valid_to),
    })
}

/// The lower of the service's cap and another; the provider's agreed price is not shown.
fn lowest(service: &ServiceType, other: Option<Cents>) -> Option<Cents> {
    [service.max_unit_price, other].into_iter().flatten().min()
}

fn name_on<'a>(procedures: Procedures<'a>, code: &str, day: Date) -> Option<&'a str> {
    code_item_on(procedures.code_items, code, day).map(|item| item.name_fi.as_str())
}

fn line_views<'a>(
    dental: &'a Dental,
    procedures: Procedures<'a>,
    service: &ServiceType,
    day: Date,
) -> Option<Vec<LineView<'a>>> {
    dental
        .lines
        .iter()
        .map(|line| {
            let value = dental.line_value(line.line_no, day)?;
            Some(LineView {
                line,
                name_fi: name_on(procedures, &line.procedure_code, day),
                unit_value: value.unit_value,
                max_price: lowest(service, value.max_price),
            })
        })
        .collect()
}

/// A code without a price on that day is left out.
fn price_views<'a>(
    codes: &[&str],
    procedures: Procedures<'a>,
    service: &ServiceType,
    day: Date,
) -> Vec<PriceView<'a>> {
    let is_first = |index: usize, code: &str| !codes[..index].contains(&code);
    codes
        .iter()
        .enumerate()
        .filter(|(index, code)| is_first(*index, code))
        .filter_map(|(_, code)| price_item_on(procedures.price_items, code, day))
        .map(|item| PriceView {
            procedure_code: &item.procedure_code,
            name_fi: name_on(procedures, &item.procedure_code, day),
            voucher_value: item.voucher_value,
            max_price: lowest(service, item.max_price),
        })
        .collect()
}
