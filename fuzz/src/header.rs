//! The inside of an X-Road header. What is read and repeated in an answer is read from there as the same.

use psop_adapter::soap::header::{Echo, Header, read};
use psop_adapter::soap::reply;
use psop_adapter::xml::encoding::Encoding;
use psop_adapter::xml::reader::{Limits, Reader, Token};

use super::{HEADER_TEXT_CHARS_MAX, LIMITS, assert_well_formed};

const BEGIN: &str = "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" \
    xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\" xmlns:i=\"http://x-road.eu/xsd/identifiers\" \
    xmlns:r=\"http://x-road.eu/xsd/representation.xsd\" xmlns=\"urn:none\"><e:Header>";
const END: &str = "</e:Header><e:Body/></e:Envelope>";

/// The inside of one header.
pub fn run(data: &[u8]) {
    let Ok(inside) = std::str::from_utf8(data) else {
        return;
    };
    let Some((header, echo)) = read_from(&format!("{BEGIN}{inside}{END}"), LIMITS) else {
        return;
    };
    let answer = reply::envelope(&echo, "<a xmlns=\"urn:answer\"/>");
    assert_well_formed(&answer, "the answer");
    // The answer may bind one prefix more than the message.
    let wider = Limits {
        namespaces_max: LIMITS.namespaces_max + 1,
        attributes_max: LIMITS.attributes_max + 1,
        ..LIMITS
    };
    let (again, echo_again) = read_from(&answer, wider).expect("an answer's header is read again");
    assert_eq!(again, header);
    assert_eq!(echo_again.inner, echo.inner);
}

/// The header of a document, if the whole document is well-formed.
fn read_from(document: &str, limits: Limits) -> Option<(Header, Echo)> {
    let mut reader = Reader::new(document, Encoding::Utf8, limits).ok()?;
    for _ in ["Envelope", "Header"] {
        if !matches!(reader.next_token(), Ok(Token::Start(_))) {
            return None;
        }
    }
    let read = read(&mut reader, HEADER_TEXT_CHARS_MAX).ok()?;
    reader.drain().ok()?;
    Some(read)
}
