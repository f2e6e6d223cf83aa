//! Requests with any header: free prefixes, declarations in any place, any order, white space, comments and
//! CDATA, values of any letters, and elements that nobody knows.

use proptest::collection::vec;
use proptest::prelude::*;
use roxmltree::{Document, Node};

use crate::support::answer::{PSOP, SOAP};
use crate::support::message::unique;

const XRD: &str = "http://x-road.eu/xsd/xroad.xsd";
const ID: &str = "http://x-road.eu/xsd/identifiers";
const REPR: &str = "http://x-road.eu/xsd/representation.xsd";

/// Prefixes: SOAP's, X-Road's, the identifiers' and the representation's; all differ.
type Prefixes = [String; 4];

/// Where the namespaces of X-Road are declared.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Declared {
    Envelope,
    Header,
    Elements,
}

/// Look-ups of `number` with any header.
pub fn requests(number: &str) -> impl Strategy<Value = String> + use<> {
    let body = format!(
        "<b:getOstovoima xmlns:b=\"{PSOP}\"><b:meta><b:sourceSystem>K</b:sourceSystem>\
         <b:purpose>TILITYS</b:purpose></b:meta><b:purchasingPowerNumber>{number}</b:purchasingPowerNumber>\
         <b:providerBusinessId>9000007-0</b:providerBusinessId></b:getOstovoima>"
    );
    let declared = prop::sample::select(vec![
        Declared::Envelope,
        Declared::Header,
        Declared::Elements,
    ]);
    (prefixes(), declared)
        .prop_flat_map(|(prefixes, declared)| {
            let parts = elements(&prefixes, declared).prop_shuffle();
            let between = vec(between(), 24);
            (Just(prefixes), Just(declared), parts, between)
        })
        .prop_map(move |(prefixes, declared, parts, between)| {
            let soap = &prefixes[0];
            let namespaces = namespaces(&prefixes);
            let on = |place| if declared == place { namespaces.as_str() } else { "" };
            let inside: String = parts
                .iter()
                .zip(between.iter().cycle())
                .map(|(part, between)| format!("{between}{part}"))
                .collect();
            format!(
                "<{soap}:Envelope xmlns:{soap}=\"{SOAP}\"{}><{soap}:Header{}>{inside}{}</{soap}:Header>\
                 <{soap}:Body>{body}</{soap}:Body></{soap}:Envelope>",
                on(Declared::Envelope),
                on(Declared::Header),
                between.last().cloned().unwrap_or_default(),
            )
        })
}

fn prefixes() -> impl Strategy<Value = Prefixes> {
    let usual = prop::sample::select(vec!["soap", "xrd", "id", "psop", "repr", "SOAP-ENV", "s"]);
    let prefix = prop_oneof![
        usual.prop_map(str::to_owned),
        "[a-wyzA-WYZäÖ_][a-zA-Z0-9ä._-]{0,6}",
    ];
    let four = [prefix.clone(), prefix.clone(), prefix.clone(), prefix];
    four.prop_filter("four different prefixes", |four| {
        (1..4).all(|index| !four[..index].contains(&four[index]))
    })
}

fn namespaces([_, xroad, id, repr]: &Prefixes) -> String {
    format!(" xmlns:{xroad}=\"{XRD}\"\n\txmlns:{id}='{ID}' xmlns:{repr} = \"{REPR}\"")
}

/// What may stand between two elements.
fn between() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[ \t\n]{0,4}",
        Just("\r\n  ".to_owned()),
        "<!--[a-zä <&>]{0,9}-->",
    ]
}

