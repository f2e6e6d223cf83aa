"""The six services through suds-community. Bodies are typed from the WSDL.

Takes the adapter's address. Header elements are built by hand: a header typed from the WSDL has objectType
without its namespace, which X-Road takes as missing.
"""

import datetime
import sys
import uuid
from decimal import Decimal

from suds import WebFault
from suds.client import Client
from suds.sax.attribute import Attribute
from suds.sax.element import Element

XRD = ("xrd", "http://x-road.eu/xsd/xroad.xsd")
ID = ("id", "http://x-road.eu/xsd/identifiers")
MUNICIPALITY = ("MUN", "0204819-8", "paikky")
HOME_CARE = ("COM", "9000007-0", "care")
DENTIST = ("COM", "9000003-8", "dental")


def identifier(name, object_type, parts):
    element = Element(name, ns=XRD)
    element.addPrefix(*ID)
    # The prefix is written out: the attribute must be in the namespace of identifiers.
    element.append(Attribute("id:objectType", object_type))
    for part, value in parts:
        element.append(Element(part, ns=ID).setText(value))
    return element


def header(service_code, member, version):
    member_class, member_code, subsystem_code = member
    instance = ("xRoadInstance", "FI-TEST")
    return (
        identifier(
            "client",
            "SUBSYSTEM",
            [
                instance,
                ("memberClass", member_class),
                ("memberCode", member_code),
                ("subsystemCode", subsystem_code),
            ],
        ),
        identifier(
            "service",
            "SERVICE",
            [
                instance,
                ("memberClass", "MUN"),
                ("memberCode", "0204819-8"),
                ("subsystemCode", "psop"),
                ("serviceCode", service_code),
                ("serviceVersion", version),
            ],
        ),
        Element("userId", ns=XRD).setText("matti.meikäläinen"),
        Element("id", ns=XRD).setText(str(uuid.uuid4())),
        Element("protocolVersion", ns=XRD).setText("4.0"),
    )


class Adapter:
    def __init__(self, address):
        # Without its cache, so that the WSDL comes from the server.
        self.client = Client(address + "?wsdl", cache=None)

    def call(self, service_code, member, request, version="v1"):
        self.client.set_options(soapheaders=header(service_code, member, version))
        return getattr(self.client.service, service_code)(**request)


def check(what, found, expected):
    # suds hands values of restricted types over as text.
    if isinstance(expected, Decimal):
        found = Decimal(found)
    if isinstance(expected, list) and isinstance(expected[0], Decimal):
        found = [Decimal(value) for value in found]
    if found != expected:
        raise AssertionError(f"{what}: found {found!r}, expected {expected!r}")


def grant(reference, service_code, customer, **content):
    """A grant to a customer: what the three kinds of grants share, and the content of one of them."""
    person_id, given_names, family_name = customer
    return {
        "meta": {"sourceSystem": "PAIKKY", "sourceReference": reference, "purpose": "PALVELUN_JARJESTAMINEN"},
        "action": "CREATE",
        "organiser": {"municipalityCode": "853"},
        "customer": {
            "personId": person_id,
            "givenNames": given_names,
            "familyName": family_name,
            "language": "FI",
            "municipalityOfResidence": "853",
        },
        "terms": {
            "instrument": "VOUCHER",
            "serviceCode": service_code,
            "decisionRef": reference + "-PÄÄTÖS",
            "decisionDate": datetime.date(2026, 2, 20),
            "valueBasis": "FLAT",
            "validFrom": datetime.date(2026, 3, 1),
            "validTo": datetime.date(2026, 8, 31),
        },
        **content,
    }


def ordinary_grant(reference):
    ordinary = {
        "unit": "H",
        "quantityPerPeriod": Decimal("10"),
        "period": "MONTH",
        "unitValue": Decimal("32.00"),
        "maxUnitPrice": Decimal("42.00"),
    }
    customer = ("110987-904Y", "Maija Äänetär", "Öhman-Åberg")
    return grant(reference, "kotiapu", customer, ordinary=ordinary)


def home_care(adapter):
    """Grants, sends again, is refused a second one, and looks up as the provider."""
    answer = adapter.call("postPurchasingPower", MUNICIPALITY, ordinary_grant("HA-2026-0001"))
    check("status", answer.result.status, "OK")
    check("totalAuthorised", answer.purchasingPower.totalAuthorised, Decimal("1920.00"))
    number = answer.purchasingPower.purchasingPowerNumber
    print("ok postPurchasingPower")

    answer = adapter.call("postPurchasingPower", MUNICIPALITY, ordinary_grant("HA-2026-0001"))
    check("replayed", answer.result.replayed, True)
    check("number", answer.purchasingPower.purchasingPowerNumber, number)
    print("ok replay")

    answer = adapter.call("postPurchasingPower", MUNICIPALITY, ordinary_grant("HA-2026-0002"))
    check("status", answer.result.status, "REJECTED")
    check("errors", [error.code for error in answer.result.error], ["PP_OVERLAP"])
    print("ok rejection")

    request = {
        "meta": {"sourceSystem": "KOTIHOIVA", "purpose": "PALVELUN_TUOTTAMINEN"},
        "purchasingPowerNumber": number,
        "providerBusinessId": "9000007-0",
    }
    shown = adapter.call("getOstovoima", HOME_CARE, request).ostovoima
    check("unitValue", shown.ordinary.unitValue, Decimal("32.00"))
    check("remaining as written", str(shown.ordinary.remaining), "10.000")
    check("totalRemaining", shown.ordinary.totalRemaining, Decimal("60.000"))
    check("givenNames", shown.customer.givenNames, "Maija Äänetär")
    check("familyName", shown.customer.familyName, "Öhman-Åberg")
    print("ok getOstovoima")


