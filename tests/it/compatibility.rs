//! A client of the published contract (xsd/published/v1) can go on: whatever it sends is still taken, and whatever comes
//! it can read. A change that breaks this says which element and why; the edits below prove that it would.

mod compare;
mod model;

use compare::breaks;
use model::Contract;

use crate::support::root;

const PUBLISHED: &str = "xsd/published/v1";

fn published() -> String {
    std::fs::read_to_string(root().join(PUBLISHED).join("psop-v1.wsdl")).unwrap()
}

/// What of an edit of the published WSDL breaks a client.
fn broken_by(edit: &Edit) -> Vec<String> {
    let before = published();
    let after = (edit.make)(&before);
    assert_ne!(before, after, "{}: nothing was edited", edit.what);
    breaks(&Contract::read(&[&before]), &Contract::read(&[&after]))
}

struct Edit {
    what: &'static str,
    make: fn(&str) -> String,
    /// What must be said; nothing of a compatible edit.
    said: &'static str,
}

/// Replaces what must stand there, once.
fn replace(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replacen(from, to, 1)
}

/// Edits the declaration of one type.
fn in_type(text: &str, name: &str, edit: impl Fn(&str) -> String) -> String {
    let start = ["complexType", "simpleType"]
        .iter()
        .find_map(|kind| text.find(&format!("<xs:{kind} name=\"{name}\"")))
        .unwrap();
    let kind = &text[start + 4..start + text[start..].find(' ').unwrap()];
    let close = format!("</xs:{kind}>");
    let end = start + text[start..].find(&close).unwrap() + close.len();
    format!(
        "{}{}{}",
        &text[..start],
        edit(&text[start..end]),
        &text[end..]
    )
}

/// The declaration of an element, with its documentation.
fn element<'a>(declaration: &'a str, name: &str) -> &'a str {
    let start = declaration
        .find(&format!("<xs:element name=\"{name}\""))
        .unwrap();
    let end = start + declaration[start..].find("</xs:element>").unwrap();
    &declaration[start..end + "</xs:element>".len()]
}

/// Edits the declaration of one element of one type.
fn in_element(text: &str, of: &str, name: &str, from: &str, to: &str) -> String {
    in_type(text, of, |declaration| {
        let found = element(declaration, name);
        replace(declaration, found, &replace(found, from, to))
    })
}

fn add_value(text: &str, of: &str) -> String {
    in_type(text, of, |declaration| {
        let end = "</xs:restriction>";
        replace(
            declaration,
            end,
            &format!("<xs:enumeration value=\"UUSI\"/>{end}"),
        )
    })
}

fn add_at_end(text: &str, of: &str) -> String {
    in_type(text, of, |declaration| {
        let end = "</xs:sequence>";
        let added = "<xs:element name=\"lisa\" type=\"xs:string\" minOccurs=\"0\"/>";
        replace(declaration, end, &format!("{added}{end}"))
    })
}

