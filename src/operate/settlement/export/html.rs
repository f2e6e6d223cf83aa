//! A settlement as a page to print: one file, A4, no script and nothing from anywhere else, in one of three languages.
//!
//! Written in pieces like the other forms: a template for the head, for a provider and for a row, each escaped.

mod words;
mod written;

use askama::Template;

use self::words::Words;
use self::written::Written;
use super::{Form, Settlement};
use crate::clock::date_in_helsinki;
use crate::domain::money::Cents;
use crate::domain::service_event::Shares;
use crate::domain::settlement::{ProviderSums, RunState, SettledRow};
use crate::partner::limits::Language;

/// Amounts with what they are.
type Amounts = Vec<(&'static str, String)>;

#[derive(Template)]
#[template(path = "begin.html", config = "src/operate/settlement/askama.toml")]
struct Begin<'a> {
    words: &'static Words,
    language: Language,
    number: String,
    organiser: &'a str,
    business_id: &'a str,
    month: String,
    state: &'static str,
    dates: Vec<(&'static str, String)>,
    reference: &'a str,
    events: u64,
    credits: u64,
    totals: Amounts,
}

#[derive(Template)]
#[template(path = "provider.html", config = "src/operate/settlement/askama.toml")]
struct Provider<'a> {
    words: &'static Words,
    name: &'a str,
    business_id: &'a str,
    iban: Option<&'a str>,
    reference: &'a str,
    payment: &'static str,
    events: u64,
    credits: u64,
    amounts: Amounts,
}

#[derive(Template)]
#[template(path = "row.html", config = "src/operate/settlement/askama.toml")]
struct Row<'a> {
    words: &'static Words,
    date: String,
    service: &'a str,
    credits: Option<String>,
    event: String,
    amounts: [String; 3],
}

#[derive(Template)]
#[template(
    path = "provider_end.html",
    config = "src/operate/settlement/askama.toml"
)]
struct ProviderEnd {
    words: &'static Words,
    amounts: [String; 3],
}

/// The form.
pub(super) struct Html {
    language: Language,
    words: &'static Words,
    written: Vec<u8>,
}

impl Html {
    pub(super) fn of(language: Language) -> Html {
        Html {
            language,
            words: Words::of(language),
            written: Vec::new(),
        }
    }

    fn write(&mut self, template: &impl Template) {
        // Writing into memory does not fail, and nor do templates of texts.
        let _ = template.render_into(&mut Text(&mut self.written));
        self.written.push(b'\n');
    }

    fn amount(&self, amount: Cents) -> String {
        Written(self.language).amount(amount)
    }

    fn shares(&self, shares: Shares) -> [String; 3] {
        [shares.price, shares.voucher, shares.customer].map(|amount| self.amount(amount))
    }

    /// Amounts of the whole or of a provider, in one order.
    fn amounts(&self, shares: Shares, moved: [Cents; 4]) -> Amounts {
        let words = self.words;
        let [price, voucher, customer] = self.shares(shares);
        let mut amounts = vec![
            (words.price, price),
            (words.voucher, voucher),
            (words.customer, customer),
        ];
        let names = [
            words.brought_forward,
            words.payable,
            words.held_back,
            words.carried_forward,
        ];
        let moved = moved.map(|amount| self.amount(amount));
        amounts.extend(names.into_iter().zip(moved));
        amounts
    }
}

impl Form for Html {
    fn begin(&mut self, settlement: &Settlement) {
        let (run, words) = (&settlement.run, self.words);
        let totals = settlement.totals();
        let written = Written(self.language);
        let dates = [
            (words.made, Some(run.begun_at)),
            (words.confirmed, run.confirmed_at),
            (words.paid, run.paid_at),
        ];
        let name_sv = settlement.organiser.name_sv.as_deref();
        let name_sv = name_sv.filter(|_| self.language == Language::Sv);
        let begin = Begin {
            words,
            language: self.language,
            number: run.number.to_string(),
            organiser: name_sv.unwrap_or(&settlement.organiser.name_fi),
            business_id: settlement.organiser.business_id.as_str(),
            month: written.month(run.number.month),
            state: match run.state {
                RunState::Paid => words.paid,
                _ => words.confirmed,
            },
            dates: dates
                .into_iter()
                .filter_map(|(word, at)| Some((word, written.date(date_in_helsinki(at?)))))
                .collect(),
            reference: &settlement.reference,
            events: run.events,
            credits: totals.credits,
            totals: self.amounts(
                run.sums,
                [
                    totals.brought_forward,
                    totals.payable,
                    totals.held_back,
                    totals.carried_forward,
                ],
            ),
        };
        self.write(&begin);
    }

    fn provider(&mut self, settlement: &Settlement, sums: &ProviderSums) {
        let words = self.words;
        let is_held_back = sums.is_held_back();
        let provider = Provider {
            words,
            name: settlement.name(&sums.provider),
            business_id: sums.provider.as_str(),
            iban: sums.iban.as_deref(),
            reference: &settlement.reference,
            payment: match (is_held_back, sums.payable().0, sums.is_paid) {
                (true, ..) => words.held,
                (false, 0, _) => words.none,
                (false, _, true) => words.done,
                (false, _, false) => words.pay,
            },
            events: sums.events,
            credits: sums.credits,
            amounts: self.amounts(
                sums.sums,
                [
                    sums.brought_forward,
                    sums.payable(),
                    if is_held_back {
                        sums.payable()
                    } else {
                        Cents(0)
                    },
                    sums.carried_forward(),
                ],
            ),
        };
        self.write(&provider);
    }

    fn row(&mut self, _: &Settlement, row: &SettledRow) {
        let row = Row {
            words: self.words,
            date: Written(self.language).date(row.service_date),
            service: &row.service_code,
            credits: row.credits.map(|id| id.to_string()),
            event: row.event.to_string(),
            amounts: self.shares(row.shares),
        };
        self.write(&row);
    }

    fn provider_end(&mut self, _: &Settlement, sums: &ProviderSums) {
        let end = ProviderEnd {
            words: self.words,
            amounts: self.shares(sums.sums),
        };
        self.write(&end);
    }

    fn end(&mut self, _: &Settlement) {
        self.written
            .extend_from_slice(b"</main>\n</body>\n</html>\n");
    }

    fn written(&mut self) -> &mut Vec<u8> {
        &mut self.written
    }
}

/// What templates write text into.
struct Text<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
