//! Writing an answer: our envelope, the caller's header as sent, and a body or a fault.

use super::fault::Fault;
use super::header::Echo;
use crate::xml::{Namespace, write};

/// What an envelope takes around its header's inside and its body, at most.
const AROUND_BYTES: usize = 512;
/// What a fault takes, mostly.
const FAULT_BYTES: usize = 512;

/// An envelope around `body`, which is one element with its namespaces.
pub fn envelope(echo: &Echo, body: &str) -> String {
    enclose(Some(echo), body.len(), |_, out| out.push_str(body))
}

/// An envelope around a fault, with the header where it was readable.
pub fn fault(echo: Option<&Echo>, fault: &Fault) -> String {
    enclose(echo, FAULT_BYTES, |prefix, out| {
        let side = if fault.code.is_server() {
            "Server"
        } else {
            "Client"
        };
        let code = fault.code.as_str();
        out.push_str(&format!(
            "<{prefix}:Fault><faultcode>{prefix}:{side}</faultcode><faultstring>{code}: "
        ));
        write::text(out, &fault.text);
        out.push_str("</faultstring><detail><psop:errorCode xmlns:psop=\"");
        out.push_str(Namespace::Psop.uri());
        out.push_str("\">");
        out.push_str(code);
        out.push_str("</psop:errorCode>");
        if let Some(field) = fault.field.as_ref().filter(|field| !field.is_empty()) {
            out.push_str("<psop:field xmlns:psop=\"");
            out.push_str(Namespace::Psop.uri());
            out.push_str("\">");
            write::text(out, field);
            out.push_str("</psop:field>");
        }
        out.push_str(&format!("</detail></{prefix}:Fault>"));
    })
}

fn enclose(echo: Option<&Echo>, body_bytes: usize, body: impl FnOnce(&str, &mut String)) -> String {
    let prefix = echo.map_or(Echo::SOAP_PREFIX, |echo| echo.soap_prefix);
    let header_bytes = echo.map_or(0, |echo| echo.declarations.len() + echo.inner.len());
    let mut out = String::with_capacity(AROUND_BYTES + header_bytes + body_bytes);
    for piece in [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<",
        prefix,
        ":Envelope xmlns:",
        prefix,
        "=\"",
        Namespace::Soap.uri(),
        "\">",
    ] {
        out.push_str(piece);
    }
    if let Some(echo) = echo {
        for piece in [
            "<",
            prefix,
            ":Header",
            &echo.declarations,
            ">",
            &echo.inner,
            "</",
            prefix,
            ":Header>",
        ] {
            out.push_str(piece);
        }
    }
    for piece in ["<", prefix, ":Body>"] {
        out.push_str(piece);
    }
    body(prefix, &mut out);
    for piece in ["</", prefix, ":Body></", prefix, ":Envelope>"] {
        out.push_str(piece);
    }
    out
}
