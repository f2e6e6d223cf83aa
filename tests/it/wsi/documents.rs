//! Rules of the document and of the schemas in it.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::Rule;
use super::reading::*;

pub const RULES: &[Rule] = &[
    Rule {
        number: "R2001",
        says: "wsdl:import imports WSDL only (here: nothing)",
        holds: |wsdl| all(wsdl, WSDL, "import").next().is_none(),
        spoil: |text| {
            once(
                text,
                "<wsdl:types>",
                "<wsdl:import namespace=\"urn:x\" location=\"x.xsd\"/><wsdl:types>",
            )
        },
    },
    Rule {
        number: "R2003",
        says: "xs:import stands in xs:schema only",
        holds: |wsdl| {
            all(wsdl, XS, "import").all(|node| {
                node.parent()
                    .is_some_and(|parent| parent.has_tag_name((XS, "schema")))
            })
        },
        spoil: |text| {
            once(
                text,
                "<wsdl:types>",
                "<wsdl:types><xs:import namespace=\"urn:x\"/>",
            )
        },
    },
    Rule {
        number: "R2023",
        says: "wsdl:types comes before everything but documentation and imports",
        holds: |wsdl| {
            let mut children = wsdl.root_element().children().filter(Node::is_element);
            let first = children.find(|node| !node.has_tag_name((WSDL, "documentation")));
            first.is_some_and(|node| node.has_tag_name((WSDL, "types")))
        },
        spoil: |text| {
            once(
                text,
                "<wsdl:types>",
                "<wsdl:message name=\"early\"/><wsdl:types>",
            )
        },
    },
    Rule {
        number: "R2028",
        says: "elements of the WSDL namespace stand as its schema has them",
        holds: |wsdl| {
            let order = [
                "documentation",
                "types",
                "message",
                "portType",
                "binding",
                "service",
            ];
            let children = wsdl.root_element().children().filter(Node::is_element);
            let places: Vec<Option<usize>> = children
                .map(|node| {
                    order
                        .iter()
                        .position(|name| node.has_tag_name((WSDL, *name)))
                })
                .collect();
            let is_first = |node: Node<'_, '_>| node.prev_sibling_element().is_none();
            places.iter().all(Option::is_some)
                && places.is_sorted()
                && all(wsdl, WSDL, "documentation").all(is_first)
        },
        spoil: |text| {
            once(
                text,
                "</wsdl:definitions>",
                "<wsdl:message name=\"late\"/></wsdl:definitions>",
            )
        },
    },
    Rule {
        number: "R2026",
        says: "no extension is required",
        holds: |wsdl| {
            wsdl.descendants()
                .all(|node| node.attribute((WSDL, "required")) != Some("true"))
        },
        spoil: |text| {
            once(
                text,
                "<xrd:version>",
                "<xrd:version wsdl:required=\"true\">",
            )
        },
    },
    Rule {
        number: "R2101",
        says: "references to components of WSDL lead to components of this document",
        holds: |wsdl| {
            let messages = wsdl
                .descendants()
                .filter(|node| node.has_attribute("message"));
            let ports = all(wsdl, WSDL, "port");
            messages
                .into_iter()
                .all(|node| component(wsdl, "message", reference(node, "message")).is_some())
                && ports
                    .into_iter()
                    .all(|node| component(wsdl, "binding", reference(node, "binding")).is_some())
                && all(wsdl, WSDL, "binding")
                    .all(|node| component(wsdl, "portType", reference(node, "type")).is_some())
        },
        spoil: |text| {
            once(
                text,
                "<wsdl:input message=\"psop:",
                "<wsdl:input message=\"xrd:",
            )
        },
    },
    Rule {
        number: "R2102",
        says: "references to components of schemas lead to namespaces that are there and imported",
        holds: |wsdl| {
            all(wsdl, XS, "schema").all(|schema| {
                let own = attribute(schema, "targetNamespace");
                let imports = inside(schema, XS, "import").map(|node| attribute(node, "namespace"));
                let known: BTreeSet<&str> = imports.chain([own, XS]).collect();
                schema.descendants().all(|node| {
                    let mut used = ["type", "base", "ref"].into_iter();
                    used.all(|name| {
                        !node.has_attribute(name) || known.contains(reference(node, name).0)
                    })
                })
            })
        },
        spoil: |text| {
            once(
                text,
                "<xs:import namespace=\"http://x-road.eu/xsd/identifiers\"/>",
                "",
            )
        },
    },
    Rule {
        number: "R2105",
        says: "every schema has a targetNamespace",
        holds: |wsdl| {
            all(wsdl, XS, "schema").all(|node| !attribute(node, "targetNamespace").is_empty())
        },
        spoil: |text| {
            once(
                text,
                " targetNamespace=\"http://x-road.eu/xsd/identifiers\"",
                "",
            )
        },
    },
    Rule {
        number: "R2110",
        says: "no array of SOAP's encoding is extended or restricted",
        holds: |wsdl| {
            let mut based = wsdl.descendants().filter(|node| node.has_attribute("base"));
            based.all(|node| reference(node, "base").0 != ENCODING)
        },
        spoil: |text| {
            let text = once(
                text,
                "xmlns:id=",
                &format!("xmlns:enc=\"{ENCODING}\" xmlns:id="),
            );
            once(&text, "base=\"xs:string\"", "base=\"enc:Array\"")
        },
    },
    Rule {
        number: "R2111",
        says: "no wsdl:arrayType",
        holds: |wsdl| {
            wsdl.descendants()
                .all(|node| !node.has_attribute((WSDL, "arrayType")))
        },
        spoil: |text| {
            once(
                text,
                "use=\"required\"",
                "use=\"required\" wsdl:arrayType=\"xs:string[]\"",
            )
        },
    },
    Rule {
        number: "R2112",
        says: "no type is named ArrayOf…",
        holds: |wsdl| {
            all(wsdl, XS, "complexType").all(|node| !attribute(node, "name").starts_with("ArrayOf"))
        },
        spoil: |text| text.replace("\"DentalLine\"", "\"ArrayOfDentalLine\""),
    },
    Rule {
        number: "R2114",
        says: "no two schemas have the same targetNamespace",
        holds: |wsdl| {
            are_distinct(all(wsdl, XS, "schema").map(|node| attribute(node, "targetNamespace")))
        },
        spoil: |text| {
            let schema = "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" targetNamespace=\"http://x-road.eu/xsd/identifiers\"/>";
            once(text, "</wsdl:types>", &format!("{schema}</wsdl:types>"))
        },
    },
    Rule {
        number: "R2800",
        says: "types are those of XML Schema 1.0: what is named is declared",
        holds: |wsdl| {
            let declared: BTreeSet<(&str, &str)> = all(wsdl, XS, "schema")
                .flat_map(|schema| {
                    let types = schema
                        .children()
                        .filter(|node| node.tag_name().name().ends_with("Type"));
                    types.map(move |node| {
                        (
                            attribute(schema, "targetNamespace"),
                            attribute(node, "name"),
                        )
                    })
                })
                .collect();
            all(wsdl, XS, "element")
                .filter(|node| node.has_attribute("type"))
                .map(|node| reference(node, "type"))
                .all(|name| name.0 == XS || declared.contains(&name))
        },
        spoil: |text| once(text, "type=\"psop:Money\"", "type=\"psop:Moneys\""),
    },
];
