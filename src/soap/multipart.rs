//! multipart/related messages: the SOAP part comes first, whatever `start` says, as X-Road has it.
//! No service here takes attachments, so a second part is refused.

use bytes::Bytes;
use multer::{Constraints, Multipart, SizeLimit};

use super::fault::{Fault, FaultCode};

/// Media types that a SOAP message may have, alone or as first part.
pub const SOAP_MEDIA_TYPES: &[&str] = &["text/xml", "application/xop+xml"];
const MULTIPART: &str = "multipart/related";

/// What a Content-Type says of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// The body is the message.
    Soap,
    /// The message is the body's first part.
    Multipart { boundary: String },
}

/// Reads a Content-Type.
pub fn media(content_type: &str) -> Result<Media, Fault> {
    let (media_type, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let media_type = media_type.trim();
    if is_soap(media_type) {
        return Ok(Media::Soap);
    }
    if !media_type.eq_ignore_ascii_case(MULTIPART) {
        return Err(unsupported(
            "the Content-Type must be text/xml, as SOAP 1.1 has it, or multipart/related with such a first part",
        ));
    }
    match boundary(parameters) {
        Some(boundary) => Ok(Media::Multipart { boundary }),
        None => Err(unsupported(
            "the Content-Type multipart/related has no usable boundary",
        )),
    }
}

/// Takes the SOAP part out of a multipart body of at most `bytes_max` bytes.
pub async fn soap_part(body: Bytes, boundary: &str, bytes_max: usize) -> Result<Bytes, Fault> {
    let bytes_max = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(bytes_max));
    let stream = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(body)]);
    let mut parts = Multipart::with_constraints(stream, boundary, limits);
    let part = parts
        .next_field()
        .await
        .map_err(|_| broken())?
        .ok_or_else(broken)?;
    let header = |name: &str| {
        part.headers()
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let content_type = header("content-type")
        .ok_or_else(|| unsupported("the first part of the message has no Content-Type"))?;
    let media_type = content_type.split(';').next().unwrap_or_default();
    if !is_soap(media_type.trim()) {
        return Err(unsupported(
            "the first part of a multipart message must be the SOAP message, as text/xml or application/xop+xml",
        ));
    }
    let encoding = header("content-transfer-encoding").unwrap_or_default();
    if !["", "7bit", "8bit", "binary"]
        .iter()
        .any(|plain| encoding.trim().eq_ignore_ascii_case(plain))
    {
        return Err(unsupported(
            "the SOAP part must come as it is: Content-Transfer-Encoding 8bit",
        ));
    }
    let message = part.bytes().await.map_err(|_| broken())?;
    match parts.next_field().await {
        Ok(None) => Ok(message),
        Ok(Some(_)) => Err(unsupported(
            "this service takes no attachments: send the SOAP part alone",
        )),
        Err(_) => Err(broken()),
    }
}

fn is_soap(media_type: &str) -> bool {
    SOAP_MEDIA_TYPES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(media_type))
}

fn unsupported(text: &'static str) -> Fault {
    Fault::new(FaultCode::ContentTypeUnsupported, text)
}

fn broken() -> Fault {
    Fault::new(
        FaultCode::XmlMalformed,
        "the parts of the multipart message are broken, or do not end",
    )
}

/// The boundary parameter: 1 to 70 characters that RFC 2046 allows.
fn boundary(parameters: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, next) = quoted.split_once('"')?;
                (value, next.split_once(';').map_or("", |(_, next)| next))
            }
            None => after.split_once(';').unwrap_or((after, "")),
        };
        if name.trim().eq_ignore_ascii_case("boundary") {
            let value = value.trim_end();
            let is_allowed =
                |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
            let holds = (1..=70).contains(&value.len()) && value.bytes().all(is_allowed);
            return holds.then(|| value.to_owned());
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<Bytes, Fault>) -> FaultCode {
        result.unwrap_err().code
    }

    async fn part_of(body: &str) -> Result<Bytes, Fault> {
        soap_part(Bytes::copy_from_slice(body.as_bytes()), "b", 10_000).await
    }

    #[test]
    fn content_types_are_read_as_they_come() {
        for text in [
            "text/xml",
            "TEXT/XML;charset=\"utf-8\"",
            " application/xop+xml ; type=x",
        ] {
            assert_eq!(media(text).unwrap(), Media::Soap, "{text}");
        }
        for text in [
            "multipart/related; boundary=b",
            "Multipart/Related;type=\"text/xml\";start=\"<a;b=c>\"; Boundary=\"b\"",
        ] {
            let boundary = "b".to_owned();
            assert_eq!(
                media(text).unwrap(),
                Media::Multipart { boundary },
                "{text}"
            );
        }
        for text in [
            "",
            "application/soap+xml",
            "multipart/related",
            "multipart/form-data; boundary=b",
            "multipart/related; boundary=\"\"",
            "multipart/related; boundary=\"b",
        ] {
            assert_eq!(
                media(text).unwrap_err().code,
                FaultCode::ContentTypeUnsupported,
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn the_first_part_is_the_message() {
        for head in [
            "content-type:text/xml; charset=UTF-8",
            "Content-Type: application/xop+xml\r\nContent-ID: <x>",
        ] {
            let body = format!("--b\r\n{head}\r\n\r\n<a/>\r\n--b--\r\n");
            assert_eq!(part_of(&body).await.unwrap(), "<a/>", "{head}");
        }
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        let unsupported = [
            "--b\r\ncontent-id:<x>\r\n\r\n<a/>\r\n--b--\r\n",
            "--b\r\ncontent-type:text/plain\r\n\r\n<a/>\r\n--b--\r\n",
            "--b\r\ncontent-type:text/xml\r\ncontent-transfer-encoding:base64\r\n\r\nPGEvPg==\r\n--b--\r\n",
            "--b\r\ncontent-type:text/xml\r\n\r\n<a/>\r\n--b\r\ncontent-type:image/png\r\n\r\nx\r\n--b--\r\n",
        ];
        for body in unsupported {
            assert_eq!(
                code(part_of(body).await),
                FaultCode::ContentTypeUnsupported,
                "{body}"
            );
        }
        for body in [
            "",
            "--b--\r\n",
            "<a/>",
            "--b\r\ncontent-type:text/xml\r\n\r\n<a/>",
            "--b\r\ncontent-type",
        ] {
            assert_eq!(code(part_of(body).await), FaultCode::XmlMalformed, "{body}");
        }
    }
}
