//! A settlement as XML, by xsd/settlement-v1.xsd.

use super::{Form, Settlement, payment_of};
use crate::domain::money::Cents;
use crate::domain::service_event::Shares;
use crate::domain::settlement::{ProviderSums, SettledRow};
use crate::xml::write::Indented;

const NAMESPACE: &str = "http://psop.x-road.global/settlement/v1";

/// The form.
pub(super) struct Xml {
    document: Indented,
    written: Vec<u8>,
}

impl Default for Xml {
    fn default() -> Xml {
        Xml {
            document: Indented::new(),
            written: Vec::new(),
        }
    }
}

impl Xml {
    fn text(&mut self, name: &str, text: &str) {
        self.document.text(name, &[], text);
    }

    fn amount(&mut self, name: &str, amount: Cents) {
        self.text(name, &amount.to_string());
    }

    fn shares(&mut self, shares: Shares) {
        self.amount("price", shares.price);
        self.amount("voucherShare", shares.voucher);
        self.amount("customerShare", shares.customer);
    }
}

impl Form for Xml {
    fn begin(&mut self, settlement: &Settlement) {
        let (run, organiser) = (&settlement.run, &settlement.organiser);
        self.document.open("settlement", &[("xmlns", NAMESPACE)]);
        self.text("number", &run.number.to_string());
        self.text("month", &run.number.month.to_string());
        if let Some(at) = run.confirmed_at {
            self.text("confirmedAt", &at.to_string());
        }
        self.document.open("organiser", &[]);
        self.text("code", &organiser.code.to_string());
        self.text("businessId", organiser.business_id.as_str());
        self.text("name", &organiser.name_fi);
        self.document.close();
        self.text("currency", "EUR");
        self.text("reference", &settlement.reference);
        let totals = settlement.totals();
        self.document.open("totals", &[]);
        self.text("events", &run.events.to_string());
        self.text("credits", &totals.credits.to_string());
        self.shares(run.sums);
        self.amount("broughtForward", totals.brought_forward);
        self.amount("payable", totals.payable);
        self.amount("heldBack", totals.held_back);
        self.amount("carriedForward", totals.carried_forward);
        self.document.close();
    }

    fn provider(&mut self, settlement: &Settlement, sums: &ProviderSums) {
        self.document.open("provider", &[]);
        self.text("businessId", sums.provider.as_str());
        self.text("name", settlement.name(&sums.provider));
        if let Some(iban) = &sums.iban {
            self.text("iban", iban);
        }
        self.text("payment", payment_of(sums));
        if let Some(by) = sums.brought_from {
            self.text("broughtForwardFrom", &by.to_string());
        }
        let held_back = match sums.is_held_back() {
            true => sums.payable(),
            false => Cents(0),
        };
        self.document.open("totals", &[]);
        self.text("events", &sums.events.to_string());
        self.text("credits", &sums.credits.to_string());
        self.shares(sums.sums);
        self.amount("broughtForward", sums.brought_forward);
        self.amount("payable", sums.payable());
        self.amount("heldBack", held_back);
        self.amount("carriedForward", sums.carried_forward());
        self.document.close();
    }

    fn row(&mut self, _: &Settlement, row: &SettledRow) {
        let name = if row.credits.is_some() {
            "credit"
        } else {
            "event"
        };
        self.document.open(name, &[]);
        self.text("eventId", &row.event.to_string());
        if let Some(credited) = row.credits {
            self.text("creditsEventId", &credited.to_string());
        }
        self.text("serviceDate", &row.service_date.to_string());
        self.text("serviceCode", &row.service_code);
        self.shares(row.shares);
        self.document.close();
    }

    fn provider_end(&mut self, _: &Settlement, _: &ProviderSums) {
        self.document.close();
    }

    fn end(&mut self, _: &Settlement) {
        self.document.close();
    }

    fn written(&mut self) -> &mut Vec<u8> {
        self.written
            .extend_from_slice(self.document.take().as_bytes());
        &mut self.written
    }
}