const BREAKING: &[Edit] = &[
    Edit {
        what: "an element of a request removed",
        make: |text| {
            in_type(text, "Terms", |terms| {
                terms.replace(element(terms, "note"), "")
            })
        },
        said: "Terms/note: is gone, or has another name",
    },
    Edit {
        what: "an optional element of an answer removed",
        make: |text| {
            in_type(text, "ServiceEvent", |event| {
                event.replace(element(event, "paidAt"), "")
            })
        },
        said: "ServiceEvent/paidAt: is gone, or has another name",
    },
    Edit {
        what: "an element renamed",
        make: |text| {
            in_element(
                text,
                "OrdinaryTerms",
                "maxUnitPrice",
                "maxUnitPrice",
                "maximumPrice",
            )
        },
        said: "OrdinaryTerms/maxUnitPrice: is gone, or has another name",
    },
    Edit {
        what: "two elements in another order",
        make: |text| {
            in_type(text, "Terms", |terms| {
                let (first, second) = (element(terms, "validFrom"), element(terms, "validTo"));
                terms
                    .replace(second, "")
                    .replace(first, &format!("{second}{first}"))
            })
        },
        said: "Terms/validTo: stands elsewhere in the order",
    },
    Edit {
        what: "a length narrowed",
        make: |text| {
            in_type(text, "Text80", |of| {
                replace(of, "value=\"80\"", "value=\"60\"")
            })
        },
        said: "Text80: maxLength was 80 and is 60: clients send it",
    },
    Edit {
        what: "a number narrowed",
        make: |text| {
            in_type(text, "ProcedureCount", |of| {
                replace(of, "value=\"20\"", "value=\"10\"")
            })
        },
        said: "ProcedureCount: maxInclusive was 20 and is 10",
    },
    Edit {
        what: "a pattern changed",
        make: |text| {
            in_type(text, "BusinessId", |of| {
                replace(of, "[0-9]{7}-[0-9]", "[0-9]{8}")
            })
        },
        said: "BusinessId: pattern was [0-9]{7}-[0-9] and is [0-9]{8}",
    },
    Edit {
        what: "an element of a request made mandatory",
        make: |text| {
            in_element(
                text,
                "GetOstovoimaRequest",
                "personId",
                " minOccurs=\"0\"",
                "",
            )
        },
        said: "GetOstovoimaRequest/personId: became mandatory",
    },
    Edit {
        what: "a mandatory element added to a request",
        make: |text| {
            add_at_end(text, "QueryMeta").replace(
                "name=\"lisa\" type=\"xs:string\" minOccurs=\"0\"",
                "name=\"lisa\" type=\"xs:string\"",
            )
        },
        said: "QueryMeta/lisa: is new and mandatory",
    },
    Edit {
        what: "fewer allowed in a request",
        make: |text| {
            in_element(
                text,
                "PostDentalServiceEventRequest",
                "procedure",
                "\"50\"",
                "\"20\"",
            )
        },
        said: "PostDentalServiceEventRequest/procedure: fewer may stand here",
    },
    Edit {
        what: "a value of a request removed",
        make: |text| {
            in_type(text, "VisitType", |of| {
                replace(of, "value=\"ETA\"", "value=\"ETANA\"")
            })
        },
        said: "VisitType: the value ETA: clients send it",
    },
    Edit {
        what: "a value added to an answer",
        make: |text| add_value(text, "PurchasingPowerState"),
        said: "PurchasingPowerState: the value UUSI: it may come, and clients do not know it",
    },
    Edit {
        what: "an optional element added to an answer",
        make: |text| add_at_end(text, "GetServiceEventsResponse"),
        said: "GetServiceEventsResponse/lisa: is new in an answer",
    },
    Edit {
        what: "an element of an answer made optional",
        make: |text| {
            in_element(
                text,
                "PurchasingPowerReceipt",
                "totalAuthorised",
                "type=",
                "minOccurs=\"0\" type=",
            )
        },
        said: "PurchasingPowerReceipt/totalAuthorised: became optional",
    },
    Edit {
        what: "an element of an answer that may repeat",
        make: |text| {
            in_element(
                text,
                "Ostovoima",
                "osva",
                "minOccurs=\"0\"",
                "minOccurs=\"0\" maxOccurs=\"2\"",
            )
        },
        said: "Ostovoima/osva: more may come than clients read",
    },
    Edit {
        what: "another type of an element",
        make: |text| {
            in_element(
                text,
                "EventLine",
                "unitPrice",
                "psop:Money",
                "psop:SignedMoney",
            )
        },
        said: "EventLine/unitPrice: its type was Money and is SignedMoney",
    },
    Edit {
        what: "a type made of something else",
        make: |text| in_type(text, "Money", |of| replace(of, "xs:decimal", "xs:double")),
        said: "Money: was made of decimal and is made of double",
    },
    Edit {
        what: "an alternative removed",
        make: |text| {
            in_type(text, "OrganiserCode", |of| {
                of.replace(element(of, "wellbeingCountyCode"), "")
            })
        },
        said: "OrganiserCode/wellbeingCountyCode: is gone from the choice",
    },
    Edit {
        what: "an operation renamed",
        make: |text| {
            let operation = "<wsdl:operation name=\"getServiceEvents\">";
            text.replace(operation, "<wsdl:operation name=\"getEvents\">")
        },
        said: "v1/getServiceEvents: the operation is gone",
    },
    Edit {
        what: "another version",
        make: |text| text.replacen("<xrd:version>v1<", "<xrd:version>v2<", 1),
        said: "v1/getOstovoima: the operation is gone",
    },
    Edit {
        what: "another soapAction",
        make: |text| text.replacen("soapAction=\"\"", "soapAction=\"urn:get\"", 1),
        said: "v1/getOstovoima: soapAction was \"\" and is \"urn:get\"",
    },
    Edit {
        what: "another namespace",
        make: |text| text.replace("/producer/v1", "/producer/v1.1"),
        said: "v1/getOstovoima: the body's element was {http://psop.x-road.global/producer/v1}getOstovoima",
    },
    Edit {
        what: "elements without their namespace",
        make: |text| text.replace("\"qualified\"", "\"unqualified\""),
        said: "GetOstovoimaRequest/meta: is gone",
    },
    Edit {
        what: "a header part removed",
        make: |text| {
            text.replace(
                "<soap:header message=\"psop:requestHeader\" part=\"issue\" use=\"literal\"/>",
                "",
            )
        },
        said: "v1/getOstovoima: the header part issue is gone",
    },
    Edit {
        what: "an attribute of the header made optional",
        make: |text| {
            in_type(text, "XRoadClientIdentifierType", |of| {
                replace(of, " use=\"required\"", "")
            })
        },
        said: "XRoadClientIdentifierType: its attributes are others",
    },
    Edit {
        what: "another name of the port",
        make: |text| replace(text, "name=\"psopPort\"", "name=\"port\""),
        said: "v1/getOstovoima: port was \"psopPort\" and is \"port\"",
    },
];

