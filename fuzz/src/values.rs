//! Single values: what is read is written and read again as the same, and scans and splits keep to their own rules.

use jiff::civil::{Date, date};
use psop_adapter::contract::lexical::{
    Count, Day, Instant, Lexical, Position, PositiveInteger, normal_form,
};
use psop_adapter::contract::types::{
    self, Amount, Decimal, Money, PageSize, ProcedureCount, Quantity, SignedMoney,
};
use psop_adapter::domain::business_id::BusinessId;
use psop_adapter::domain::client::ClientId;
use psop_adapter::domain::number::PurchasingPowerNumber;
use psop_adapter::domain::oid::check_oid;
use psop_adapter::domain::person_id::{PersonId, contains_person_id, user_id_is_person_id};
use psop_adapter::xml::attributes::{attribute_value, resolve_reference, split_tag};
use psop_adapter::xml::characters::{
    first_illegal, is_nc_name, is_space, is_xml_character, leading_name, split_name,
};
use psop_adapter::xml::encoding::{Encoding, decode};
use psop_adapter::xml::write;

const TODAY: Date = date(2026, 3, 16);

/// One value.
pub fn run(data: &[u8]) {
    encodings(data);
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    lexical::<Amount>(text);
    lexical::<bool>(text);
    lexical::<String>(text);
    lexical::<Count>(text);
    lexical::<Day>(text);
    lexical::<Decimal>(text);
    lexical::<Instant>(text);
    lexical::<Money>(text);
    lexical::<PageSize>(text);
    lexical::<Position>(text);
    lexical::<PositiveInteger>(text);
    lexical::<ProcedureCount>(text);
    lexical::<Quantity>(text);
    lexical::<SignedMoney>(text);
    lexical::<types::Text80>(text);
    identifiers(text);
    names(text);
}

fn lexical<T: Lexical + PartialEq + std::fmt::Debug>(text: &str) {
    let Ok(value) = T::from_text(text) else {
        return;
    };
    let mut written = String::new();
    value.write_text(&mut written);
    assert_eq!(T::from_text(&written).as_ref(), Ok(&value), "{written:?}");
}

fn identifiers(text: &str) {
    if contains_person_id(text) {
        assert!(user_id_is_person_id(text), "the wider rule finds less");
    }
    if let Ok(person) = PersonId::parse(text, TODAY) {
        assert_eq!(person.as_str(), text);
        assert!(person.birth_date() <= TODAY);
        assert!(contains_person_id(&format!("-{text},")));
        assert!(user_id_is_person_id(&format!("FI{text}")));
    }
    if let Ok(id) = BusinessId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert!(types::BusinessId::from_text(text).is_ok());
    }
    if check_oid(text).is_ok() {
        assert!(types::Oid::from_text(text).is_ok(), "the contract has less");
    }
    if let Ok(number) = PurchasingPowerNumber::parse(text) {
        assert_eq!(
            PurchasingPowerNumber::parse(&number.to_string()),
            Ok(number)
        );
        assert_eq!(PurchasingPowerNumber::from_bits(number.bits()), number);
    }
    if let Some(client) = ClientId::parse(text) {
        assert_eq!(client.to_string(), text);
    }
    let normal = normal_form(text);
    assert_eq!(normal_form(&normal), normal);
}

fn names(text: &str) {
    if let Some((prefix, local)) = split_name(text) {
        assert!(is_nc_name(local) && (prefix.is_empty() || is_nc_name(prefix)));
        assert_eq!(
            text.len(),
            local.len()
                + if prefix.is_empty() {
                    0
                } else {
                    prefix.len() + 1
                }
        );
    }
    let mut attributes = Vec::new();
    let begun = text.split_at(text.find(is_space).unwrap_or(text.len()));
    let leading = split_name(begun.0).map(|parts| (parts, begun.1));
    assert_eq!(leading_name(text), leading, "{text:?}");
    if let Ok(name) = split_tag(text, 64, &mut attributes) {
        assert_eq!(split_name(begun.0), Some(name));
        assert!(
            attributes
                .iter()
                .all(|attribute| is_nc_name(attribute.local))
        );
    }
    if let Ok(character) = resolve_reference(text) {
        assert!(is_xml_character(character));
    }
    if let Ok(value) = attribute_value(text) {
        let mut written = String::new();
        write::attribute(&mut written, &value);
        if first_illegal(text).is_none() {
            assert_eq!(
                attribute_value(&written).as_deref(),
                Ok(&*value),
                "{written:?}"
            );
        }
    }
    let illegal = text
        .char_indices()
        .find(|(_, character)| !is_xml_character(*character));
    assert_eq!(first_illegal(text), illegal.map(|(offset, _)| offset));
}

fn encodings(data: &[u8]) {
    let Ok((text, encoding)) = decode(data) else {
        return;
    };
    match encoding {
        Encoding::Utf8 | Encoding::Ascii => assert!(data.ends_with(text.as_bytes())),
        Encoding::Latin1 => assert_eq!(text.chars().count(), data.len()),
        Encoding::Utf16 => assert!(text.encode_utf16().count() * 2 <= data.len()),
    }
}
