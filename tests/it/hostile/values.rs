//! Values that would be something else where they end up: header lines, log lines, markup, queries, huge numbers.

use super::case::{Case, Expected, MARK};
use crate::scenery::MISTYPED;
use crate::support::message::Message;

const XSD: Expected = Expected::Fault(&["XSD_INVALID"]);

pub fn cases() -> Vec<Case> {
    let mut cases = injected();
    cases.extend(contract());
    cases
}

/// Texts that end a line, an element or a record, in elements that take any text.
fn injected() -> Vec<Case> {
    let texts = [
        (
            "CRLF and a header",
            "x&#13;&#10;Set-Cookie: a=b&#13;&#10;X-Injected: 1",
        ),
        (
            "an answer",
            "x&#13;&#10;&#13;&#10;HTTP/1.1 200 OK&#13;&#10;Location: http://x/",
        ),
        (
            "a log line",
            "x&#10;{\"level\":\"ERROR\",\"message\":\"gone\"}",
        ),
        (
            "markup",
            "&lt;/soap:Header&gt;&lt;soap:Body&gt;&lt;soap:Fault/&gt;",
        ),
        (
            "markup in CDATA",
            "<![CDATA[</xrd:id></soap:Header><soap:Body/>]]>",
        ),
        ("a query", "' OR '1'='1'; DROP TABLE grants; --"),
        ("a look-up of names", "${jndi:ldap://127.0.0.1/x}"),
        ("a format", "%s%n%x {} {0} {{"),
        ("writing from right to left", "\u{202E}\u{2066}x"),
    ];
    let mut cases = Vec::new();
    for (name, text) in texts {
        for place in ["xrd:id", "xrd:userId", "psop:sourceSystem"] {
            // No element of the contract takes an id of more than 60 characters.
            if place == "psop:sourceSystem" && text.len() > 60 {
                continue;
            }
            let message = Message::lookup(MISTYPED).set(place, text).0;
            cases.push(Case::body(
                &format!("{name} in {place}"),
                message,
                Expected::Served,
            ));
        }
    }
    let unknown = Message::lookup(MISTYPED)
        .set("id:memberCode", "x&#13;&#10;X-Injected: 1")
        .0;
    cases.push(Case::body(
        "CRLF in the client",
        unknown,
        Expected::Fault(&["AUTH_CLIENT_UNKNOWN"]),
    ));
    let service = |code: &str| {
        let code = format!("<id:serviceCode>{code}</id:serviceCode>");
        Message::create()
            .replace(
                "<id:serviceCode>postPurchasingPower</id:serviceCode>",
                &code,
            )
            .0
    };
    let header = Expected::Fault(&["HEADER_INVALID"]);
    cases.push(Case::body(
        "markup in the service",
        service(&format!("&lt;{MARK}/&gt;")),
        header,
    ));
    cases.push(Case::body(
        "a service of marks",
        service(&"e\u{301}".repeat(500)),
        header,
    ));
    cases.push(Case::body(
        "a version of 60,000 characters",
        Message::create()
            .set("id:serviceVersion", &"v".repeat(60_000))
            .0,
        header,
    ));
    cases.push(Case::body(
        "an id of 60,000 marks",
        Message::create().set("xrd:id", &"\u{301}".repeat(60_000)).0,
        header,
    ));
    cases
}

/// Values that their types do not have.
fn contract() -> Vec<Case> {
    let nines = "9".repeat(60_000);
    let decimals = [
        "1e400", "NaN", "INF", "0x10", "1,5", "--1", "1.2.3", "\u{663}", "1_0", "", "-1", "1e-3",
    ];
    let dates = [
        "2026-13-01",
        "2026-02-30",
        "292277026596-12-04",
        "-0000-01-01",
        "2026-03-01T00:00:00",
        "20260301",
        "today",
    ];
    let mut cases = Vec::new();
    for text in decimals {
        cases.push(("psop:unitValue", text.to_owned()));
    }
    for text in dates {
        cases.push(("psop:validFrom", text.to_owned()));
    }
    cases.extend([
        ("psop:quantityPerPeriod", nines.clone()),
        ("psop:quantityPerPeriod", format!("1.{nines}")),
        ("psop:unitValue", format!("-{nines}")),
        ("psop:decisionDate", format!("{nines}-01-01")),
        ("psop:decisionRef", "a\u{301}".repeat(30_000)),
        ("psop:personId", "150318A902V' OR 1=1".to_owned()),
        ("psop:personId", nines.clone()),
        ("psop:serviceCode", "../".repeat(20)),
        ("psop:unit", "H ".to_owned()),
        (
            "psop:action",
            "<psop:action>CREATE</psop:action>".to_owned(),
        ),
        ("psop:municipalityCode", "85\u{664}".to_owned()),
    ]);
    cases
        .into_iter()
        .map(|(name, text)| {
            let shown: String = text.chars().take(24).collect();
            let message = Message::create().set(name, &text).0;
            Case::body(
                &format!("{name} is {shown:?}, {} bytes", text.len()),
                message,
                XSD,
            )
        })
        .collect()
}
