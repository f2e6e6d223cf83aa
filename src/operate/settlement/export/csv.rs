//! A settlement as CSV (RFC 4180 with semicolons): a row for each event and credit, one for each provider after its
//! own, and one for the whole at the end. UTF-8 without a byte order mark, amounts with a decimal point.

use super::{Form, Settlement, payment_of};
use crate::domain::settlement::{ProviderSums, SettledRow};
use crate::operate::csv::write_row;

const COLUMNS: [&str; 20] = [
    "record",
    "settlementNumber",
    "providerBusinessId",
    "providerName",
    "eventId",
    "creditsEventId",
    "serviceDate",
    "serviceCode",
    "price",
    "voucherShare",
    "customerShare",
    "events",
    "credits",
    "broughtForward",
    "payable",
    "heldBack",
    "carriedForward",
    "payment",
    "iban",
    "reference",
];

/// The form.
#[derive(Default)]
pub(super) struct Csv(Vec<u8>);

impl Csv {
    fn write(&mut self, row: [&str; COLUMNS.len()]) {
        write_row(&mut self.0, &row);
    }
}

impl Form for Csv {
    fn begin(&mut self, _: &Settlement) {
        self.write(COLUMNS);
    }

    fn provider(&mut self, _: &Settlement, _: &ProviderSums) {}

    fn row(&mut self, settlement: &Settlement, row: &SettledRow) {
        let record = match row.credits {
            None => "EVENT",
            Some(_) => "CREDIT",
        };
        let credits = row.credits.map(|id| id.to_string()).unwrap_or_default();
        self.write([
            record,
            &settlement.run.number.to_string(),
            row.provider.as_str(),
            settlement.name(&row.provider),
            &row.event.to_string(),
            &credits,
            &row.service_date.to_string(),
            &row.service_code,
            &row.shares.price.to_string(),
            &row.shares.voucher.to_string(),
            &row.shares.customer.to_string(),
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
        ]);
    }

    fn provider_end(&mut self, settlement: &Settlement, sums: &ProviderSums) {
        let held_back = match sums.is_held_back() {
            true => sums.payable().to_string(),
            false => "0.00".to_owned(),
        };
        self.write([
            "PROVIDER",
            &settlement.run.number.to_string(),
            sums.provider.as_str(),
            settlement.name(&sums.provider),
            "",
            "",
            "",
            "",
            &sums.sums.price.to_string(),
            &sums.sums.voucher.to_string(),
            &sums.sums.customer.to_string(),
            &sums.events.to_string(),
            &sums.credits.to_string(),
            &sums.brought_forward.to_string(),
            &sums.payable().to_string(),
            &held_back,
            &sums.carried_forward().to_string(),
            payment_of(sums),
            sums.iban.as_deref().unwrap_or_default(),
            &settlement.reference,
        ]);
    }

    fn end(&mut self, settlement: &Settlement) {
        let (run, totals) = (&settlement.run, settlement.totals());
        self.write([
            "SETTLEMENT",
            &run.number.to_string(),
            "",
            "",
            "",
            "",
            "",
            "",
            &run.sums.price.to_string(),
            &run.sums.voucher.to_string(),
            &run.sums.customer.to_string(),
            &run.events.to_string(),
            &totals.credits.to_string(),
            &totals.brought_forward.to_string(),
            &totals.payable.to_string(),
            &totals.held_back.to_string(),
            &totals.carried_forward.to_string(),
            "",
            "",
            &settlement.reference,
        ]);
    }

    fn written(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}
