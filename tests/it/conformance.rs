//! The two security servers that judge every other test's answers, judged themselves: a real answer is
//! broken on purpose, once for each of their checks, and each break must earn X-Road's own error.

mod breaking;
mod consumer;
mod header;

use self::breaking::{Exchange, Response, assert_verdicts, case, element, exchange};
use crate::support::answer::Answer;
use crate::support::conformance::{consumer_side, echo_in_fault, transport};

#[test]
fn a_real_answer_and_a_real_fault_pass_both_sides() {
    let Exchange {
        request,
        answer,
        faulty_request,
        fault,
    } = exchange();
    assert_verdicts(&[
        case("the answer", "ok", Response::of(&answer)),
        case("the fault", "fault", Response::of(&fault)),
        case(
            "a fault with 200",
            "fault",
            Response::of(&fault).status(200),
        ),
    ]);
    assert_eq!(
        consumer_side(request.as_bytes(), answer.body.as_bytes()),
        Ok(())
    );
    let echoed = echo_in_fault(faulty_request.as_bytes(), fault.body.as_bytes());
    assert_eq!(echoed, Ok(true));
}

#[test]
fn the_http_response_and_its_media_type_are_checked() {
    let base = || Response::of(&exchange().answer);
    let base = base();
    let mut cases = Vec::new();
    for status in [
        100, 201, 202, 204, 301, 302, 400, 404, 413, 429, 501, 502, 503, 504,
    ] {
        let response = base.clone().status(status);
        cases.push((format!("status {status}"), "http_error", response));
    }
    cases.push((
        "no entity".to_owned(),
        "http_error",
        Response {
            body: None,
            ..base.clone()
        },
    ));
    cases.push((
        "no Content-Type".to_owned(),
        "invalid_content_type",
        Response {
            content_type: None,
            ..base.clone()
        },
    ));
    for content_type in [
        "",
        "text/html",
        "text/plain; charset=utf-8",
        "application/xml",
        "application/soap+xml",
        "application/json",
        "multipart/mixed; boundary=b",
        "text/xmlx",
        "charset=utf-8; text/xml",
    ] {
        let response = base.clone().content_type(content_type);
        cases.push((content_type.to_owned(), "invalid_content_type", response));
    }
    for content_type in ["text/xml; charset=utf-9", "text/xml;charset=\"none such\""] {
        let response = base.clone().content_type(content_type);
        cases.push((content_type.to_owned(), "io_error", response));
    }
    for content_type in [
        "text/xml",
        "TEXT/XML; Charset=UTF-8",
        "text/xml; action=\"a;charset=utf-9\"; charset=\"utf-8\"",
        "application/xop+xml",
    ] {
        let response = base.clone().content_type(content_type);
        cases.push((content_type.to_owned(), "ok", response));
    }
    assert_verdicts(&cases);
}

#[test]
fn the_parts_of_a_multipart_response_are_checked() {
    let Exchange { answer, fault, .. } = exchange();
    let base = || Response::of(&answer);
    let soap = "Content-Type: text/xml";
    let attachment = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n";
    let multipart = |response: Response| response.content_type("multipart/related; boundary=b");
    assert_verdicts(&[
        case("one part", "ok", base().multipart(soap, "--b--\r\n")),
        case(
            "lower case",
            "ok",
            base().multipart("content-type:application/xop+xml", "--b--"),
        ),
        case("an attachment", "ok", base().multipart(soap, attachment)),
        case(
            "no last delimiter",
            "ok",
            base().multipart(soap, "--b\r\nContent-Type: a/b\r\n"),
        ),
        case(
            "a fault",
            "fault",
            Response::of(&fault).multipart(soap, "--b--"),
        ),
        case(
            "no type of the first part",
            "invalid_content_type",
            base().multipart("Content-ID: <a>", "--b--"),
        ),
        case(
            "no type of the second part",
            "invalid_content_type",
            base().multipart(soap, &attachment.replace("Content-Type", "Cont-Type")),
        ),
        case(
            "a first part of text",
            "invalid_content_type",
            base().multipart("Content-Type: text/plain", "--b--"),
        ),
        case(
            "a charset of the part",
            "io_error",
            base().multipart("Content-Type: text/xml; charset=x-y", "--b--"),
        ),
        case(
            "no colon",
            "mime_parsing_failed",
            base().multipart("Content-Type text/xml", "--b--"),
        ),
        case(
            "no boundary named",
            "mime_parsing_failed",
            base()
                .multipart(soap, "--b--")
                .content_type("multipart/related"),
        ),
        case("no body", "invalid_message", multipart(base().body(""))),
        case("no delimiter", "invalid_message", multipart(base())),
        case(
            "nothing but the end",
            "invalid_message",
            multipart(base().body("--b--\r\n")),
        ),
        case(
            "another boundary",
            "invalid_message",
            base()
                .multipart(soap, "--b--")
                .content_type("multipart/related; boundary=c"),
        ),
        case("broken off", "invalid_message", base().multipart(soap, "")),
        case(
            "no SOAP in the part",
            "invalid_soap",
            base().body("").multipart(soap, "--b--"),
        ),
    ]);
}

