//! Values as the Admin API has them: amounts and quantities as decimal texts in the wire's form, organisers by their
//! codes, days and instants as ISO 8601 has them.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::contract::lexical::Lexical as _;
use crate::contract::types::Quantity as WireQuantity;
use crate::domain::money::{Cents, Quantity, parse_decimal};
use crate::domain::national_code::{CountyCode, MunicipalityCode};
use crate::domain::registry::OrganiserCode;
use crate::domain::service_event::Shares;
use crate::domain::settlement::Month;

/// A value that is a text of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<T>(pub T);

/// An organiser by its code: three digits of a municipality, or two of a wellbeing services county.
pub type Organiser = Text<OrganiserCode>;
/// An amount in euros, such as `12.50`.
pub type Amount = Text<Cents>;
/// A quantity, such as `1.5`.
pub type Decimal = Text<Quantity>;
/// A month such as `2026-03`.
pub type MonthText = Text<Month>;
/// An instant in UTC.
pub type Instant = Text<Timestamp>;

/// Price, voucher share and customer share of the same thing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Shares")]
pub struct SharesTold {
    pub price: Amount,
    pub voucher_share: Amount,
    pub customer_share: Amount,
}

impl From<Shares> for SharesTold {
    fn from(shares: Shares) -> SharesTold {
        SharesTold {
            price: Text(shares.price),
            voucher_share: Text(shares.voucher),
            customer_share: Text(shares.customer),
        }
    }
}

/// The form of a text, and what it stands for.
pub trait Form: Sized {
    const NAME: &'static str;
    const FORM: &'static str;
    const PATTERN: &'static str;
    const EXAMPLE: &'static str;

    fn parse(text: &str) -> Option<Self>;
    fn text(&self) -> String;
}

impl Form for OrganiserCode {
    const NAME: &'static str = "OrganiserByCode";
    const FORM: &'static str = "code of an organiser: three digits of a municipality, or two of a wellbeing services county";
    const PATTERN: &'static str = r"^[0-9]{2,3}$";
    const EXAMPLE: &'static str = "853";

    fn parse(text: &str) -> Option<OrganiserCode> {
        let municipality = MunicipalityCode::parse(text).map(OrganiserCode::Municipality);
        municipality.or_else(|| CountyCode::parse(text).map(OrganiserCode::County))
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Form for Month {
    const NAME: &'static str = "Month";
    const FORM: &'static str = "month such as 2026-03";
    const PATTERN: &'static str = r"^[0-9]{4}-(0[1-9]|1[0-2])$";
    const EXAMPLE: &'static str = "2026-03";

    fn parse(text: &str) -> Option<Month> {
        Month::parse(text)
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Form for Cents {
    const NAME: &'static str = "Amount";
    const FORM: &'static str = "euros with two decimals";
    const PATTERN: &'static str = r"^-?[0-9]+\.[0-9]{2}$";
    const EXAMPLE: &'static str = "12.50";

    fn parse(text: &str) -> Option<Cents> {
        parse_decimal(text, 2).ok().map(Cents)
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Form for Quantity {
    const NAME: &'static str = "Quantity";
    const FORM: &'static str = "quantity with at most three decimals";
    const PATTERN: &'static str = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$";
    const EXAMPLE: &'static str = "1.5";

    fn parse(text: &str) -> Option<Quantity> {
        WireQuantity::from_text(text)
            .ok()
            .map(|quantity| quantity.0)
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Form for Timestamp {
    const NAME: &'static str = "Instant";
    const FORM: &'static str = "instant in UTC";
    const PATTERN: &'static str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$";
    const EXAMPLE: &'static str = "2026-04-02T07:15:00Z";

    fn parse(text: &str) -> Option<Timestamp> {
        text.parse().ok()
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl<T: Form> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(&self.0.text())
    }
}

impl<'de, T: Form> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Text<T>, D::Error> {
        let text = String::deserialize(reader)?;
        // The form is told, and nothing of what was given.
        let value = T::parse(&text);
        value
            .map(Text)
            .ok_or_else(|| D::Error::custom(format_args!("it is another, expected {}", T::FORM)))
    }
}

impl<T: Form> JsonSchema for Text<T> {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": T::FORM,
            "pattern": T::PATTERN,
            "examples": [T::EXAMPLE],
        })
    }
}
