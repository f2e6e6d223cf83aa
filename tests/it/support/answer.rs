//! Reading an answer, with parsers that are not ours.

use std::io::{Error, ErrorKind};

use roxmltree::{Document, Node};

/// Namespace of the contract.
pub const PSOP: &str = "http://psop.x-road.global/producer/v1";
/// Namespace of SOAP 1.1.
pub const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// An HTTP answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// Parses an HTTP/1.1 answer that ends with its connection, or by its Content-Length.
    pub fn parse(bytes: &[u8]) -> std::io::Result<Answer> {
        let broken = |what: &str| Error::new(ErrorKind::UnexpectedEof, what.to_owned());
        let text = std::str::from_utf8(bytes).map_err(|_| broken("the answer is not UTF-8"))?;
        let text = text
            .strip_prefix("HTTP/1.1 100 Continue\r\n\r\n")
            .unwrap_or(text);
        let (head, body) = text
            .split_once("\r\n\r\n")
            .ok_or_else(|| broken("no answer"))?;
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status
            .and_then(|code| code.parse().ok())
            .ok_or_else(|| broken(head))?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let answer = Answer {
            status,
            headers,
            body: body.to_owned(),
        };
        let announced = answer
            .header("content-length")
            .and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|length| length != answer.body.len()) {
            return Err(broken("the body is shorter than announced"));
        }
        Ok(answer)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Text of the first element of this local name, anywhere in the Body.
    pub fn text(&self, name: &str) -> Option<String> {
        self.texts(name).into_iter().next()
    }

    /// Texts of all elements of this local name in the Body, in document order.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let document = self.document();
        let body = document
            .descendants()
            .find(|node| node.has_tag_name((SOAP, "Body")))
            .unwrap_or_else(|| panic!("no Body in {}", self.body));
        body.descendants()
            .filter(|node| node.is_element() && node.tag_name().name() == name)
            .map(text_of)
            .collect()
    }

    pub fn document(&self) -> Document<'_> {
        Document::parse(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }

    /// The fault's code; asserts the shape of a fault.
    pub fn fault(&self) -> String {
        assert_eq!(self.status, 500, "{}", self.body);
        self.text("errorCode")
            .unwrap_or_else(|| panic!("no fault: {}", self.body))
    }

    /// `OK`, `OK_WITH_WARNINGS` or `REJECTED`; asserts HTTP 200.
    pub fn outcome(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.body);
        self.text("status")
            .unwrap_or_else(|| panic!("no status: {}", self.body))
    }

    /// `CODE field` of every error, in order; asserts a rejection.
    pub fn errors(&self) -> Vec<String> {
        assert_eq!(self.outcome(), "REJECTED", "{}", self.body);
        self.messages("error")
    }

    /// `CODE field` of every warning, in order.
    pub fn warnings(&self) -> Vec<String> {
        self.messages("warning")
    }

    fn messages(&self, name: &str) -> Vec<String> {
        let document = self.document();
        let child = |node: Node<'_, '_>, name: &str| {
            node.children()
                .find(|child| child.tag_name().name() == name)
                .map(text_of)
                .unwrap_or_default()
        };
        document
            .descendants()
            .filter(|node| node.has_tag_name((PSOP, name)))
            .map(|node| {
                format!("{} {}", child(node, "code"), child(node, "field"))
                    .trim_end()
                    .to_owned()
            })
            .collect()
    }

    /// The number of a purchasing power granted or shown; asserts that all went well.
    pub fn number(&self) -> String {
        assert!(self.outcome().starts_with("OK"), "{}", self.body);
        self.text("purchasingPowerNumber").unwrap()
    }
}

fn text_of(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter_map(|node| node.text().filter(|_| node.is_text()))
        .collect()
}