const COMPATIBLE: &[Edit] = &[
    Edit {
        what: "an optional element at the end of a request",
        make: |text| add_at_end(text, "PostDentalServiceEventRequest"),
        said: "",
    },
    Edit {
        what: "an element of a request made optional",
        make: |text| {
            in_element(
                text,
                "PostPurchasingPowerRequest",
                "organiser",
                "type=",
                "minOccurs=\"0\" type=",
            )
        },
        said: "",
    },
    Edit {
        what: "a value added to a request",
        make: |text| add_value(text, "PurchasingPowerAction"),
        said: "",
    },
    Edit {
        what: "a number of a request widened",
        make: |text| {
            in_type(text, "PageSize", |of| {
                replace(of, "value=\"500\"", "value=\"1000\"")
            })
        },
        said: "",
    },
    Edit {
        what: "more allowed in a request",
        make: |text| {
            in_element(
                text,
                "PostDentalServiceEventRequest",
                "procedure",
                "\"50\"",
                "\"99\"",
            )
        },
        said: "",
    },
    Edit {
        what: "an alternative added to a request",
        make: |text| {
            in_type(text, "GetServiceEventsRequest", |of| {
                let added = "<xs:element name=\"uudet\" type=\"xs:boolean\"/></xs:choice>";
                replace(of, "</xs:choice>", added)
            })
        },
        said: "",
    },
    Edit {
        what: "an element of an answer that now always comes",
        make: |text| {
            in_element(
                text,
                "GetServiceEventsResponse",
                "count",
                " minOccurs=\"0\"",
                "",
            )
        },
        said: "",
    },
    Edit {
        what: "a value that does not come any more",
        make: |text| {
            in_type(text, "Credited", |of| {
                of.replace("value=\"PARTIAL\"", "value=\"FULL\"")
            })
        },
        said: "",
    },
    Edit {
        what: "a service more",
        make: |text| {
            let bound = "<wsdl:operation name=\"getOstovoima\">\n      <soap";
            let more = format!(
                "<wsdl:operation name=\"getMuuta\"><soap:operation soapAction=\"\"/><xrd:version>v1</xrd:version>\
                 <wsdl:input><soap:body use=\"literal\"/></wsdl:input></wsdl:operation>{bound}"
            );
            let text = replace(text, bound, &more);
            let abstractly = "<wsdl:operation name=\"getOstovoima\">\n      <wsdl:documentation>";
            let more = format!(
                "<wsdl:operation name=\"getMuuta\"><wsdl:input message=\"psop:getOstovoima\"/>\
                 <wsdl:output message=\"psop:getOstovoimaResponse\"/></wsdl:operation>{abstractly}"
            );
            replace(&text, abstractly, &more)
        },
        said: "",
    },
    Edit {
        what: "other documentation",
        make: |text| text.replace("Hae ostovoima", "Hae ostovoiman tiedot"),
        said: "",
    },
    Edit {
        what: "another address",
        make: |text| text.replace("http://127.0.0.1:8080/xroad", "https://psop.example/xroad"),
        said: "",
    },
    Edit {
        what: "other prefixes",
        make: |text| {
            text.replace("psop:", "p:")
                .replace("xmlns:psop=", "xmlns:p=")
        },
        said: "",
    },
];

#[test]
fn a_client_of_the_published_contract_can_go_on() {
    let current = std::fs::read_to_string(root().join("wsdl/psop-v1.wsdl")).unwrap();
    let found = breaks(
        &Contract::read(&[&published()]),
        &Contract::read(&[&current]),
    );
    assert!(
        found.is_empty(),
        "clients of {PUBLISHED} break:\n{}",
        found.join("\n")
    );
}

#[test]
fn the_published_schemas_say_what_the_published_wsdl_says() {
    let wsdl = Contract::read(&[&published()]);
    let files = [
        "psop-v1.xsd",
        "identifiers.xsd",
        "representation.xsd",
        "xroad.xsd",
    ]
    .map(|file| std::fs::read_to_string(root().join(PUBLISHED).join(file)).unwrap());
    let schemas = Contract::read(&files.each_ref().map(String::as_str));
    assert_eq!(schemas.types, wsdl.types);
    assert_eq!(schemas.elements, wsdl.elements);
    assert!(wsdl.types.len() > 60 && wsdl.operations.len() == 6);
}

#[test]
fn every_breaking_edit_is_told_with_its_element_and_why() {
    for edit in BREAKING {
        let found = broken_by(edit);
        assert!(
            found.iter().any(|said| said.starts_with(edit.said)),
            "{}: {found:?}",
            edit.what
        );
    }
    assert!(BREAKING.len() >= 10);
}

#[test]
fn compatible_edits_pass() {
    for edit in COMPATIBLE {
        let found = broken_by(edit);
        assert!(found.is_empty(), "{}: {found:?}", edit.what);
    }
    assert!(COMPATIBLE.len() >= 5);
}
