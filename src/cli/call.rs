//! `call`: a person's SOAP client. Builds the X-Road header, sends the message, prints the answer.
//! The other side of the wire is read and written by yaserde here, as a second opinion on ours.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use tokio::net::TcpStream;
use uuid::Uuid;
use yaserde::{YaDeserialize, YaSerialize};

use crate::domain::client::ClientId;
use crate::services;
use crate::xml::Namespace;
use crate::xml::encoding::Encoding;
use crate::xml::reader::{Limits, Reader, Token};

/// Limits of what is read from a file or a server here.
const LIMITS: Limits = Limits {
    depth_max: 64,
    elements_max: 100_000,
    attributes_max: 64,
    namespaces_max: 64,
    text_chars_max: 1_048_576,
};

/// Call a service as an X-Road client would, and print the answer.
#[derive(Debug, Args)]
#[command(
    after_help = "The body is the service's own element, or a whole envelope whose Body is taken.\n\
    Exit code 1 when the answer is a fault or a rejection.\n\
    Example: psop-adapter call postPurchasingPower --server http://127.0.0.1:8080/xroad \\\n\
    \x20    --client FI-TEST/MUN/0204819-8/paikky --body fixtures/requests/01-create-ordinary.xml"
)]
pub struct Call {
    /// Code of the service, such as getOstovoima
    service: String,
    /// Address of the server
    #[arg(long, value_name = "URL")]
    server: String,
    /// X-Road client, INSTANCE/CLASS/CODE or INSTANCE/CLASS/CODE/SUBSYSTEM
    #[arg(long, value_name = "ID", value_parser = parse_client)]
    client: ClientId,
    /// File of the body, or - for standard input
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// X-Road identifier of the provider's subsystem
    #[arg(long, value_name = "ID", default_value = "FI-TEST/MUN/0204819-8/psop", value_parser = parse_client)]
    provider: ClientId,
    /// Who pressed the button
    #[arg(long, value_name = "NAME", default_value = "psop-adapter-call")]
    user_id: String,
    /// Message id; a new UUID when absent
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Business id of the party represented
    #[arg(long, value_name = "CODE")]
    represented_party: Option<String>,
    /// The matter that the call belongs to
    #[arg(long, value_name = "TEXT")]
    issue: Option<String>,
    /// Print the message instead of sending it
    #[arg(long)]
    dry_run: bool,
    /// Print the answer as it came
    #[arg(long, conflicts_with = "json")]
    raw: bool,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
    /// Seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
}

pub(super) fn parse_client(text: &str) -> Result<ClientId, String> {
    ClientId::parse(text)
        .ok_or_else(|| "write INSTANCE/CLASS/CODE or INSTANCE/CLASS/CODE/SUBSYSTEM".to_owned())
}

#[derive(YaSerialize)]
#[yaserde(
    rename = "Header",
    prefix = "soap",
    namespaces = {
        "soap" = "http://schemas.xmlsoap.org/soap/envelope/",
        "xrd" = "http://x-road.eu/xsd/xroad.xsd",
        "id" = "http://x-road.eu/xsd/identifiers",
        "repr" = "http://x-road.eu/xsd/representation.xsd"
    }
)]
struct XRoadHeader {
    #[yaserde(prefix = "xrd")]
    client: Identifier,
    #[yaserde(prefix = "xrd")]
    service: Identifier,
    #[yaserde(rename = "userId", prefix = "xrd")]
    user_id: String,
    #[yaserde(prefix = "xrd")]
    id: String,
    #[yaserde(prefix = "xrd")]
    issue: Option<String>,
    #[yaserde(rename = "protocolVersion", prefix = "xrd")]
    protocol_version: String,
    #[yaserde(rename = "representedParty", prefix = "repr")]
    represented_party: Option<RepresentedParty>,
}

#[derive(YaSerialize)]
#[yaserde(prefix = "id", namespaces = { "id" = "http://x-road.eu/xsd/identifiers" })]
struct Identifier {
    #[yaserde(attribute = true, rename = "objectType", prefix = "id")]
    object_type: String,
    #[yaserde(rename = "xRoadInstance", prefix = "id")]
    instance: String,
    #[yaserde(rename = "memberClass", prefix = "id")]
    member_class: String,
    #[yaserde(rename = "memberCode", prefix = "id")]
    member_code: String,
    #[yaserde(rename = "subsystemCode", prefix = "id")]
    subsystem_code: Option<String>,
    #[yaserde(rename = "serviceCode", prefix = "id")]
    service_code: Option<String>,
    #[yaserde(rename = "serviceVersion", prefix = "id")]
    service_version: Option<String>,
}

