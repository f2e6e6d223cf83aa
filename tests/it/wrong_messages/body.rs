//! The Body's one element, and the service and version that the header asks for.

use super::{Echoed, HOSTILE, PSOP, XROAD, case, check, lookup};
use crate::support::message::Message;
use crate::support::server::Site;

#[test]
fn the_body_must_be_the_services() {
    let wrapper = lookup().element("psop:getOstovoima");
    let body = |inside: &str| lookup().replace(&wrapper, inside);
    let count = "exactly one element, named as the header's serviceCode";
    let named = (
        "HEADER_INVALID",
        "Body",
        "must be named as the header's serviceCode, in the namespace http://psop.x-road.global/producer/v1",
    );
    let invalid = |says: &'static str| ("HEADER_INVALID", "Envelope", says);
    let renamed = |to: &str| {
        Message(
            lookup()
                .0
                .replace("psop:getOstovoima>", &format!("psop:{to}>")),
        )
    };
    let unnamespaced = wrapper.replace("psop:", "");
    let elsewhere = format!("<h:getOstovoima xmlns:h='urn:{HOSTILE}'>{HOSTILE}</h:getOstovoima>");
    check(
        &Site::new("").start(),
        &[
            case("an empty Body", body(""), invalid(count), Echoed),
            case(
                "a Body of a comment",
                body(&format!("<!-- {HOSTILE} -->")),
                invalid(count),
                Echoed,
            ),
            case(
                "two elements",
                body(&wrapper.repeat(2)),
                invalid(count),
                Echoed,
            ),
            case(
                "another element behind",
                body(&format!("{wrapper}<{HOSTILE}/>")),
                invalid(count),
                Echoed,
            ),
            case(
                "another element before",
                body(&format!("<{HOSTILE}/>{wrapper}")),
                invalid(count),
                Echoed,
            ),
            case(
                "text behind",
                body(&format!("{wrapper}{HOSTILE}")),
                invalid("text stands in the Body"),
                Echoed,
            ),
            case(
                "text before",
                body(&format!("{HOSTILE}{wrapper}")),
                invalid("text stands in the Body"),
                Echoed,
            ),
            case("another name", renamed(HOSTILE), named, Echoed),
            case(
                "another service's name",
                renamed("postPurchasingPower"),
                named,
                Echoed,
            ),
            case(
                "a longer name",
                renamed("getOstovoimaRequest"),
                named,
                Echoed,
            ),
            case("other letters", renamed("GetOstovoima"), named, Echoed),
            case("another namespace", body(&elsewhere), named, Echoed),
            case("no namespace", body(&unnamespaced), named, Echoed),
            case(
                "a fault",
                body(&format!(
                    "<soap:Fault><faultcode>{HOSTILE}</faultcode></soap:Fault>"
                )),
                named,
                Echoed,
            ),
        ],
    );
}

#[test]
fn the_service_and_its_version_must_be_ours() {
    let service = |code: &str| Message(lookup().0.replace("getOstovoima", code));
    let unknown = (
        "SERVICE_UNKNOWN",
        "service/serviceCode",
        "the WSDL lists those there are",
    );
    let metaservice = (
        "SERVICE_UNKNOWN",
        "service/serviceCode",
        "metaservice: security servers answer it themselves",
    );
    let version = (
        "VERSION_UNKNOWN",
        "service/serviceVersion",
        "must be v1, or be left out",
    );
    let mut cases = vec![
        case("an unknown service", service(HOSTILE), unknown, Echoed),
        case("other letters", service("GetOstovoima"), unknown, Echoed),
        case(
            "a blank behind",
            lookup().set("id:serviceCode", "getOstovoima "),
            (
                "HEADER_INVALID",
                "Body",
                "named as the header's serviceCode",
            ),
            Echoed,
        ),
        case(
            "an unknown service in another namespace",
            service(HOSTILE).replace(PSOP, &format!("urn:{HOSTILE}")),
            unknown,
            Echoed,
        ),
    ];
    for code in [
        "listClients",
        "listMethods",
        "allowedMethods",
        "getWsdl",
        "getOpenAPI",
        "getSecurityServerMetrics",
        "getSecurityServerOperationalData",
        "getSecurityServerHealthData",
    ] {
        // They have a namespace of X-Road's.
        let asked = service(code).replace(
            &format!("<psop:{code}>"),
            &format!("<psop:{code} xmlns:psop=\"{XROAD}\">"),
        );
        cases.push(case(code, asked, metaservice, Echoed));
    }
    for wrong in [HOSTILE, "v2", "V1", "1", "v1.0", "", " v1", "v1 "] {
        let message = lookup().set("id:serviceVersion", wrong);
        cases.push(case(format!("version {wrong:?}"), message, version, Echoed));
    }
    let empty = lookup().replace(
        "<id:serviceVersion>v1</id:serviceVersion>",
        "<id:serviceVersion/>",
    );
    cases.push(case("an empty version", empty, version, Echoed));
    check(&Site::new("").start(), &cases);
}
