//! What a settlement has still to pay, as SEPA credit transfers (ISO 20022 pain.001.001.09, by the rules of the
//! European Payments Council for what a customer sends a bank). What is paid already, and what is held back, is not
//! in it, so that no file pays twice what a settlement knows as paid.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Settlement;
use crate::domain::iban::Iban;
use crate::domain::money::Cents;
use crate::domain::settlement::ProviderSums;
use crate::domain::settlement::payment::{TRANSFER_CENTS_MAX, sepa_name};
use crate::operate::Failed;
use crate::xml::write::Indented;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

/// From where and when to pay.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "PaymentOrder")]
pub struct Order {
    pub debtor_iban: String,
    /// Of the debtor's bank, where that bank asks for it.
    pub debtor_bic: Option<String>,
    pub execution_date: Date,
}

/// One transfer.
struct Transfer<'a> {
    sums: &'a ProviderSums,
    iban: Iban,
    name: String,
}

/// The transfers of one file.
pub(super) struct Payments<'a> {
    settlement: &'a Settlement,
    order: &'a Order,
    debtor_iban: Iban,
    debtor_name: String,
    transfers: Vec<Transfer<'a>>,
}

impl<'a> Payments<'a> {
    pub(super) fn of(settlement: &'a Settlement, order: &'a Order) -> Result<Payments<'a>, Failed> {
        let number = settlement.run.number;
        let debtor_iban = Iban::parse(&order.debtor_iban)
            .map_err(|error| Failed::Refused(format!("the debtor's account: {error}")))?;
        if order.debtor_bic.as_deref().is_some_and(|bic| !is_bic(bic)) {
            let told = "the debtor's BIC is 8 or 11 capitals and digits, such as OKOYFIHH";
            return Err(Failed::Refused(told.to_owned()));
        }
        let debtor_name = sepa_name(&settlement.organiser.name_fi)
            .unwrap_or_else(|| settlement.organiser.business_id.to_string());
        let to_pay = settlement.providers.iter().filter(|sums| {
            let is_due = sums.payable().0 > 0 && !sums.is_paid;
            is_due && !sums.is_held_back()
        });
        let transfers = to_pay.map(|sums| transfer(settlement, sums));
        let transfers = transfers.collect::<Result<Vec<_>, Failed>>()?;
        if transfers.is_empty() {
            return Err(Failed::Refused(format!(
                "settlement {number} has nothing left to pay: export it without --debtor-iban"
            )));
        }
        Ok(Payments {
            settlement,
            order,
            debtor_iban,
            debtor_name,
            transfers,
        })
    }

    /// The message's name: another one once the settlement was changed, so that a bank knows a file that comes twice.
    pub(super) fn message(&self) -> String {
        let run = &self.settlement.run;
        format!("{}-v{}", run.number, run.payment_version())
    }

    pub(super) fn summary(&self) -> String {
        let (count, sum) = (self.transfers.len(), self.sum());
        format!("payments {}: {count} transfers, {sum} EUR", self.message())
    }

    fn sum(&self) -> Cents {
        Cents(self.transfers.iter().map(|one| one.sums.payable().0).sum())
    }

    pub(super) fn document(&self) -> String {
        let mut out = Indented::new();
        out.open("Document", &[("xmlns", NAMESPACE)]);
        out.open("CstmrCdtTrfInitn", &[]);
        let (count, sum) = (self.transfers.len().to_string(), self.sum().to_string());
        out.open("GrpHdr", &[]);
        out.text("MsgId", &[], &self.message());
        // Of the settlement and not of now: the same file comes out the same.
        let run = &self.settlement.run;
        let created = run.confirmed_at.unwrap_or(run.begun_at);
        out.text(
            "CreDtTm",
            &[],
            &created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        );
        out.text("NbOfTxs", &[], &count);
        out.text("CtrlSum", &[], &sum);
        nested(&mut out, &["InitgPty"], "Nm", &self.debtor_name);
        out.close();
        out.open("PmtInf", &[]);
        out.text("PmtInfId", &[], &self.message());
        out.text("PmtMtd", &[], "TRF");
        out.text("NbOfTxs", &[], &count);
        out.text("CtrlSum", &[], &sum);
        nested(&mut out, &["PmtTpInf", "SvcLvl"], "Cd", "SEPA");
        let day = self.order.execution_date.to_string();
        nested(&mut out, &["ReqdExctnDt"], "Dt", &day);
        nested(&mut out, &["Dbtr"], "Nm", &self.debtor_name);
        let debtor = self.debtor_iban.to_string();
        nested(&mut out, &["DbtrAcct", "Id"], "IBAN", &debtor);
        match &self.order.debtor_bic {
            Some(bic) => nested(&mut out, &["DbtrAgt", "FinInstnId"], "BICFI", bic),
            None => {
                let path = ["DbtrAgt", "FinInstnId", "Othr"];
                nested(&mut out, &path, "Id", "NOTPROVIDED");
            }
        }
        out.text("ChrgBr", &[], "SLEV");
        for transfer in &self.transfers {
            self.write(&mut out, transfer);
        }
        out.finish()
    }

    fn write(&self, out: &mut Indented, transfer: &Transfer<'_>) {
        let sums = transfer.sums;
        let end_to_end = format!("{}-{}", self.settlement.run.number, sums.provider);
        out.open("CdtTrfTxInf", &[]);
        nested(out, &["PmtId"], "EndToEndId", &end_to_end);
        out.open("Amt", &[]);
        let amount = sums.payable().to_string();
        out.text("InstdAmt", &[("Ccy", "EUR")], &amount);
        out.close();
        nested(out, &["Cdtr"], "Nm", &transfer.name);
        let iban = transfer.iban.to_string();
        nested(out, &["CdtrAcct", "Id"], "IBAN", &iban);
        out.open("RmtInf", &[]);
        out.open("Strd", &[]);
        out.open("CdtrRefInf", &[]);
        nested(out, &["Tp", "CdOrPrtry"], "Cd", "SCOR");
        out.text("Ref", &[], &self.settlement.reference);
        out.close();
        out.close();
        out.close();
        out.close();
    }
}