#[test]
fn the_envelope_and_its_body_are_checked() {
    let base = || Response::of(&exchange().answer);
    let base = base();
    let text = base.text();
    let swap = |from: &str, to: &str| base.clone().swap(from, to);
    let header = element(&text, "soap:Header");
    let body = element(&text, "soap:Body");
    let wrapper = body
        .trim_start_matches("<soap:Body>")
        .trim_end_matches("</soap:Body>");
    let soap12 = text.replace(
        "http://schemas.xmlsoap.org/soap/envelope/",
        "http://www.w3.org/2003/05/soap-envelope",
    );
    let latin = base.clone().swap("UTF-8", "ISO-8859-1").text();
    let latin: Vec<u8> = latin.chars().map(|letter| letter as u8).collect();
    let raw = |bytes: Vec<u8>| Response {
        body: Some(bytes),
        ..base.clone()
    };
    assert_verdicts(&[
        case("an empty body", "invalid_soap", base.clone().body("")),
        case(
            "HTML",
            "invalid_soap",
            base.clone().body("<html><p></html>"),
        ),
        case("a DOCTYPE", "invalid_soap", swap("?>", "?><!DOCTYPE a>")),
        case(
            "an open element",
            "invalid_soap",
            swap("</soap:Envelope>", ""),
        ),
        case(
            "two documents",
            "invalid_soap",
            swap("</soap:Envelope>", "</soap:Envelope><a/>"),
        ),
        case(
            "an unbound prefix",
            "invalid_soap",
            swap("<xrd:userId>", "<unbound:a/><xrd:userId>"),
        ),
        case(
            "bytes that are not UTF-8",
            "invalid_soap",
            raw(b"<a>\xE4</a>".to_vec()),
        ),
        case("ISO-8859-1 as declared", "ok", raw(latin)),
        case("SOAP 1.2", "invalid_soap", base.clone().body(&soap12)),
        case(
            "another root",
            "invalid_soap",
            base.clone().body("<Envelope/>"),
        ),
        case("no Header", "missing_header", swap(header, "")),
        case(
            "no Header and no Body",
            "missing_header",
            swap(header, "").swap(body, ""),
        ),
        case("no Body", "missing_body", swap(body, "")),
        case("an empty Body", "invalid_body", swap(wrapper, "")),
        case("a Body of text", "invalid_body", swap(wrapper, "text")),
        case(
            "two elements in the Body",
            "invalid_body",
            swap("</soap:Body>", "<a/></soap:Body>"),
        ),
        case(
            "another element in the Body",
            "inconsistent_headers",
            swap(wrapper, "<a/>"),
        ),
        case(
            "an element named in other letters",
            "inconsistent_headers",
            swap(wrapper, "<GetOstovoimaResponse/>"),
        ),
        case(
            "an element named in part",
            "inconsistent_headers",
            swap(wrapper, "<getOstovoim/>"),
        ),
        case(
            "an element whose name goes on",
            "ok",
            swap(wrapper, "<getOstovoimaAndMore/>"),
        ),
        case(
            "a Header behind the Body",
            "ok",
            swap(header, "").swap("</soap:Body>", &format!("</soap:Body>{header}")),
        ),
    ]);
}

#[test]
fn a_fault_is_spared_the_questions_about_its_header() {
    let base = Response::of(&exchange().fault);
    let text = base.text();
    let header = element(&text, "soap:Header");
    let client = element(&text, "xrd:client");
    let swap = |from: &str, to: &str| base.clone().swap(from, to);
    assert_verdicts(&[
        case("no Header", "fault", swap(header, "")),
        case("an empty Header", "fault", swap(header, "<soap:Header/>")),
        case("no client", "fault", swap(client, "")),
        case(
            "no children",
            "fault",
            swap(header, "").swap(element(&text, "soap:Fault"), "<soap:Fault/>"),
        ),
        case(
            "a client twice",
            "duplicate_header_field",
            swap(client, &client.repeat(2)),
        ),
        case("another status", "http_error", base.clone().status(503)),
        case(
            "another media type",
            "invalid_content_type",
            base.clone().content_type("text/html"),
        ),
        case(
            "a fault and more",
            "invalid_body",
            swap("</soap:Fault>", "</soap:Fault><a/>"),
        ),
        case(
            "a fault of no namespace",
            "inconsistent_headers",
            swap("<soap:Fault>", "<Fault>").swap("</soap:Fault>", "</Fault>"),
        ),
    ]);
}

#[test]
fn a_connection_that_gives_no_answer_has_its_names() {
    use std::io::{Error, ErrorKind};
    for kind in [
        ErrorKind::ConnectionRefused,
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::BrokenPipe,
    ] {
        let found = transport(&Error::from(kind));
        assert_eq!(found.code.name(), "network_error", "{kind}");
    }
    for kind in [ErrorKind::TimedOut, ErrorKind::WouldBlock] {
        let found = transport(&Error::from(kind));
        assert_eq!(found.code.name(), "io_error", "{kind}");
    }
    for cut_off in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<a/>",
    ] {
        let error = Answer::parse(cut_off.as_bytes()).unwrap_err();
        assert_eq!(transport(&error).code.name(), "io_error", "{cut_off}");
    }
}
