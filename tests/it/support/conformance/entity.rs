//! From an HTTP entity to the bytes of its SOAP part: media types, charsets and MIME parts, as the
//! security servers' message decoder takes them.

use super::{Code, ConformanceError, refuse};

/// Charsets that every Java has; security servers know more, and no answer of ours may need one.
const CHARSETS: [&str; 6] = [
    "utf-8",
    "utf-16",
    "utf-16le",
    "utf-16be",
    "iso-8859-1",
    "us-ascii",
];

/// A media type with its parameters, names in lower case.
struct ContentType {
    media_type: String,
    parameters: Vec<(String, String)>,
}

impl ContentType {
    fn parse(text: &str) -> ContentType {
        let mut pieces = pieces(text).into_iter();
        let media_type = pieces.next().unwrap_or_default().trim().to_lowercase();
        let parameters = pieces
            .filter_map(|piece| {
                let (name, value) = piece.split_once('=')?;
                let value = value.trim().trim_matches('"');
                Some((name.trim().to_lowercase(), value.to_owned()))
            })
            .collect();
        ContentType {
            media_type,
            parameters,
        }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn is_soap(&self) -> bool {
        matches!(&*self.media_type, "text/xml" | "application/xop+xml")
    }

    /// Check 25: the answer is written anew in its charset, so there must be such a one.
    fn check_charset(&self) -> Result<(), ConformanceError> {
        let charset = self.parameter("charset").unwrap_or_default().trim();
        let is_known = charset.is_empty()
            || CHARSETS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(charset));
        if is_known {
            Ok(())
        } else {
            refuse(Code::IoError, format!("unknown charset {charset}"))
        }
    }
}

/// Splits at semicolons outside quotation marks.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut is_quoted = false;
    for character in text.chars() {
        is_quoted ^= character == '"';
        match pieces.last_mut() {
            Some(piece) if character != ';' || is_quoted => piece.push(character),
            _ => pieces.push(String::new()),
        }
    }
    pieces
}

/// The SOAP message in an entity (checks 7 to 12 and 25).
pub fn soap_part(content_type: Option<&str>, body: &[u8]) -> Result<Vec<u8>, ConformanceError> {
    let Some(content_type) = content_type else {
        return refuse(
            Code::InvalidContentType,
            "Could not get content type from response",
        );
    };
    let content_type = ContentType::parse(content_type);
    if content_type.is_soap() {
        content_type.check_charset()?;
        return Ok(body.to_vec());
    }
    if content_type.media_type != "multipart/related" {
        return refuse(Code::InvalidContentType, content_type.media_type);
    }
    match content_type.parameter("boundary") {
        Some(boundary) if !boundary.is_empty() => first_of(&parts(body, boundary)?),
        _ => refuse(Code::MimeParsingFailed, "no boundary"),
    }
}

/// A part: its Content-Type and its bytes; `None` where it does not end.
struct Part {
    content_type: Option<String>,
    body: Option<Vec<u8>>,
}

fn first_of(parts: &[Part]) -> Result<Vec<u8>, ConformanceError> {
    let Some(first) = parts.first() else {
        return refuse(Code::InvalidMessage, "there is no part");
    };
    for part in parts {
        if part.content_type.is_none() {
            return refuse(
                Code::InvalidContentType,
                "Could not get content type for part",
            );
        }
    }
    let content_type = ContentType::parse(first.content_type.as_deref().unwrap_or_default());
    if !content_type.is_soap() {
        return refuse(
            Code::InvalidContentType,
            format!("the first part is {}", content_type.media_type),
        );
    }
    content_type.check_charset()?;
    match &first.body {
        Some(body) => Ok(body.clone()),
        None => refuse(
            Code::InvalidMessage,
            "No response message received from service",
        ),
    }
}

/// The parts between the delimiter lines. Line ends may lack their carriage return.
fn parts(body: &[u8], boundary: &str) -> Result<Vec<Part>, ConformanceError> {
    let mut parts = Vec::new();
    let mut current: Option<Vec<u8>> = None;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let delimiter = text
            .trim_end()
            .strip_prefix("--")
            .and_then(|rest| rest.strip_prefix(boundary))
            .filter(|rest| rest.is_empty() || *rest == "--");
        match (delimiter, &mut current) {
            (None, None) => {}
            (None, Some(part)) => part.extend_from_slice(line),
            (Some(end), _) => {
                if let Some(part) = current.take() {
                    parts.push(split(&part, true)?);
                }
                if end == "--" {
                    return Ok(parts);
                }
                current = Some(Vec::new());
            }
        }
    }
    if let Some(part) = current {
        parts.push(split(&part, false)?);
    }
    Ok(parts)
}

/// Splits a part in its header lines and its body, whose last line end belongs to the delimiter.
fn split(part: &[u8], is_ended: bool) -> Result<Part, ConformanceError> {
    let mut content_type = None;
    let mut begin = 0;
    for line in part.split_inclusive(|byte| *byte == b'\n') {
        begin += line.len();
        let text = String::from_utf8_lossy(line).trim_end().to_owned();
        if text.is_empty() {
            break;
        }
        let Some((name, value)) = text.split_once(':') else {
            return refuse(Code::MimeParsingFailed, "a part's header has no colon");
        };
        if name.eq_ignore_ascii_case("content-type") {
            content_type = Some(value.trim().to_owned());
        }
    }
    let body = part.get(begin..).unwrap_or_default();
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    let body = body.strip_suffix(b"\r").unwrap_or(body);
    Ok(Part {
        content_type,
        body: is_ended.then(|| body.to_vec()),
    })
}