fn transfer<'a>(settlement: &Settlement, sums: &'a ProviderSums) -> Result<Transfer<'a>, Failed> {
    let (number, provider) = (settlement.run.number, &sums.provider);
    let refused = |what: String| {
        Failed::Refused(format!(
            "settlement {number}: provider {provider} cannot be paid by a file: {what}"
        ))
    };
    let iban = Iban::parse(sums.iban.as_deref().unwrap_or_default())
        .map_err(|error| refused(error.to_string()))?;
    if sums.payable().0 > TRANSFER_CENTS_MAX {
        let most = Cents(TRANSFER_CENTS_MAX);
        return Err(refused(format!("one transfer takes at most {most} EUR")));
    }
    Ok(Transfer {
        sums,
        iban,
        name: sepa_name(settlement.name(provider)).unwrap_or_else(|| provider.to_string()),
    })
}

/// An element of text within others of which it is the only content.
fn nested(out: &mut Indented, path: &[&str], name: &str, text: &str) {
    for outer in path {
        out.open(outer, &[]);
    }
    out.text(name, &[], text);
    for _ in path {
        out.close();
    }
}

/// Whether a text has the form of a BIC: bank, country, place, and perhaps a branch.
fn is_bic(text: &str) -> bool {
    let is_place = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let country = text.get(4..6).unwrap_or_default();
    matches!(text.len(), 8 | 11)
        && text.chars().all(is_place)
        && country.chars().all(|c| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::*;
    use crate::domain::business_id::BusinessId;
    use crate::domain::registry::Organiser;
    use crate::domain::service_event::Shares;
    use crate::domain::settlement::{Run, RunNumber};

    fn settlement(payable: i64) -> Settlement {
        let number = RunNumber::parse("853-2026-03-1").unwrap();
        let provider = BusinessId::parse("9000007-0").unwrap();
        let sums = ProviderSums {
            provider,
            iban: Some("FI9150001503000009".to_owned()),
            events: 1,
            credits: 0,
            sums: Shares {
                price: Cents(payable),
                voucher: Cents(payable),
                customer: Cents(0),
            },
            brought_forward: Cents(0),
            brought_from: None,
            is_paid: false,
        };
        Settlement {
            run: Run::begun(number, jiff::Timestamp::UNIX_EPOCH),
            organiser: Organiser {
                code: number.organiser,
                business_id: BusinessId::parse("0204819-8").unwrap(),
                name_fi: "Turku".to_owned(),
                name_sv: None,
                contact: None,
                settlement_day_from: 4,
                settlement_day_to: 8,
                late_recording_days: 60,
                cancel_grace_days: 30,
            },
            providers: vec![sums],
            names: BTreeMap::new(),
            reference: "185326030019".to_owned(),
        }
    }

    #[test]
    fn one_transfer_takes_what_sepa_lets_it_and_no_cent_more() {
        let order = Order {
            debtor_iban: "FI2112345600000785".to_owned(),
            debtor_bic: None,
            execution_date: date(2026, 4, 8),
        };
        let most = settlement(TRANSFER_CENTS_MAX);
        let payments = Payments::of(&most, &order).ok().unwrap();
        assert!(payments.document().contains(">999999999.99</InstdAmt>"));
        // No name in the registry: the business id stands for it.
        assert!(payments.document().contains("<Nm>9000007-0</Nm>"));
        let more = settlement(TRANSFER_CENTS_MAX + 1);
        let refused = Payments::of(&more, &order).err().unwrap().to_string();
        assert!(refused.contains("at most 999999999.99 EUR"), "{refused}");
    }

    #[test]
    fn a_bic_has_a_bank_a_country_and_a_place() {
        for bic in ["OKOYFIHH", "NDEAFIHHXXX", "50CHFI2H"] {
            assert!(is_bic(bic), "{bic}");
        }
        for bic in [
            "",
            "OKOYFIH",
            "OKOY1IHH",
            "okoyfihh",
            "OKOYFIHHXX",
            "OKOYFÄHH",
        ] {
            assert!(!is_bic(bic), "{bic}");
        }
    }
}
