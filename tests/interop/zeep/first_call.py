"""Calls both services of a running adapter through zeep, knowing nothing but its WSDL.

Takes the adapter's address, such as http://127.0.0.1:8080/xroad. Headers are typed from the WSDL.
Whatever zeep would fetch from anywhere else is refused, so the WSDL proves to be complete in itself.
Prints one line at the end; any other ending is a failure.
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


class OnlyTheServer(Transport):
    """A transport that talks to one address, and says what else was asked."""

    def __init__(self, address):
        super().__init__(timeout=60, operation_timeout=60)
        # No proxy that the environment names stands between.
        self.session.trust_env = False
        self.address = address
        self.loaded = []

    def load(self, url):
        self.loaded.append(url)
        if url != self.address + "?wsdl":
            raise AssertionError(f"zeep asked for {url}")
        return super().load(url)

    def post(self, address, message, headers):
        if address != self.address:
            raise AssertionError(f"zeep would send to {address}")
        return super().post(address, message, headers)


def header(client, service_code, user_id, member, message_id):
    """The X-Road header, part by part as the WSDL binds it."""

    def element(name):
        return client.get_element(XRD + name)

    member_class, member_code, subsystem_code = member
    return {
        "client": element("client")(
            objectType="SUBSYSTEM",
            xRoadInstance="FI-TEST",
            memberClass=member_class,
            memberCode=member_code,
            subsystemCode=subsystem_code,
        ),
        "service": element("service")(
            objectType="SERVICE",
            xRoadInstance="FI-TEST",
            memberClass="MUN",
            memberCode="0204819-8",
            subsystemCode="psop",
            serviceCode=service_code,
            serviceVersion="v1",
        ),
        "userId": element("userId")(user_id),
        "id": element("id")(message_id),
        "issue": element("issue")("Asia 1/2026"),
        "protocolVersion": element("protocolVersion")("4.0"),
    }


def check(what, found, expected):
    if found != expected or type(found) is not type(expected):
        raise AssertionError(f"{what}: found {found!r}, expected {expected!r}")


MUNICIPALITY = ("MUN", "0204819-8", "paikky")
PROVIDER = ("COM", "9000007-0", "care")


def grant(client, message_id, **changes):
    request = {
        "meta": {
            "sourceSystem": "PAIKKY",
            "sourceReference": "zeep-" + message_id,
            "purpose": "PALVELUN_JARJESTAMINEN",
        },
        "action": "CREATE",
        "organiser": {"municipalityCode": "853"},
        "customer": {
            "personId": "110987-904Y",
            "givenNames": "Maija Äänetär",
            "familyName": "Öhman",
            "language": "FI",
            "municipalityOfResidence": "853",
            "nonDisclosure": False,
        },
        "terms": {
            "instrument": "VOUCHER",
            "serviceCode": "kotiapu",
            "decisionRef": "HA-2026-0001-PÄÄTÖS",
            "decisionDate": datetime.date(2026, 2, 20),
            "valueBasis": "FLAT",
            "validFrom": datetime.date(2026, 3, 1),
            "validTo": datetime.date(2026, 8, 31),
        },
        "ordinary": {
            "unit": "H",
            "quantityPerPeriod": Decimal("10"),
            "period": "MONTH",
            "unitValue": Decimal("32.00"),
            "maxUnitPrice": Decimal("42.00"),
        },
    }
    request.update(changes)
    service_code = "postPurchasingPower"
    soap_header = header(client, service_code, "matti.meikäläinen", MUNICIPALITY, message_id)
    return client.adapter.postPurchasingPower(**request, _soapheaders=soap_header)


def look_up(client, number, **changes):
    message_id = str(uuid.uuid4())
    request = {
        "meta": {"sourceSystem": "KOTIHOIVA", "purpose": "PALVELUN_TUOTTAMINEN"},
        "purchasingPowerNumber": number,
        "providerBusinessId": "9000007-0",
    }
    request.update(changes)
    soap_header = header(client, "getOstovoima", "hoitaja.kotihoiva", PROVIDER, message_id)
    answer = client.adapter.getOstovoima(**request, _soapheaders=soap_header)
    check("echoed id", answer.header.id, message_id)
    check("echoed issue", answer.header.issue, "Asia 1/2026")
    check("echoed client", answer.header.client.memberCode, "9000007-0")
    check("echoed objectType", answer.header.client.objectType, "SUBSYSTEM")
    check("echoed service", answer.header.service.serviceCode, "getOstovoima")
    return answer.body


def check_grant(client):
    message_id = str(uuid.uuid4())
    answer = grant(client, message_id)
    check("echoed user", answer.header.userId, "matti.meikäläinen")
    check("status", answer.body.result.status, "OK")
    check("replayed", answer.body.result.replayed, False)
    check("fault", answer.body.fault, None)
    receipt = answer.body.purchasingPower
    check("totalAuthorised", receipt.totalAuthorised, Decimal("1920.00"))
    check("totalAuthorised as written", str(receipt.totalAuthorised), "1920.00")
    check("validTo", receipt.validTo, datetime.date(2026, 8, 31))
    check("version", receipt.version, 1)

    again = grant(client, message_id)
    check("replayed", again.body.result.replayed, True)
    check("number", again.body.purchasingPower.purchasingPowerNumber, receipt.purchasingPowerNumber)
    return receipt.purchasingPowerNumber


def check_look_up(client, number):
    body = look_up(client, number)
    check("status", body.result.status, "OK")
    shown = body.ostovoima
    check("remaining", shown.ordinary.remaining, Decimal("10.000"))
    check("remaining as written", str(shown.ordinary.remaining), "10.000")
    check("totalRemaining", shown.ordinary.totalRemaining, Decimal("60.000"))
    check("unitValue", shown.ordinary.unitValue, Decimal("32.00"))
    check("maxUnitPrice", shown.ordinary.maxUnitPrice, Decimal("42.00"))
    check("periodKey", shown.ordinary.periodKey, "2026-03")
    check("givenNames", shown.customer.givenNames, "Maija Äänetär")
    check("familyName", shown.customer.familyName, "Öhman")
    check("freeOfCharge", type(shown.service.freeOfCharge), bool)
    check("asOf", shown.asOf.isoformat(), "2026-03-16T10:00:00+02:00")


def check_rejections(client):
    answer = grant(client, str(uuid.uuid4()))
    check("status", answer.body.result.status, "REJECTED")
    check("purchasingPower", answer.body.purchasingPower, None)
    check("errors", [error.code for error in answer.body.result.error], ["PP_OVERLAP"])
    check("fault", answer.body.fault.faultCode, "PP_OVERLAP")
    if not answer.body.result.error[0].messageFi:
        raise AssertionError("a rejection has no text in Finnish")

    body = look_up(client, "OV-0000-0000-0000-0", personId="110987-904X")
    check("status", body.result.status, "REJECTED")
    check("ostovoima", body.ostovoima, None)


def check_fault(client):
    try:
        grant(client, str(uuid.uuid4()), organiser={"municipalityCode": "049"})
    except Fault as fault:
        check("fault code", fault.code.split(":")[1], "Client")
        check("error code", fault.detail.findtext(PSOP + "errorCode"), "AUTH_ORGANISER_MISMATCH")
        if not fault.message.startswith("AUTH_ORGANISER_MISMATCH: "):
            raise AssertionError(f"the fault says {fault.message!r}") from fault
    else:
        raise AssertionError("no fault for another municipality's grant")


def main(address):
    transport = OnlyTheServer(address)
    client = Client(address + "?wsdl", transport=transport, settings=Settings(strict=True))
    check("loaded", transport.loaded, [address + "?wsdl"])
    # The WSDL names the address of its configuration; this server took a free port.
    client.adapter = client.create_service(PSOP + "psopBinding", address)
    number = check_grant(client)
    check_look_up(client, number)
    check_rejections(client)
    check_fault(client)
    print("zeep: all as expected")


if __name__ == "__main__":
    main(sys.argv[1])
