//! One hostile input, and what may come back.

use std::fmt;

use crate::support::answer::{Answer, SOAP};

/// Text that cases put where it must not be seen again.
pub const MARK: &str = "Mark7731";

/// What may come back.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// A SOAP fault with one of these codes.
    Fault(&'static [&'static str]),
    /// HTTP itself is broken: a 4xx and the end, or the end alone.
    Broken,
    /// The input is a message after all, and is answered as one.
    Served,
    /// So many messages, each answered as one.
    ServedTimes(usize),
}

/// What is sent, and how.
pub struct Case {
    pub name: String,
    pub pieces: Vec<Vec<u8>>,
    /// Whether our sending side is closed after the last piece.
    pub closes: bool,
    pub expected: Expected,
}

/// What came back until the server closed.
#[derive(Debug)]
pub struct Outcome {
    pub answers: Vec<Answer>,
    /// Bytes that are no answer.
    pub rest: Vec<u8>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.answers.is_empty() {
            formatter.write_str("closed ")?;
        }
        for answer in &self.answers {
            write!(formatter, "{} ", answer.status)?;
            if answer.status == 500 {
                let text = answer.text("faultstring").unwrap_or_default();
                write!(formatter, "{} ", text.get(..60).unwrap_or(&text))?;
            }
        }
        if !self.rest.is_empty() {
            write!(formatter, "+ {} bytes", self.rest.len())?;
        }
        Ok(())
    }
}

/// A POST of a body to the service address, in well-formed HTTP.
pub fn post(content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /xroad HTTP/1.1\r\nHost: psop\r\nContent-Type: {content_type}\r\nSOAPAction: \"\"\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

impl Case {
    /// Bytes as they go over the connection.
    pub fn raw(name: &str, bytes: impl Into<Vec<u8>>, expected: Expected) -> Case {
        Case {
            name: name.to_owned(),
            pieces: vec![bytes.into()],
            closes: true,
            expected,
        }
    }

    /// A body in well-formed HTTP.
    pub fn body(name: &str, body: impl AsRef<[u8]>, expected: Expected) -> Case {
        Case::raw(
            name,
            post("text/xml; charset=utf-8", body.as_ref()),
            expected,
        )
    }

    /// A body that is no well-formed XML.
    pub fn malformed(name: &str, body: impl AsRef<[u8]>) -> Case {
        Case::body(name, body, Expected::Fault(&["XML_MALFORMED"]))
    }

    /// The same, with our sending side left open.
    pub fn left_open(mut self) -> Case {
        self.closes = false;
        self
    }

    pub fn bytes_len(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }

    /// Whether what came back may.
    pub fn judge(&self, outcome: &Outcome) -> Result<(), String> {
        let wrong = || Err(format!("{:?} is not {:?}", outcome, self.expected));
        if !outcome.rest.is_empty() {
            return wrong();
        }
        match (self.expected, outcome.answers.as_slice()) {
            (Expected::Fault(codes), [answer]) => judge_fault(answer, codes),
            (Expected::Broken, []) => Ok(()),
            (Expected::Broken, [answer]) if (400..500).contains(&answer.status) => Ok(()),
            (Expected::Served, [answer]) => judge_served(answer),
            (Expected::ServedTimes(times), answers) if answers.len() == times => {
                answers.iter().try_for_each(judge_served)
            }
            _ => wrong(),
        }
    }
}

fn judge_fault(answer: &Answer, codes: &[&str]) -> Result<(), String> {
    if answer.status != 500 || answer.header("content-type") != Some("text/xml; charset=utf-8") {
        return Err(format!("this is no fault: {answer:?}"));
    }
    let document = roxmltree::Document::parse(&answer.body).map_err(|error| error.to_string())?;
    let root = document.root_element();
    let fault = document
        .descendants()
        .find(|node| node.has_tag_name((SOAP, "Fault")));
    let Some(fault) = fault.filter(|_| root.has_tag_name((SOAP, "Envelope"))) else {
        return Err(format!("this is no fault: {}", answer.body));
    };
    let text = &answer.body[fault.range()];
    if text.contains(MARK) || text.contains("root:") {
        return Err(format!("the fault repeats what it was sent: {text}"));
    }
    let code = answer.fault();
    if codes.contains(&code.as_str()) {
        Ok(())
    } else {
        Err(format!("{code} is none of {codes:?}: {text}"))
    }
}

fn judge_served(answer: &Answer) -> Result<(), String> {
    let injected = ["set-cookie", "x-injected", "location"]
        .iter()
        .find(|name| answer.header(name).is_some());
    if let Some(name) = injected {
        return Err(format!("a value became the header {name}"));
    }
    if answer.status == 200 && answer.outcome() == "REJECTED" {
        Ok(())
    } else {
        Err(format!("this is no rejection: {answer:?}"))
    }
}
