//! Which characters and names XML 1.0 (fifth edition) and Namespaces in XML allow.

/// Whether a document may hold `character` (production `Char`).
pub fn is_xml_character(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Byte offset of the first character that no document may hold.
pub fn first_illegal(text: &str) -> Option<usize> {
    // Only C0 controls and U+FFFE, U+FFFF are illegal; the scan over bytes finds candidates.
    let is_candidate =
        |byte: u8| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0xEF;
    // Without a way out of the middle, the compiler looks at many bytes at once.
    let has_candidate = |block: &[u8]| {
        block
            .iter()
            .fold(false, |any, byte| any | is_candidate(*byte))
    };
    if !has_candidate(text.as_bytes()) {
        return None;
    }
    text.bytes()
        .enumerate()
        .filter(|(_, byte)| is_candidate(*byte))
        .find(|(offset, _)| {
            text.get(*offset..)
                .and_then(|rest| rest.chars().next())
                .is_some_and(|character| !is_xml_character(character))
        })
        .map(|(offset, _)| offset)
}

/// What a byte may be: nothing else is looked up for most of a document.
const NAME_START: u8 = 1;
const NAME: u8 = 2;
const SPACE: u8 = 4;
const BRACKET: u8 = 8;
const NOT_ASCII: u8 = 16;
const CLASSES: [u8; 256] = {
    let mut classes = [NOT_ASCII; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        classes[byte as usize] = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => NAME_START | NAME,
            b'0'..=b'9' | b'-' | b'.' => NAME,
            b' ' | b'\t' | b'\r' | b'\n' => SPACE,
            b']' => BRACKET,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

fn is_of(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// White space of XML, as a byte of UTF-8.
pub fn is_space_byte(byte: u8) -> bool {
    is_of(byte, SPACE)
}

/// White space of XML: blank, tab, carriage return, line feed.
pub fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// What a piece of text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Nothing but white space of XML.
    pub is_blank: bool,
    pub is_ascii: bool,
    /// A closing bracket, which an end of CDATA begins with.
    pub has_bracket: bool,
}

/// Looks at each byte of `text` once.
pub fn look(text: &str) -> Look {
    let of_byte = |byte| CLASSES[usize::from(byte)];
    let (all, any) = text
        .bytes()
        .map(of_byte)
        .fold((SPACE, 0), |(all, any), class| (all & class, any | class));
    Look {
        is_blank: all == SPACE,
        is_ascii: any & NOT_ASCII == 0,
        has_bracket: any & BRACKET != 0,
    }
}

/// Whether `name` is a name without a colon (production `NCName`).
pub fn is_nc_name(name: &str) -> bool {
    let [first, rest @ ..] = name.as_bytes() else {
        return false;
    };
    if is_of(*first, NAME_START) && rest.iter().all(|byte| is_of(*byte, NAME)) {
        return true;
    }
    let mut characters = name.chars();
    !name.is_ascii()
        && characters.next().is_some_and(is_name_start)
        && characters.all(is_name_character)
}

/// A qualified name in its prefix (empty when there is none) and local part;
/// `None` when it is no qualified name.
pub fn split_name(name: &str) -> Option<(&str, &str)> {
    let Some(colon) = name.bytes().position(|byte| byte == b':') else {
        return is_nc_name(name).then_some(("", name));
    };
    let (prefix, local) = (name.get(..colon)?, name.get(colon + 1..)?);
    (is_nc_name(prefix) && is_nc_name(local)).then_some((prefix, local))
}

/// The qualified name that `text` begins with, up to white space or the end, as [`split_name`] gives it, and what is behind.
/// One look at each byte, as long as they are ASCII.
pub fn leading_name(text: &str) -> Option<((&str, &str), &str)> {
    let mut colon = None;
    let mut end = text.len();
    for (place, byte) in text.bytes().enumerate() {
        if is_of(byte, NAME) {
            continue;
        }
        match byte {
            b':' if colon.is_none() => colon = Some(place),
            byte if is_of(byte, SPACE) => {
                end = place;
                break;
            }
            byte if byte.is_ascii() => return None,
            _ => {
                let end = text.bytes().position(is_space_byte);
                let (name, rest) = text.split_at(end.unwrap_or(text.len()));
                return Some((split_name(name)?, rest));
            }
        }
    }
    let (name, rest) = text.split_at(end);
    let (prefix, local) = match colon {
        Some(colon) => (name.get(..colon)?, name.get(colon + 1..)?),
        None => ("", name),
    };
    let begins = |part: &str| {
        let first = part.bytes().next();
        first.is_some_and(|byte| is_of(byte, NAME_START))
    };
    let is_name = begins(local) && (colon.is_none() || begins(prefix));
    is_name.then_some(((prefix, local), rest))
}

fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn is_name_character(character: char) -> bool {
    is_name_start(character)
        || matches!(character,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn illegal_characters_are_found_where_they_stand() {
        assert_eq!(first_illegal("aä\t\r\n\u{FFFD}\u{10FFFF}\u{EFFF}"), None);
        assert_eq!(first_illegal("aä\u{0}"), Some(3));
        assert_eq!(first_illegal("\u{1F}"), Some(0));
        assert_eq!(first_illegal("x\u{FFFE}"), Some(1));
        assert_eq!(first_illegal("\u{FFFD}\u{FFFF}"), Some(3));
    }

    #[test]
    fn a_look_at_a_text_tells_what_it_holds() {
        let of = |text| {
            let look = look(text);
            (look.is_blank, look.is_ascii, look.has_bracket)
        };
        assert_eq!(of(""), (true, true, false));
        assert_eq!(of(" \t\r\n"), (true, true, false));
        assert_eq!(of(" a "), (false, true, false));
        assert_eq!(of("\u{A0}"), (false, false, false));
        assert_eq!(of("[ä]"), (false, false, true));
        assert_eq!(of("]]>"), (false, true, true));
    }

    #[test]
    fn names_split_at_one_colon() {
        assert_eq!(split_name("a:b"), Some(("a", "b")));
        assert_eq!(split_name("väli"), Some(("", "väli")));
        for wrong in [
            "", ":", "a:", ":b", "a:b:c", "1a", "-a", "a<b", "a:1", "a:-b",
        ] {
            assert_eq!(split_name(wrong), None, "{wrong}");
            assert_eq!(leading_name(wrong), None, "{wrong}");
        }
        assert_eq!(split_name("a b"), None);
    }

    #[test]
    fn a_leading_name_ends_at_white_space() {
        for name in ["a:b", "a", "väli:osa", "a1:b-2", "_:_"] {
            let parts = split_name(name).unwrap();
            assert_eq!(leading_name(name), Some((parts, "")));
            for rest in [" x=\"1\"", "\n", "\tb:c"] {
                let text = format!("{name}{rest}");
                assert_eq!(leading_name(&text), Some((parts, rest)), "{text:?}");
            }
        }
        for wrong in [" a", "a:b:c d", "a: b", ":b c", "a/ b", "ä< b", "1 a"] {
            assert_eq!(leading_name(wrong), None, "{wrong}");
        }
    }
}