/// The header's elements: those that must be there, and some that may.
fn elements(prefixes: &Prefixes, declared: Declared) -> BoxedStrategy<Vec<String>> {
    let [soap, xroad, id, repr] = prefixes.clone();
    let attributes = match declared {
        Declared::Elements => namespaces(prefixes),
        _ => String::new(),
    };
    let client = format!(
        "<{xroad}:client {id}:objectType=\"SUBSYSTEM\"{attributes}><{id}:xRoadInstance>FI-TEST</{id}:xRoadInstance>\
         <{id}:memberClass>COM</{id}:memberClass><{id}:memberCode>9000007-0</{id}:memberCode>\
         <{id}:subsystemCode>care</{id}:subsystemCode></{xroad}:client>"
    );
    let service = move |version: String| {
        format!(
            "<{xroad}:service{attributes} {id}:objectType='SERVICE'><{id}:serviceCode>getOstovoima</{id}:serviceCode>\
             {version}<{id}:xRoadInstance>FI-TEST</{id}:xRoadInstance> <{id}:memberClass>MUN</{id}:memberClass>\
             <{id}:memberCode>0204819-8</{id}:memberCode></{xroad}:service>"
        )
    };
    let [_, xroad, id, _] = prefixes.clone();
    let version = format!("<{id}:serviceVersion>v1</{id}:serviceVersion>");
    let attributes = match declared {
        Declared::Elements => namespaces(prefixes),
        _ => String::new(),
    };
    let element = move |name: &'static str, value: BoxedStrategy<String>| {
        let (xroad, attributes) = (xroad.clone(), attributes.clone());
        value.prop_map(move |value| format!("<{xroad}:{name}{attributes}>{value}</{xroad}:{name}>"))
    };
    let id_value = value()
        .prop_map(|value| format!("{}{value}", unique("id")))
        .boxed();
    let must_be = (
        element("id", id_value),
        element("protocolVersion", Just("4.0".to_owned()).boxed()),
        // Mostly somebody is named.
        element(
            "userId",
            value().prop_map(|value| format!("a{value}")).boxed(),
        ),
        prop::option::of(Just(version))
            .prop_map(move |version| service(version.unwrap_or_default())),
    );
    let unknown = prop::sample::select(vec![
        "<plain a='1' b=\"&lt;'&#10;\">p &amp; q</plain>".to_owned(),
        format!(
            "<u:new xmlns:u='urn:example:new' {soap}:mustUnderstand=\"1\" u:a='x'><u:in><in/></u:in>ä</u:new>"
        ),
        "<new xmlns='urn:example:default'><in xmlns=''/></new>".to_owned(),
        "<empty/>".to_owned(),
    ]);
    let party = format!(
        "<{repr}:representedParty xmlns:{repr}=\"{REPR}\"><{repr}:partyCode>9000007-0</{repr}:partyCode></{repr}:representedParty>"
    );
    let may_be = (
        prop::option::of(element("issue", value())),
        prop::option::weighted(0.1, element("new", value())),
        prop::option::of(Just(party)),
        vec(unknown, 0..3),
    );
    (must_be, may_be)
        .prop_map(
            move |((message_id, version, user, service), (issue, new, party, unknown))| {
                let must_be = [client.clone(), service, message_id, version, user];
                let may_be = [issue, new, party].into_iter().flatten();
                must_be.into_iter().chain(may_be).chain(unknown).collect()
            },
        )
        .boxed()
}

/// Text of any letters in any spelling.
fn value() -> BoxedStrategy<String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9 äÖå€😀.:/-]{0,8}",
        1 => "<!\\[CDATA\\[[a-z<&ä ]{0,5}\\]\\]>",
        1 => "<!--[a-z <]{0,5}-->",
        1 => prop::sample::select(vec!["&amp;", "&lt;", "&#228;", "&#x1F600;", "&#13;", "&quot;", "a\u{308}", "\t", "\n", "\r\n"])
            .prop_map(str::to_owned),
    ];
    vec(piece, 0..4).prop_map(|pieces| pieces.concat()).boxed()
}

/// Everything in a message's Header that a reader can tell: elements with their namespaces, attributes
/// and texts, white space and comments, in order.
pub fn listed(message: &str) -> Vec<String> {
    let document = Document::parse(message).unwrap_or_else(|error| panic!("{error}: {message}"));
    let header = document
        .root_element()
        .children()
        .find(|node| node.has_tag_name((SOAP, "Header")))
        .unwrap_or_else(|| panic!("no Header: {message}"));
    header
        .descendants()
        .skip(1)
        .map(|node| listed_node(node, header))
        .collect()
}

fn listed_node(node: Node<'_, '_>, header: Node<'_, '_>) -> String {
    let depth = node
        .ancestors()
        .take_while(|ancestor| *ancestor != header)
        .count();
    if !node.is_element() {
        return format!("{depth} {:?} {:?}", node.node_type(), node.text());
    }
    let mut attributes: Vec<String> = node
        .attributes()
        .map(|attribute| {
            format!(
                "{:?} {} {:?}",
                attribute.namespace(),
                attribute.name(),
                attribute.value()
            )
        })
        .collect();
    attributes.sort();
    format!("{depth} {:?} {attributes:?}", node.tag_name())
}
