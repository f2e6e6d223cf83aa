//! The inside of a start tag: its name and attributes, split and checked to the letter.
//! quick-xml finds where a tag ends; what it lets through within one is refused here.

use std::borrow::Cow;

use super::characters::{is_space, is_xml_character, leading_name, split_name};

/// One attribute as written; the value still holds its references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawAttribute<'a> {
    pub prefix: &'a str,
    pub local: &'a str,
    pub value: &'a str,
}

/// Splits `tag`, the text between `<` and `>` or `/>`, in its name, which is prefix and local part, and its attributes.
/// `most` attributes are taken; the error says in a few words what is wrong.
pub fn split_tag<'a>(
    tag: &'a str,
    most: usize,
    attributes: &mut Vec<RawAttribute<'a>>,
) -> Result<(&'a str, &'a str), &'static str> {
    attributes.clear();
    let (name, mut rest) = leading_name(tag).ok_or("an element's name is not a name")?;
    while !rest.is_empty() {
        let trimmed = rest.trim_start_matches(is_space);
        if trimmed.is_empty() {
            return Ok(name);
        }
        if trimmed.len() == rest.len() {
            return Err("white space is missing between attributes");
        }
        let (attribute, after) = split_attribute(trimmed)?;
        let is_repeated = attributes
            .iter()
            .any(|other| other.local == attribute.local && other.prefix == attribute.prefix);
        if is_repeated {
            return Err("an attribute is repeated");
        }
        if attributes.len() == most {
            return Err("an element has more attributes than limits.xml_attributes_max");
        }
        attributes.push(attribute);
        rest = after;
    }
    Ok(name)
}

fn split_attribute(text: &str) -> Result<(RawAttribute<'_>, &str), &'static str> {
    let (name, rest) = split_at(text, b'=').ok_or("an attribute has no value")?;
    let (prefix, local) =
        split_name(name.trim_end_matches(is_space)).ok_or("an attribute's name is not a name")?;
    let rest = rest.trim_start_matches(is_space);
    let quote = rest
        .bytes()
        .next()
        .filter(|byte| matches!(byte, b'"' | b'\''))
        .ok_or("an attribute's value is not in quotes")?;
    let (value, after) = rest
        .get(1..)
        .and_then(|inside| split_at(inside, quote))
        .ok_or("an attribute's value does not end")?;
    if value.as_bytes().contains(&b'<') {
        return Err("an attribute's value holds `<`");
    }
    Ok((
        RawAttribute {
            prefix,
            local,
            value,
        },
        after,
    ))
}

/// What stands before and behind the first of this ASCII byte: names and values are too short for a search by words.
fn split_at(text: &str, ascii: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|byte| byte == ascii)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// The value meant by a raw one: references resolved, white space made blanks.
/// Only the five predefined entities exist.
pub fn attribute_value(raw: &str) -> Result<Cow<'_, str>, &'static str> {
    let is_plain = |byte: u8| !matches!(byte, b'&' | b'\t' | b'\r' | b'\n');
    if raw.bytes().all(is_plain) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(character) = rest.chars().next() {
        if character == '&' {
            let (reference, after) = rest
                .get(1..)
                .and_then(|inside| inside.split_once(';'))
                .ok_or("`&` begins no reference")?;
            value.push(resolve_reference(reference)?);
            rest = after;
        } else {
            value.push(if is_space(character) { ' ' } else { character });
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
        }
    }
    Ok(Cow::Owned(value))
}

/// The character that `&reference;` stands for.
pub fn resolve_reference(reference: &str) -> Result<char, &'static str> {
    const WRONG: &str = "a character reference names no character that XML allows";
    let number = match reference {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        other => other
            .strip_prefix('#')
            .ok_or("only the entities lt, gt, amp, quot and apos are allowed")?,
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(WRONG);
    }
    u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32)
        .filter(|character| is_xml_character(*character))
        .ok_or(WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parts = (String, Vec<(String, String, String)>);

    fn split(tag: &str) -> Result<Parts, &'static str> {
        let mut attributes = Vec::new();
        let name = split_tag(tag, 3, &mut attributes)?;
        let attributes = attributes
            .iter()
            .map(|attribute| {
                (
                    attribute.prefix.to_owned(),
                    attribute.local.to_owned(),
                    attribute.value.to_owned(),
                )
            })
            .collect();
        Ok((format!("{}:{}", name.0, name.1), attributes))
    }

    #[test]
    fn tags_split_into_name_and_attributes() {
        let (name, attributes) = split("p:a b=\"1\"\n x:c = '\"' ").unwrap();
        assert_eq!(name, "p:a");
        assert_eq!(attributes[0], ("".into(), "b".into(), "1".into()));
        assert_eq!(attributes[1], ("x".into(), "c".into(), "\"".into()));
    }

    #[test]
    fn sloppy_tags_are_refused() {
        for tag in [
            "a b",
            "a b=1",
            "a b=\"1",
            "a b=\"1\"c=\"2\"",
            "a b=\"<\"",
            "a b=\"1\" b=\"2\"",
            "a 1=\"x\"",
            "a =\"x\"",
            "a b=\"1\" c=\"1\" d=\"1\" e=\"1\"",
            "a b=\"1\"/",
        ] {
            assert!(split(tag).is_err(), "{tag}");
        }
        assert!(split("a b=\"1\" c=\"1\" d=\"1\"").is_ok());
    }

    #[test]
    fn references_resolve_or_are_refused() {
        assert_eq!(attribute_value("a&amp;b\n&#x41;").unwrap(), "a&b A");
        for wrong in [
            "&",
            "&;",
            "&nbsp;",
            "&#0;",
            "&#xD800;",
            "&#x;",
            "&#+5;",
            "&#xFFFE;",
            "&#1114112;",
        ] {
            assert!(attribute_value(wrong).is_err(), "{wrong}");
        }
    }
}