#[derive(YaSerialize)]
#[yaserde(prefix = "repr", namespaces = { "repr" = "http://x-road.eu/xsd/representation.xsd" })]
struct RepresentedParty {
    #[yaserde(rename = "partyCode", prefix = "repr")]
    party_code: String,
}

#[derive(Default, YaDeserialize)]
#[yaserde(
    rename = "Envelope",
    prefix = "soap",
    namespaces = { "soap" = "http://schemas.xmlsoap.org/soap/envelope/" }
)]
struct AnswerEnvelope {
    #[yaserde(rename = "Body", prefix = "soap")]
    body: AnswerBody,
}

#[derive(Default, YaDeserialize)]
#[yaserde(prefix = "soap", namespaces = { "soap" = "http://schemas.xmlsoap.org/soap/envelope/" })]
struct AnswerBody {
    #[yaserde(rename = "Fault", prefix = "soap")]
    fault: Option<SoapFault>,
}

#[derive(Default, YaDeserialize)]
struct SoapFault {
    faultcode: String,
    faultstring: String,
}

impl Call {
    /// Sends the message and prints what comes back.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let body = body_element(&super::read_input(&self.body)?)
            .with_context(|| format!("{} is no body to send", self.body.display()))?;
        if services::find(&self.service).is_none() {
            eprintln!(
                "note: this program has no service {}; sending all the same",
                self.service
            );
        }
        let message = self.envelope(&body)?;
        if self.dry_run {
            println!("{message}");
            return Ok(ExitCode::SUCCESS);
        }
        let answer = super::runtime()?.block_on(self.send(message))?;
        self.show(&answer)
    }

    fn envelope(&self, body: &str) -> anyhow::Result<String> {
        let header = XRoadHeader {
            client: identifier(&self.client, None),
            service: identifier(&self.provider, Some(&self.service)),
            user_id: self.user_id.clone(),
            id: self
                .id
                .clone()
                .unwrap_or_else(|| Uuid::new_v4().to_string()),
            issue: self.issue.clone(),
            protocol_version: "4.0".to_owned(),
            represented_party: self
                .represented_party
                .clone()
                .map(|party_code| RepresentedParty { party_code }),
        };
        let config = yaserde::ser::Config {
            perform_indent: false,
            write_document_declaration: false,
            indent_string: None,
        };
        let header = yaserde::ser::to_string_with_config(&header, &config)
            .map_err(|error| anyhow::anyhow!("cannot write the header: {error}"))?;
        Ok(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"{}\">{header}\
             <soap:Body>{body}</soap:Body></soap:Envelope>",
            Namespace::Soap.uri()
        ))
    }

    async fn send(&self, message: String) -> anyhow::Result<String> {
        let wait = Duration::from_secs(self.timeout);
        tokio::time::timeout(wait, post(&self.server, message))
            .await
            .with_context(|| format!("no answer within {} seconds", self.timeout))?
    }

    fn show(&self, answer: &str) -> anyhow::Result<ExitCode> {
        let envelope: AnswerEnvelope = yaserde::de::from_str(answer)
            .map_err(|error| anyhow::anyhow!("the answer is no SOAP envelope: {error}"))?;
        let body = body_element(answer).context("the answer has no Body")?;
        let tree = tree(&body)?;
        let is_rejected = tree.pointer("/result/status") == Some(&Value::from("REJECTED"));
        if self.raw {
            println!("{answer}");
        } else if self.json {
            println!("{}", serde_json::to_string_pretty(&tree)?);
        } else {
            print_tree(&tree, 0);
        }
        if let Some(fault) = envelope.body.fault {
            eprintln!(
                "psop-adapter: fault {}: {}",
                fault.faultcode, fault.faultstring
            );
            return Ok(ExitCode::from(1));
        }
        Ok(ExitCode::from(u8::from(is_rejected)))
    }
}

fn identifier(id: &ClientId, service: Option<&str>) -> Identifier {
    let object_type = match (service, &id.subsystem_code) {
        (Some(_), _) => "SERVICE",
        (None, Some(_)) => "SUBSYSTEM",
        (None, None) => "MEMBER",
    };
    Identifier {
        object_type: object_type.to_owned(),
        instance: id.instance.clone(),
        member_class: id.member_class.clone(),
        member_code: id.member_code.clone(),
        subsystem_code: id.subsystem_code.clone(),
        service_code: service.map(str::to_owned),
        service_version: service.map(|_| "v1".to_owned()),
    }
}

