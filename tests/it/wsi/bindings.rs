//! Rules of messages, port types and bindings.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::Rule;
use super::reading::*;

const BODY: &str = "<soap:body use=\"literal\"/>";
const HEADER: &str =
    "<soap:header message=\"psop:requestHeader\" part=\"client\" use=\"literal\"/>";
const PART: &str = "<wsdl:part name=\"body\" element=\"psop:getOstovoima\"/>";

pub const RULES: &[Rule] = &[
    Rule {
        number: "R2201",
        says: "a soap:body lists one part at the most",
        holds: |wsdl| {
            all(wsdl, SOAP, "body")
                .all(|node| attribute(node, "parts").split_whitespace().count() <= 1)
        },
        spoil: |text| {
            once(
                text,
                BODY,
                "<soap:body use=\"literal\" parts=\"body more\"/>",
            )
        },
    },
    Rule {
        number: "R2204",
        says: "parts of a body are elements",
        holds: |wsdl| {
            directions(wsdl).into_iter().all(|direction| {
                let parts = body_parts(wsdl, direction);
                !parts.is_empty() && parts.iter().all(|part| part.has_attribute("element"))
            })
        },
        spoil: |text| once(text, PART, "<wsdl:part name=\"body\" type=\"xs:string\"/>"),
    },
    Rule {
        number: "R2205",
        says: "parts of headers and faults are elements",
        holds: |wsdl| {
            all(wsdl, SOAP, "header").all(|header| {
                let message = component(wsdl, "message", reference(header, "message"));
                let part = message.and_then(|message| {
                    inside(message, WSDL, "part")
                        .find(|part| attribute(*part, "name") == attribute(header, "part"))
                });
                part.is_some_and(|part| part.has_attribute("element"))
            })
        },
        spoil: |text| once(text, "element=\"xrd:userId\"", "type=\"xs:string\""),
    },
    Rule {
        number: "R2206",
        says: "a part's element is a global one",
        holds: |wsdl| {
            let known = elements(wsdl);
            let mut parts = all(wsdl, WSDL, "part").filter(|part| part.has_attribute("element"));
            parts.all(|part| known.contains(&reference(part, "element")))
        },
        spoil: |text| {
            once(
                text,
                PART,
                "<wsdl:part name=\"body\" element=\"psop:getOstovoimaa\"/>",
            )
        },
    },
    Rule {
        number: "R2209",
        says: "every part of a message is bound",
        holds: |wsdl| {
            let bound: BTreeSet<&str> = all(wsdl, SOAP, "header")
                .map(|node| attribute(node, "part"))
                .collect();
            let header = component(wsdl, "message", (target(wsdl), "requestHeader"));
            header.is_some_and(|message| {
                inside(message, WSDL, "part").all(|part| bound.contains(attribute(part, "name")))
            })
        },
        spoil: |text| {
            text.replace(
                "<soap:header message=\"psop:requestHeader\" part=\"issue\" use=\"literal\"/>",
                "",
            )
        },
    },
    Rule {
        number: "R2210",
        says: "a soap:body without parts is of a message with one part at the most",
        holds: |wsdl| {
            directions(wsdl).into_iter().all(|direction| {
                let lists = inside(direction, SOAP, "body").all(|body| body.has_attribute("parts"));
                lists || body_parts(wsdl, direction).len() <= 1
            })
        },
        spoil: |text| {
            once(
                text,
                PART,
                &format!("{PART}<wsdl:part name=\"more\" element=\"psop:field\"/>"),
            )
        },
    },
    Rule {
        number: "R2303",
        says: "no operation notifies or solicits: each has an input first",
        holds: |wsdl| {
            all(wsdl, WSDL, "portType").all(|port_type| {
                inside(port_type, WSDL, "operation").all(|operation| {
                    let mut children = operation.children().filter(Node::is_element);
                    let first = children.find(|node| !node.has_tag_name((WSDL, "documentation")));
                    first.is_some_and(|node| node.has_tag_name((WSDL, "input")))
                })
            })
        },
        spoil: |text| once(text, "<wsdl:input message=\"psop:getOstovoima\"/>", ""),
    },
    Rule {
        number: "R2304",
        says: "operations of a portType have names of their own",
        holds: |wsdl| {
            all(wsdl, WSDL, "portType").all(|port_type| {
                are_distinct(
                    inside(port_type, WSDL, "operation").map(|node| attribute(node, "name")),
                )
            })
        },
        spoil: |text| {
            text.replace(
                "<wsdl:operation name=\"getServiceEvents\">",
                "<wsdl:operation name=\"getOstovoima\">",
            )
        },
    },
    Rule {
        number: "R2306",
        says: "no part has a type and an element",
        holds: |wsdl| {
            all(wsdl, WSDL, "part")
                .all(|part| !(part.has_attribute("type") && part.has_attribute("element")))
        },
        spoil: |text| {
            once(
                text,
                PART,
                "<wsdl:part name=\"body\" element=\"psop:getOstovoima\" type=\"xs:string\"/>",
            )
        },
    },
    Rule {
        number: "R2401",
        says: "every binding is one of SOAP",
        holds: |wsdl| {
            all(wsdl, WSDL, "binding").all(|binding| {
                binding
                    .children()
                    .any(|node| node.has_tag_name((SOAP, "binding")))
            })
        },
        spoil: |text| {
            once(
                text,
                "<soap:binding style=\"document\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>",
                "",
            )
        },
    },
    Rule {
        number: "R2701",
        says: "soap:binding names a transport",
        holds: |wsdl| all(wsdl, SOAP, "binding").all(|node| node.has_attribute("transport")),
        spoil: |text| {
            once(
                text,
                " transport=\"http://schemas.xmlsoap.org/soap/http\"",
                "",
            )
        },
    },
    Rule {
        number: "R2702",
        says: "the transport is HTTP",
        holds: |wsdl| {
            all(wsdl, SOAP, "binding")
                .all(|node| attribute(node, "transport") == "http://schemas.xmlsoap.org/soap/http")
        },
        spoil: |text| {
            once(
                text,
                "http://schemas.xmlsoap.org/soap/http\"",
                "http://schemas.xmlsoap.org/soap/smtp\"",
            )
        },
    },
    Rule {
        number: "R2705",
        says: "all operations of a binding have one style",
        holds: |wsdl| {
            let styled = |node: &Node<'_, '_>| {
                node.tag_name().namespace() == Some(SOAP) && node.has_attribute("style")
            };
            let mut nodes = wsdl.descendants().filter(styled);
            nodes.all(|node| attribute(node, "style") == "document")
        },
        spoil: |text| {
            once(
                text,
                "soapAction=\"\" style=\"document\"",
                "soapAction=\"\" style=\"rpc\"",
            )
        },
    },
    Rule {
        number: "R2706",
        says: "the use is literal",
        holds: |wsdl| {
            extensions(wsdl).all(|node| node.attribute("use").is_none_or(|text| text == "literal"))
        },
        spoil: |text| once(text, BODY, "<soap:body use=\"encoded\"/>"),
    },
    Rule {
        number: "R2710",
        says: "operations of a binding are told apart on the wire: no two have the same body",
        holds: |wsdl| {
            let mut port_types = all(wsdl, WSDL, "portType");
            port_types.all(|port_type| {
                are_distinct(inside(port_type, WSDL, "input").map(|input| {
                    let message = component(wsdl, "message", reference(input, "message"));
                    let part = message.and_then(|message| inside(message, WSDL, "part").next());
                    part.map(|part| reference(part, "element"))
                }))
            })
        },
        spoil: |text| {
            once(
                text,
                "element=\"psop:postPurchasingPower\"",
                "element=\"psop:getOstovoima\"",
            )
        },
    },
    Rule {
        number: "R2711",
        says: "no two ports have the same address",
        holds: |wsdl| {
            are_distinct(all(wsdl, SOAP, "address").map(|node| attribute(node, "location")))
        },
        spoil: |text| {
            let port = "<wsdl:port name=\"other\" binding=\"psop:psopBinding\"><soap:address location=\"http://127.0.0.1:8080/xroad\"/></wsdl:port>";
            once(text, "</wsdl:service>", &format!("{port}</wsdl:service>"))
        },
    },
    Rule {
        number: "R2716",
        says: "no extension of a document binding has a namespace",
        holds: |wsdl| extensions(wsdl).all(|node| !node.has_attribute("namespace")),
        spoil: |text| {
            once(
                text,
                BODY,
                "<soap:body use=\"literal\" namespace=\"urn:x\"/>",
            )
        },
    },
    Rule {
        number: "R2718",
        says: "a binding has the operations of its portType",
        holds: |wsdl| {
            all(wsdl, WSDL, "binding").all(|binding| {
                let port_type = component(wsdl, "portType", reference(binding, "type"));
                port_type.is_some_and(|port_type| {
                    let of = |node| -> BTreeSet<String> {
                        inside(node, WSDL, "operation")
                            .map(|node| attribute(node, "name").to_owned())
                            .collect()
                    };
                    of(binding) == of(port_type)
                })
            })
        },
        spoil: |text| {
            once(
                text,
                "<wsdl:operation name=\"getServiceEvents\">",
                "<wsdl:operation name=\"getEvents\">",
            )
        },
    },
    Rule {
        number: "R2720",
        says: "a soap:header names one part",
        holds: |wsdl| {
            all(wsdl, SOAP, "header").all(|node| {
                !node.has_attribute("parts")
                    && attribute(node, "part").split_whitespace().count() == 1
            })
        },
        spoil: |text| {
            once(
                text,
                HEADER,
                &HEADER.replace("part=\"client\"", "part=\"client service\""),
            )
        },
    },
    Rule {
        number: "R2745",
        says: "soapAction, where there is one, is the text of the HTTP header: here empty and quoted",
        holds: |wsdl| {
            all(wsdl, SOAP, "operation").all(|node| node.attribute("soapAction") == Some(""))
        },
        spoil: |text| once(text, "soapAction=\"\"", "soapAction=\"urn:x\""),
    },
];
