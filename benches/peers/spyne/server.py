"""getOstovoima by spyne on waitress: typed in and out, the header passed over. Keeps nothing."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal as Amount

from spyne import Application, Boolean, ComplexModel, Date, DateTime, Decimal, Integer, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication
from waitress.server import create_server

NAMESPACE = "http://psop.x-road.global/producer/v1"


class Meta(ComplexModel):
    __namespace__ = NAMESPACE
    sourceSystem = Unicode
    purpose = Unicode


class Organiser(ComplexModel):
    __namespace__ = NAMESPACE
    municipalityCode = Unicode
    name = Unicode
    contact = Unicode


class Service(ComplexModel):
    __namespace__ = NAMESPACE
    serviceCode = Unicode
    nameFi = Unicode
    nameSv = Unicode
    unit = Unicode
    legalBasis = Unicode
    freeOfCharge = Boolean


class Customer(ComplexModel):
    __namespace__ = NAMESPACE
    personId = Unicode
    givenNames = Unicode
    familyName = Unicode
    language = Unicode
    municipalityOfResidence = Unicode


class Dental(ComplexModel):
    __namespace__ = NAMESPACE
    mode = Unicode
    ceiling = Decimal
    ceilingRemaining = Decimal


class Result(ComplexModel):
    __namespace__ = NAMESPACE
    status = Unicode
    replayed = Boolean


class Ostovoima(ComplexModel):
    __namespace__ = NAMESPACE
    purchasingPowerNumber = Unicode
    kind = Unicode
    instrument = Unicode
    state = Unicode
    validFrom = Date
    validTo = Date
    organiser = Organiser
    service = Service
    customer = Customer
    dental = Dental
    version = Integer
    asOf = DateTime


class GetOstovoima(ServiceBase):
    @rpc(
        Meta, Unicode, Unicode,
        _returns=[Result, Ostovoima],
        _out_variable_names=["result", "ostovoima"],
    )
    def getOstovoima(ctx, meta, purchasingPowerNumber, providerBusinessId):
        ostovoima = Ostovoima(
            purchasingPowerNumber=purchasingPowerNumber,
            kind="DENTAL",
            instrument="VOUCHER",
            state="VOIMASSA",
            validFrom=date(2026, 3, 1),
            validTo=date(2026, 8, 31),
            organiser=Organiser(municipalityCode="853", name="Turun kaupunki", contact="palveluseteli@turku.example"),
            service=Service(
                serviceCode="suun-hoito", nameFi="Suun terveydenhuolto", nameSv="Tandvård", unit="TOIMENPIDE",
                legalBasis="PSL_569_2009", freeOfCharge=False,
            ),
            customer=Customer(
                personId="300401A9139", givenNames="Onni", familyName="Mäkelä", language="FI",
                municipalityOfResidence="853",
            ),
            dental=Dental(mode="PRICE_LIST_CEILING", ceiling=Amount("900000.00"), ceilingRemaining=Amount("900000.00")),
            version=1,
            asOf=datetime(2026, 3, 16, 10, tzinfo=timezone(timedelta(hours=2))),
        )
        return Result(status="OK", replayed=False), ostovoima


application = Application([GetOstovoima], NAMESPACE, in_protocol=Soap11(), out_protocol=Soap11())
server = create_server(WsgiApplication(application), host="127.0.0.1", port=0, threads=2)
print(f"ready http=127.0.0.1:{server.effective_port}", flush=True)
server.run()