def balance(adapter):
    saldo = {"balanceTotal": Decimal("1200.00"), "balanceUnit": "EUR"}
    request = grant("SH-2026-0003", "saldo-hoiva", ("010160-9109", "Kerttu", "Aalto"), saldo=saldo)
    answer = adapter.call("postSaldoPurchasingPower", MUNICIPALITY, request)
    check("totalAuthorised", answer.purchasingPower.totalAuthorised, Decimal("1200.00"))
    print("ok postSaldoPurchasingPower")


def dental_care(adapter):
    """Grants two procedures; the dentist records both, and the municipality reads the event."""
    lines = [
        {"lineNo": 1, "procedureCode": "SAA02", "maxCount": 1, "unitValue": Decimal("45.00")},
        {"lineNo": 2, "procedureCode": "SFA20", "tooth": "16", "maxCount": 1, "unitValue": Decimal("85.00")},
    ]
    dental = {"mode": "ITEMISED", "line": lines}
    request = grant("SU-2026-0004", "suun-hoito", ("300401A9139", "Onni", "Mäkelä"), dental=dental)
    answer = adapter.call("postDentalPurchasingPower", MUNICIPALITY, request)
    check("totalAuthorised", answer.purchasingPower.totalAuthorised, Decimal("130.00"))
    number = answer.purchasingPower.purchasingPowerNumber
    print("ok postDentalPurchasingPower")

    filling = {"lineNo": 2, "procedureCode": "SFA20", "tooth": "16", "surfaces": "MO", "count": 1}
    request = {
        "meta": {
            "sourceSystem": "HAMMASHOITO",
            "sourceReference": "TT-2026-0005",
            "purpose": "PALVELUN_TUOTTAMINEN",
        },
        "action": "CREATE",
        "purchasingPowerNumber": number,
        "personId": "300401A9139",
        "providerBusinessId": "9000003-8",
        "providerUnitCode": "Töölö-Åker 1",
        "serviceDate": datetime.date(2026, 3, 12),
        "visitType": "VASTAANOTTO",
        "professional": {"role": "HAMMASLAAKARI", "terhikkiNumber": "12345678901"},
        "procedure": [
            {"lineNo": 1, "procedureCode": "SAA02", "count": 1, "unitPrice": Decimal("62.00")},
            {**filling, "unitPrice": Decimal("110.00")},
        ],
    }
    event = adapter.call("postDentalServiceEvent", DENTIST, request).event
    check("lines", [line.voucherShare for line in event.line], [Decimal("45.00"), Decimal("85.00")])
    check("totalPrice", event.totalPrice, Decimal("172.00"))
    check("customerShare", event.customerShare, Decimal("42.00"))
    print("ok postDentalServiceEvent")

    request = {
        "meta": {"sourceSystem": "PAIKKY", "purpose": "PALVELUN_JARJESTAMINEN"},
        "organiser": {"municipalityCode": "853"},
        "changesSince": "",
    }
    answer = adapter.call("getServiceEvents", MUNICIPALITY, request)
    check("events", [shown.eventId for shown in answer.event], [event.eventId])
    check("voucherShare", answer.event[0].voucherShare, Decimal("130.00"))
    check("serviceDate", answer.event[0].serviceDate, datetime.date(2026, 3, 12))
    print("ok getServiceEvents")
    check("providerUnitCode", answer.event[0].providerUnitCode, "Töölö-Åker 1")
    print("ok letters")


def fault(adapter):
    try:
        adapter.call("postPurchasingPower", MUNICIPALITY, ordinary_grant("HA-2026-0009"), version="v9")
    except WebFault as fault:
        check("faultcode", fault.fault.faultcode.split(":")[1], "Client")
        check("errorCode", fault.fault.detail.errorCode, "VERSION_UNKNOWN")
        print("ok fault")
    else:
        raise AssertionError("no fault for an unknown version")


def main(address):
    adapter = Adapter(address)
    print("ok wsdl")
    home_care(adapter)
    balance(adapter)
    dental_care(adapter)
    fault(adapter)


if __name__ == "__main__":
    main(sys.argv[1])
