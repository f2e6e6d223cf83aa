//! The HTTP side of the service address: media types, methods, paths, SOAPAction, and the answer's own
//! headers. Health checks live on the admin listener alone.

use std::net::SocketAddr;

use crate::support::answer::Answer;
use crate::support::message::Message;
use crate::support::server::{Server, Site, exchange, get, post};

fn message() -> String {
    Message::fixture("01-create-ordinary").0
}

/// A request with the given line and header lines.
fn send(address: SocketAddr, line: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: psop\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    exchange(address, request.as_bytes()).unwrap()
}

fn post_with(server: &Server, headers: &str) -> Answer {
    send(server.http, "POST /xroad", headers, &message())
}

#[track_caller]
fn assert_fault(answer: &Answer, code: &str) {
    assert_eq!(answer.fault(), code, "{}", answer.body);
    assert_is_ours(answer);
}

/// Every SOAP answer says what it is in the same words, and is never compressed.
#[track_caller]
fn assert_is_ours(answer: &Answer) {
    assert_eq!(
        answer.header("content-type"),
        Some("text/xml; charset=utf-8")
    );
    assert_eq!(answer.header("content-encoding"), None);
    assert_eq!(answer.header("transfer-encoding"), None);
    let length = answer.body.len().to_string();
    assert_eq!(answer.header("content-length"), Some(length.as_str()));
    answer.document();
}

#[test]
fn text_xml_is_taken_however_it_is_written() {
    let server = Site::new("").start();
    for media_type in [
        "text/xml",
        "text/xml;charset=utf-8",
        "text/xml; charset=UTF-8",
        "text/xml; charset=\"utf-8\"",
        "TEXT/XML; CHARSET=UTF-8",
        "Text/Xml ; charset=utf-8; action=\"x\"",
    ] {
        let answer = post(server.http, message().as_bytes(), media_type).unwrap();
        assert_eq!(answer.outcome(), "OK", "{media_type}");
        assert_is_ours(&answer);
    }
}

#[test]
fn other_media_types_are_a_fault() {
    let server = Site::new("").start();
    for media_type in [
        "application/soap+xml",
        "application/soap+xml; charset=utf-8",
        "application/json",
        "application/xml",
        "text/plain",
        "text/xmlx",
        "text",
        "",
        "charset=utf-8; text/xml",
    ] {
        let answer = post(server.http, message().as_bytes(), media_type).unwrap();
        assert_eq!(answer.fault(), "CONTENT_TYPE_UNSUPPORTED", "{media_type:?}");
        assert_is_ours(&answer);
    }
    assert_fault(&post_with(&server, ""), "CONTENT_TYPE_UNSUPPORTED");
}

#[test]
fn a_compressed_body_is_a_fault() {
    let server = Site::new("").start();
    let encoded = |encoding: &str| {
        post_with(
            &server,
            &format!("Content-Type: text/xml\r\nContent-Encoding: {encoding}\r\n"),
        )
    };
    for encoding in ["gzip", "GZIP", "deflate", "br", "identity, gzip"] {
        assert_fault(&encoded(encoding), "CONTENT_TYPE_UNSUPPORTED");
    }
    assert_eq!(encoded("identity").outcome(), "OK");
}

#[test]
fn soap_action_may_be_anything_or_missing() {
    let server = Site::new("").start();
    for line in [
        "",
        "SOAPAction: \"\"\r\n",
        "SOAPAction:\r\n",
        "SOAPAction: \"urn:anything\"\r\n",
        "SOAPAction: getOstovoima\r\n",
        "soapaction: 'x' \"\r\n",
    ] {
        let answer = post_with(&server, &format!("Content-Type: text/xml\r\n{line}"));
        assert_eq!(answer.outcome(), "OK", "{line:?}");
    }
}

#[test]
fn an_answer_is_never_compressed() {
    let server = Site::new("").start();
    let wanted = "Content-Type: text/xml\r\nAccept-Encoding: gzip, deflate, br\r\n";
    let answer = post_with(&server, wanted);
    assert_eq!(answer.outcome(), "OK");
    assert_is_ours(&answer);
    let broken = send(server.http, "POST /xroad", wanted, "<");
    assert_fault(&broken, "XML_MALFORMED");
    let described = send(server.http, "GET /xroad?wsdl", wanted, "");
    assert_eq!(described.status, 200);
    assert_is_ours(&described);
}

#[test]
fn other_methods_at_the_service_address_are_a_fault() {
    let server = Site::new("").start();
    for line in [
        "GET /xroad",
        "GET /xroad?wsdls",
        "PUT /xroad",
        "DELETE /xroad",
        "OPTIONS /xroad",
        "PATCH /xroad?wsdl",
    ] {
        let answer = send(server.http, line, "Content-Type: text/xml\r\n", "");
        assert_fault(&answer, "CONTENT_TYPE_UNSUPPORTED");
    }
}

#[test]
fn a_post_elsewhere_is_a_fault_and_anything_else_is_not_found() {
    let server = Site::new("").start();
    for path in ["/", "/xroad/", "/XROAD", "/xroad/v1", "/wsdl/psop-v1.wsdl"] {
        let line = format!("POST {path}");
        let answer = send(server.http, &line, "Content-Type: text/xml\r\n", &message());
        assert_fault(&answer, "SERVICE_UNKNOWN");
    }
    for path in [
        "/de",
        "/wsdl",
        "/favicon.ico",
        "/health/live",
        "/health/ready",
        "/metrics",
    ] {
        assert_eq!(get(server.http, path).unwrap().status, 404, "{path}");
    }
}

#[test]
fn the_description_is_served_without_a_redirect() {
    let site = Site::new("[server]\npublic_url = \"https://psop.example/xroad\"\n");
    let server = site.start();
    let described = get(server.http, "/xroad?wsdl").unwrap();
    assert_eq!(described.status, 200);
    assert_is_ours(&described);
    let document = described.document();
    let address = document
        .descendants()
        .find(|node| node.tag_name().name() == "address")
        .unwrap();
    assert_eq!(
        address.attribute("location"),
        Some("https://psop.example/xroad")
    );
    for path in ["/wsdl/psop-v1.wsdl", "/xroad?WSDL"] {
        let again = get(server.http, path).unwrap();
        assert_eq!(
            (again.status, &again.body),
            (200, &described.body),
            "{path}"
        );
    }
}

#[test]
fn health_is_told_on_the_admin_listener_alone() {
    let server = Site::new("").start();
    for (path, status) in [("/health/live", "live"), ("/health/ready", "ready")] {
        let answer = get(server.admin, path).unwrap();
        assert_eq!(answer.status, 200, "{path}");
        let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(told["status"], status);
        assert_eq!(get(server.http, path).unwrap().status, 404, "{path}");
    }
    for path in ["/", "/xroad?wsdl", "/wsdl/psop-v1.wsdl", "/health"] {
        assert_eq!(get(server.admin, path).unwrap().status, 401, "{path}");
    }
    // Called by a name that is not the admin listener's.
    let posted = post(server.admin, message().as_bytes(), "text/xml").unwrap();
    assert_eq!(posted.status, 421);
}