async fn post(url: &str, message: String) -> anyhow::Result<String> {
    let uri: hyper::Uri = url
        .parse()
        .with_context(|| format!("{url} is no address"))?;
    if uri.scheme_str() != Some("http") {
        bail!(
            "{url}: only http:// addresses can be called; a security server is called the same way"
        );
    }
    let authority = uri
        .authority()
        .with_context(|| format!("{url} names no server"))?
        .clone();
    let port = authority.port_u16().unwrap_or(80);
    let stream = TcpStream::connect((authority.host().trim_matches(['[', ']']), port))
        .await
        .with_context(|| format!("cannot reach {authority}: does the server run?"))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::post(path)
        .header("Host", authority.as_str())
        .header("Content-Type", "text/xml; charset=utf-8")
        .header("SOAPAction", "\"\"")
        .header("Connection", "close")
        .body(Full::new(Bytes::from(message)))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let bytes = response.into_body().collect().await?.to_bytes();
    driver.abort();
    if !matches!(status.as_u16(), 200 | 500) {
        bail!("the server answered HTTP {status}: this is no SOAP service");
    }
    String::from_utf8(bytes.to_vec()).context("the answer is not UTF-8")
}

/// The element to send: the document's own, or the one in the Body of an envelope.
fn body_element(text: &str) -> anyhow::Result<String> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = Reader::new(text, Encoding::Utf8, LIMITS)?;
    let mut in_envelope = false;
    loop {
        match reader.next_token()? {
            Token::Start(start) => match (start.namespace, start.local) {
                (Namespace::Soap, "Envelope") => in_envelope = true,
                (Namespace::Soap, "Header") => skip(&mut reader)?,
                (Namespace::Soap, "Body") => {}
                _ => {
                    let begin = start.offset;
                    let tag_end = begin
                        + reader
                            .slice(begin, reader.offset())
                            .find([' ', '\t', '\r', '\n', '/', '>'])
                            .unwrap_or(0);
                    let bindings = declarations(&reader, reader.slice(tag_end, reader.offset()));
                    skip(&mut reader)?;
                    let element = reader.slice(tag_end, reader.offset());
                    let name = reader.slice(begin, tag_end);
                    let element = format!("{name}{bindings}{element}");
                    reader.drain()?;
                    return Ok(element);
                }
            },
            Token::Eof if in_envelope => bail!("the envelope's Body is empty"),
            Token::Eof => bail!("there is no element"),
            Token::Text(_) | Token::Blank(_) | Token::End => {}
        }
    }
}

/// Namespace declarations in scope that the tag itself, of which `inside` is the rest, does not make.
fn declarations(reader: &Reader<'_>, inside: &str) -> String {
    let mut text = String::new();
    let bindings = reader.bindings();
    for (index, binding) in bindings.iter().enumerate() {
        let name = match binding.prefix {
            "xml" => continue,
            "" => "xmlns".to_owned(),
            prefix => format!("xmlns:{prefix}"),
        };
        let is_shadowed = bindings
            .iter()
            .skip(index + 1)
            .any(|later| later.prefix == binding.prefix);
        if !is_shadowed && !inside.contains(&format!("{name}=")) {
            text.push_str(&format!(
                " {name}=\"{}\"",
                binding.raw_uri.replace('"', "&quot;")
            ));
        }
    }
    text
}

fn skip(reader: &mut Reader<'_>) -> anyhow::Result<()> {
    let outside = reader.depth().saturating_sub(1);
    while reader.depth() > outside {
        reader.next_token()?;
    }
    Ok(())
}

/// An element as a value: text, or its children by name; a repeated child is a list.
fn tree(element: &str) -> anyhow::Result<Value> {
    let mut reader = Reader::new(element, Encoding::Utf8, LIMITS)?;
    reader.next_token()?;
    subtree(&mut reader)
}

fn subtree(reader: &mut Reader<'_>) -> anyhow::Result<Value> {
    let mut text = String::new();
    let mut children = Map::new();
    loop {
        match reader.next_token()? {
            Token::Text(piece) | Token::Blank(piece) => text.push_str(&piece),
            Token::Start(start) => {
                let value = subtree(reader)?;
                match children.get_mut(start.local) {
                    None => {
                        children.insert(start.local.to_owned(), value);
                    }
                    Some(Value::Array(list)) => list.push(value),
                    Some(first) => {
                        let list = vec![first.take(), value];
                        *first = Value::Array(list);
                    }
                }
            }
            Token::End | Token::Eof if children.is_empty() => return Ok(Value::String(text)),
            Token::End | Token::Eof => return Ok(Value::Object(children)),
        }
    }
}

fn print_tree(value: &Value, depth: usize) {
    let Value::Object(children) = value else {
        return;
    };
    for (name, child) in children {
        let rows = match child {
            Value::Array(rows) => rows.as_slice(),
            single => std::slice::from_ref(single),
        };
        for row in rows {
            match row {
                Value::String(text) => println!("{:depth$}{name}: {text}", ""),
                _ => {
                    println!("{:depth$}{name}", "");
                    print_tree(row, depth + 2);
                }
            }
        }
    }
}
