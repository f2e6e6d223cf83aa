//! From bytes to text: by byte order mark, else by XML declaration, else UTF-8.
//!
//! A Content-Type's charset is not asked: security servers send a fixed one whatever the bytes are.

use std::borrow::Cow;

use super::reader::XmlError;

/// An encoding that documents may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
    /// ISO-8859-1, byte for character.
    Latin1,
    Ascii,
}

impl Encoding {
    /// The encoding of this name, in any letter case.
    fn named(name: &str) -> Option<Encoding> {
        const NAMES: &[(&str, Encoding)] = &[
            ("utf-8", Encoding::Utf8),
            ("utf-16", Encoding::Utf16),
            ("utf-16le", Encoding::Utf16),
            ("utf-16be", Encoding::Utf16),
            ("iso-8859-1", Encoding::Latin1),
            ("us-ascii", Encoding::Ascii),
        ];
        NAMES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, encoding)| *encoding)
    }

    /// Whether a declaration of `name` is true of a document read in this encoding.
    pub fn is_named(self, name: &str) -> bool {
        Encoding::named(name) == Some(self)
    }
}

/// Decodes a document, without its byte order mark.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), XmlError> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes),
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes),
        _ => match declared(bytes) {
            None => utf8(bytes),
            Some(name) => match Encoding::named(name) {
                Some(Encoding::Utf8) => utf8(bytes),
                Some(Encoding::Latin1) => Ok((
                    bytes.iter().map(|byte| char::from(*byte)).collect(),
                    Encoding::Latin1,
                )),
                Some(Encoding::Ascii) if bytes.is_ascii() => {
                    utf8(bytes).map(|(text, _)| (text, Encoding::Ascii))
                }
                Some(Encoding::Ascii | Encoding::Utf16) => wrong(
                    "the document is not in the encoding that its declaration names",
                    0,
                ),
                None => wrong(
                    "the document is in an encoding that is not taken: send UTF-8 (UTF-16 and ISO-8859-1 are read)",
                    0,
                ),
            },
        },
    }
}

fn wrong<T>(reason: &'static str, offset: usize) -> Result<T, XmlError> {
    Err(XmlError { reason, offset })
}

fn utf8(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), XmlError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((Cow::Borrowed(text), Encoding::Utf8)),
        Err(error) => wrong("the document is not UTF-8", error.valid_up_to()),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<(Cow<'_, str>, Encoding), XmlError> {
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return wrong("the document ends inside a UTF-16 character", bytes.len());
    }
    let units = pairs.map(|pair| match pair {
        [first, second] => unit([*first, *second]),
        _ => 0,
    });
    match char::decode_utf16(units).collect::<Result<String, _>>() {
        Ok(text) => Ok((Cow::Owned(text), Encoding::Utf16)),
        Err(_) => wrong("the document is not UTF-16", 0),
    }
}

/// The encoding that an XML declaration names, as far as can be seen before decoding.
fn declared(bytes: &[u8]) -> Option<&str> {
    /// Longer than any declaration that means anything.
    const DECLARATION_BYTES_MAX: usize = 256;
    let head = bytes.get(..bytes.len().min(DECLARATION_BYTES_MAX))?;
    let head = head.strip_prefix(b"<?xml")?;
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(head.get(..end)?).ok()?;
    let (_, after) = declaration.split_once("encoding")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = after
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    after.get(1..)?.split_once(quote).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        decode(bytes).unwrap().0.into_owned()
    }

    #[test]
    fn byte_order_marks_and_declarations_decide() {
        assert_eq!(text("\u{FEFF}<ä/>".as_bytes()), "<ä/>");
        assert_eq!(text("<ä/>".as_bytes()), "<ä/>");
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE4</a>";
        assert!(text(latin).ends_with("<a>ä</a>"));
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let document = "<?xml version='1.0' encoding='utf-16'?><a>ä𝄞</a>";
            let plain: Vec<u8> = document.encode_utf16().flat_map(unit).collect();
            assert_eq!(text(&plain), document);
            let marked: Vec<u8> = unit(0xFEFF).into_iter().chain(plain).collect();
            assert_eq!(text(&marked), document);
        }
    }

    #[test]
    fn what_is_not_in_its_encoding_is_refused() {
        for bytes in [
            b"<a>\xE4</a>".as_slice(),
            b"<?xml version='1.0' encoding='utf-16'?><a/>",
            b"<?xml version='1.0' encoding='us-ascii'?><a>\xE4</a>",
            b"<?xml version='1.0' encoding='koi8-r'?><a/>",
            b"\xFF\xFE<\0a",
            b"\xFF\xFE\0\xD8<\0",
            b"\xC0\xAF",
        ] {
            assert!(decode(bytes).is_err(), "{bytes:?}");
        }
    }
}
