"""The six services through zeep. Headers and bodies are typed from the WSDL.

Takes the adapter's address. Whatever zeep would fetch from anywhere else is refused, so the WSDL proves to be
complete in itself.
"""

import datetime
import sys
import uuid
from decimal import Decimal

from zeep import Client, Settings
from zeep.exceptions import Fault
from zeep.transports import Transport

XRD = "{http://x-road.eu/xsd/xroad.xsd}"
PSOP = "{http://psop.x-road.global/producer/v1}"
MUNICIPALITY = ("MUN", "0204819-8", "paikky")
HOME_CARE = ("COM", "9000007-0", "care")
DENTIST = ("COM", "9000003-8", "dental")


class EmptyText(str):
    """An empty text that zeep sends: of a choice it leaves out what Python takes for false."""

    def __bool__(self):
        return True


class OnlyTheServer(Transport):
    """A transport that talks to one address."""

    def __init__(self, address):
        super().__init__(timeout=60, operation_timeout=60)
        self.address = address

    def load(self, url):
        if url != self.address + "?wsdl":
            raise AssertionError(f"zeep asked for {url}")
        return super().load(url)


class Adapter:
    def __init__(self, address):
        self.client = Client(address + "?wsdl", transport=OnlyTheServer(address), settings=Settings(strict=True))

    def header(self, service_code, member, version):
        """The X-Road header, part by part as the WSDL binds it."""

        def element(name, *args, **fields):
            return self.client.get_element(XRD + name)(*args, **fields)

        member_class, member_code, subsystem_code = member
        return {
            "client": element(
                "client",
                objectType="SUBSYSTEM",
                xRoadInstance="FI-TEST",
                memberClass=member_class,
                memberCode=member_code,
                subsystemCode=subsystem_code,
            ),
            "service": element(
                "service",
                objectType="SERVICE",
                xRoadInstance="FI-TEST",
                memberClass="MUN",
                memberCode="0204819-8",
                subsystemCode="psop",
                serviceCode=service_code,
                serviceVersion=version,
            ),
            "userId": element("userId", "matti.meikäläinen"),
            "id": element("id", str(uuid.uuid4())),
            "issue": element("issue", "Asia 1/2026"),
            "protocolVersion": element("protocolVersion", "4.0"),
        }

    def call(self, service_code, member, request, version="v1"):
        header = self.header(service_code, member, version)
        answer = self.client.service[service_code](**request, _soapheaders=header)
        check("echoed user", answer.header.userId, "matti.meikäläinen")
        check("echoed objectType", answer.header.client.objectType, "SUBSYSTEM")
        return answer.body


def check(what, found, expected):
    if found != expected or type(found) is not type(expected):
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
    return grant(
        reference,
        "kotiapu",
        ("110987-904Y", "Maija Äänetär", "Öhman-Åberg"),
        ordinary={
            "unit": "H",
            "quantityPerPeriod": Decimal("10"),
            "period": "MONTH",
            "unitValue": Decimal("32.00"),
            "maxUnitPrice": Decimal("42.00"),
        },
    )


def home_care(adapter):
    """Grants, sends again, is refused a second one, and looks up as the provider."""
    body = adapter.call("postPurchasingPower", MUNICIPALITY, ordinary_grant("HA-2026-0001"))
    check("status", body.result.status, "OK")
    check("totalAuthorised", body.purchasingPower.totalAuthorised, Decimal("1920.00"))
    check("validTo", body.purchasingPower.validTo, datetime.date(2026, 8, 31))
    number = body.purchasingPower.purchasingPowerNumber
    print("ok postPurchasingPower")

    body = adapter.call("postPurchasingPower", MUNICIPALITY, ordinary_grant("HA-2026-0001"))
    check("replayed", body.result.replayed, True)
    check("number", body.purchasingPower.purchasingPowerNumber, number)
    print("ok replay")

    body = adapter.call("postPurchasingPower", MUNICIPALITY, ordinary_grant("HA-2026-0002"))
    check("status", body.result.status, "REJECTED")
    check("errors", [error.code for error in body.result.error], ["PP_OVERLAP"])
    check("purchasingPower", body.purchasingPower, None)
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
    check("freeOfCharge", shown.service.freeOfCharge, False)
    check("asOf", shown.asOf.isoformat(), "2026-03-16T10:00:00+02:00")
    check("givenNames", shown.customer.givenNames, "Maija Äänetär")
    check("familyName", shown.customer.familyName, "Öhman-Åberg")
    print("ok getOstovoima")


def balance(adapter):
    request = grant(
        "SH-2026-0003",
        "saldo-hoiva",
        ("010160-9109", "Kerttu", "Aalto"),
        saldo={"balanceTotal": Decimal("1200.00"), "balanceUnit": "EUR"},
    )
    body = adapter.call("postSaldoPurchasingPower", MUNICIPALITY, request)
    check("totalAuthorised", body.purchasingPower.totalAuthorised, Decimal("1200.00"))
    print("ok postSaldoPurchasingPower")


def dental_care(adapter):
    """Grants two procedures; the dentist records both, and the municipality reads the event."""
    lines = [
        {"lineNo": 1, "procedureCode": "SAA02", "maxCount": 1, "unitValue": Decimal("45.00")},
        {"lineNo": 2, "procedureCode": "SFA20", "tooth": "16", "maxCount": 1, "unitValue": Decimal("85.00")},
    ]
    request = grant(
        "SU-2026-0004",
        "suun-hoito",
        ("300401A9139", "Onni", "Mäkelä"),
        dental={"mode": "ITEMISED", "line": lines},
    )
    body = adapter.call("postDentalPurchasingPower", MUNICIPALITY, request)
    check("totalAuthorised", body.purchasingPower.totalAuthorised, Decimal("130.00"))
    number = body.purchasingPower.purchasingPowerNumber
    print("ok postDentalPurchasingPower")

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
            {
                "lineNo": 2,
                "procedureCode": "SFA20",
                "tooth": "16",
                "surfaces": "MO",
                "count": 1,
                "unitPrice": Decimal("110.00"),
            },
        ],
    }
    event = adapter.call("postDentalServiceEvent", DENTIST, request).event
    check("lines", [line.voucherShare for line in event.line], [Decimal("45.00"), Decimal("85.00")])
    check("totalPrice", event.totalPrice, Decimal("172.00"))
    check("voucherShare", event.voucherShare, Decimal("130.00"))
    check("customerShare", event.customerShare, Decimal("42.00"))
    print("ok postDentalServiceEvent")

    request = {
        "meta": {"sourceSystem": "PAIKKY", "purpose": "PALVELUN_JARJESTAMINEN"},
        "organiser": {"municipalityCode": "853"},
        "changesSince": EmptyText(),
    }
    body = adapter.call("getServiceEvents", MUNICIPALITY, request)
    check("events", [shown.eventId for shown in body.event], [event.eventId])
    check("voucherShare", body.event[0].voucherShare, Decimal("130.00"))
    check("serviceDate", body.event[0].serviceDate, datetime.date(2026, 3, 12))
    print("ok getServiceEvents")
    check("providerUnitCode", body.event[0].providerUnitCode, "Töölö-Åker 1")
    print("ok letters")


def fault(adapter):
    try:
        adapter.call("postPurchasingPower", MUNICIPALITY, ordinary_grant("HA-2026-0009"), version="v9")
    except Fault as fault:
        check("faultcode", fault.code.split(":")[1], "Client")
        check("errorCode", fault.detail.findtext(PSOP + "errorCode"), "VERSION_UNKNOWN")
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
