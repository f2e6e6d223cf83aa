//! Writing an answer: our envelope, the caller's header as sent, and a body or a fault.

use super::fault::Fault;
use super::header::Echo;
use crate::xml::{Namespace, write};

/// Prefixes for the SOAP namespace in answers: the first that the echoed header does not bind to
/// something else.
const SOAP_PREFIXES: &[&str] = &["soap", "SOAP-ENV", "soap-envelope-1.1"];

/// An envelope around `body`, which is one element with its namespaces.
pub fn envelope(echo: &Echo, body: &str) -> String {
    enclose(Some(echo), |_, out| out.push_str(body))
}

/// An envelope around a fault, with the header where it was readable.
pub fn fault(echo: Option<&Echo>, fault: &Fault) -> String {
    enclose(echo, |prefix, out| {
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

fn enclose(echo: Option<&Echo>, body: impl FnOnce(&str, &mut String)) -> String {
    let prefix = soap_prefix(echo);
    let mut out = String::with_capacity(2048);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
    out.push_str(prefix);
    out.push_str(":Envelope xmlns:");
    out.push_str(prefix);
    out.push_str("=\"");
    out.push_str(Namespace::Soap.uri());
    out.push_str("\">");
    if let Some(echo) = echo {
        header(&mut out, prefix, echo);
    }
    out.push_str(&format!("<{prefix}:Body>"));
    body(prefix, &mut out);
    out.push_str(&format!("</{prefix}:Body></{prefix}:Envelope>"));
    out
}

fn soap_prefix(echo: Option<&Echo>) -> &'static str {
    let is_taken = |prefix: &str| {
        echo.is_some_and(|echo| {
            echo.bindings
                .iter()
                .any(|binding| binding.prefix == prefix && binding.namespace != Namespace::Soap)
        })
    };
    SOAP_PREFIXES
        .iter()
        .find(|prefix| !is_taken(prefix))
        .unwrap_or(&"psop-adapter-soap")
}

fn header(out: &mut String, prefix: &str, echo: &Echo) {
    out.push('<');
    out.push_str(prefix);
    out.push_str(":Header");
    for binding in &echo.bindings {
        // Bound by the envelope already, to the same.
        if binding.prefix == prefix {
            continue;
        }
        out.push_str(if binding.prefix.is_empty() {
            " xmlns"
        } else {
            " xmlns:"
        });
        out.push_str(&binding.prefix);
        out.push_str("=\"");
        out.push_str(&binding.uri);
        out.push('"');
    }
    out.push('>');
    out.push_str(&echo.inner);
    out.push_str("</");
    out.push_str(prefix);
    out.push_str(":Header>");
}
