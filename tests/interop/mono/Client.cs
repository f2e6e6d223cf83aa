// The six services through classes that Mono's wsdl makes, header and bodies. Takes the adapter's address.
using System;
using System.Linq;
using System.Web.Services.Protocols;
using Psop;

static class Client
{
    sealed class Member
    {
        public string Class, Code, Subsystem;
    }

    static readonly Member Municipality = new Member { Class = "MUN", Code = "0204819-8", Subsystem = "paikky" };
    static readonly Member HomeCare = new Member { Class = "COM", Code = "9000007-0", Subsystem = "care" };
    static readonly Member Dentist = new Member { Class = "COM", Code = "9000003-8", Subsystem = "dental" };

    static psopService adapter;

    // Sets the X-Road header of the next call.
    static void Header(string service, Member member, string version = "v1")
    {
        adapter.client = new XRoadClientIdentifierType
        {
            objectType = XRoadObjectType.SUBSYSTEM,
            xRoadInstance = "FI-TEST",
            memberClass = member.Class,
            memberCode = member.Code,
            subsystemCode = member.Subsystem,
        };
        adapter.service = new XRoadServiceIdentifierType
        {
            objectType = XRoadObjectType.SERVICE,
            xRoadInstance = "FI-TEST",
            memberClass = "MUN",
            memberCode = "0204819-8",
            subsystemCode = "psop",
            serviceCode = service,
            serviceVersion = version,
        };
        adapter.userId = new XRoadUserIdType { Text = new[] { "matti.meikäläinen" } };
        adapter.id = new XRoadMessageIdType { Text = new[] { Guid.NewGuid().ToString() } };
        adapter.issue = new XRoadIssueType { Text = new[] { "Asia 1/2026" } };
        adapter.protocolVersion = new XRoadProtocolVersionType { Text = new[] { "4.0" } };
    }

    static void Check<T>(string what, T found, T expected)
    {
        if (!Equals(found, expected))
            throw new Exception(what + ": found " + found + ", expected " + expected);
    }

    static PostMeta Meta(string system, string reference, Purpose purpose)
    {
        return new PostMeta { sourceSystem = system, sourceReference = reference, purpose = purpose };
    }

    static OrganiserCode Turku()
    {
        return new OrganiserCode { Item = "853", ItemElementName = ItemChoiceType1.municipalityCode };
    }

    static Customer Person(string personId, string givenNames, string familyName)
    {
        return new Customer
        {
            personId = personId,
            givenNames = givenNames,
            familyName = familyName,
            language = Language.FI,
            languageSpecified = true,
            municipalityOfResidence = "853",
        };
    }

    static Terms Terms(string reference, string service)
    {
        return new Terms
        {
            instrument = Instrument.VOUCHER,
            serviceCode = service,
            decisionRef = reference + "-PÄÄTÖS",
            decisionDate = new DateTime(2026, 2, 20),
            valueBasis = ValueBasis.FLAT,
            validFrom = new DateTime(2026, 3, 1),
            validTo = new DateTime(2026, 8, 31),
        };
    }

    static PostPurchasingPowerResponse Grant(string reference, string version = "v1")
    {
        Header("postPurchasingPower", Municipality, version);
        return adapter.postPurchasingPower(new PostPurchasingPowerRequest
        {
            meta = Meta("PAIKKY", reference, Purpose.PALVELUN_JARJESTAMINEN),
            action = PurchasingPowerAction.CREATE,
            organiser = Turku(),
            customer = Person("110987-904Y", "Maija Äänetär", "Öhman-Åberg"),
            terms = Terms(reference, "kotiapu"),
            ordinary = new OrdinaryTerms
            {
                unit = Unit.H,
                quantityPerPeriod = 10m,
                period = Period.MONTH,
                unitValue = 32.00m,
                maxUnitPrice = 42.00m,
                maxUnitPriceSpecified = true,
            },
        });
    }

    // Grants, sends again, is refused a second one, and looks up as the provider.
    static void CareAtHome()
    {
        var first = Grant("HA-2026-0001");
        Check("status", first.result.status, Status.OK);
        Check("totalAuthorised", first.purchasingPower.totalAuthorised, 1920.00m);
        Check("validTo", first.purchasingPower.validTo, new DateTime(2026, 8, 31));
        var number = first.purchasingPower.purchasingPowerNumber;
        Console.WriteLine("ok postPurchasingPower");

        var again = Grant("HA-2026-0001");
        Check("replayed", again.result.replayed, true);
        Check("number", again.purchasingPower.purchasingPowerNumber, number);
        Console.WriteLine("ok replay");

        var refused = Grant("HA-2026-0002");
        Check("status", refused.result.status, Status.REJECTED);
        Check("errors", string.Join(" ", refused.result.error.Select(error => error.code)), "PP_OVERLAP");
        Console.WriteLine("ok rejection");

        Header("getOstovoima", HomeCare);
        var shown = adapter.getOstovoima(new GetOstovoimaRequest
        {
            meta = new QueryMeta { sourceSystem = "KOTIHOIVA", purpose = Purpose.PALVELUN_TUOTTAMINEN },
            purchasingPowerNumber = number,
            providerBusinessId = "9000007-0",
        }).ostovoima;
        var ordinary = (Ordinary)shown.Item;
        Check("unitValue", ordinary.unitValue, 32.00m);
        Check("remaining", ordinary.remaining, 10.000m);
        Check("totalRemaining", ordinary.totalRemaining, 60.000m);
        Check("givenNames", shown.customer.givenNames, "Maija Äänetär");
        Check("familyName", shown.customer.familyName, "Öhman-Åberg");
        Console.WriteLine("ok getOstovoima");
    }

    static void Balance()
    {
        Header("postSaldoPurchasingPower", Municipality);
        var answer = adapter.postSaldoPurchasingPower(new PostSaldoPurchasingPowerRequest
        {
            meta = Meta("PAIKKY", "SH-2026-0003", Purpose.PALVELUN_JARJESTAMINEN),
            action = SaldoPurchasingPowerAction.CREATE,
            organiser = Turku(),
            customer = Person("010160-9109", "Kerttu", "Aalto"),
            terms = Terms("SH-2026-0003", "saldo-hoiva"),
            saldo = new SaldoTerms { balanceTotal = 1200.00m, balanceUnit = BalanceUnit.EUR },
        });
        Check("totalAuthorised", answer.purchasingPower.totalAuthorised, 1200.00m);
        Console.WriteLine("ok postSaldoPurchasingPower");
    }

    static DentalTermsLine Line(string number, string code, string tooth, decimal value)
    {
        return new DentalTermsLine
        {
            lineNo = number,
            procedureCode = code,
            tooth = tooth,
            maxCount = 1,
            unitValue = value,
            unitValueSpecified = true,
        };
    }

    static EventProcedure Done(string number, string code, string tooth, string surfaces, decimal price)
    {
        return new EventProcedure
        {
            lineNo = number,
            procedureCode = code,
            tooth = tooth,
            surfaces = surfaces,
            count = 1,
            unitPrice = price,
        };
    }

    // Grants two procedures; the dentist records both, and the municipality reads the event.
    static void DentalCare()
    {
        Header("postDentalPurchasingPower", Municipality);
        var granted = adapter.postDentalPurchasingPower(new PostDentalPurchasingPowerRequest
        {
            meta = Meta("PAIKKY", "SU-2026-0004", Purpose.PALVELUN_JARJESTAMINEN),
            action = PurchasingPowerAction.CREATE,
            organiser = Turku(),
            customer = Person("300401A9139", "Onni", "Mäkelä"),
            terms = Terms("SU-2026-0004", "suun-hoito"),
            dental = new DentalTerms
            {
                mode = DentalMode.ITEMISED,
                line = new[] { Line("1", "SAA02", null, 45.00m), Line("2", "SFA20", "16", 85.00m) },
            },
        }).purchasingPower;
        Check("totalAuthorised", granted.totalAuthorised, 130.00m);
        Console.WriteLine("ok postDentalPurchasingPower");

        Header("postDentalServiceEvent", Dentist);
        var recorded = adapter.postDentalServiceEvent(new PostDentalServiceEventRequest
        {
            meta = Meta("HAMMASHOITO", "TT-2026-0005", Purpose.PALVELUN_TUOTTAMINEN),
            action = ServiceEventAction.CREATE,
            purchasingPowerNumber = granted.purchasingPowerNumber,
            personId = "300401A9139",
            providerBusinessId = "9000003-8",
            providerUnitCode = "Töölö-Åker 1",
            serviceDate = new DateTime(2026, 3, 12),
            visitType = VisitType.VASTAANOTTO,
            visitTypeSpecified = true,
            professional = new Professional
            {
                role = ProfessionalRole.HAMMASLAAKARI,
                terhikkiNumber = "12345678901",
            },
            procedure = new[] { Done("1", "SAA02", null, null, 62.00m), Done("2", "SFA20", "16", "MO", 110.00m) },
        }).@event;
        Check("voucherShare", recorded.line[1].voucherShare, 85.00m);
        Check("totalPrice", recorded.totalPrice, 172.00m);
        Check("customerShare", recorded.customerShare, 42.00m);
        Console.WriteLine("ok postDentalServiceEvent");

        Header("getServiceEvents", Municipality);
        var events = adapter.getServiceEvents(new GetServiceEventsRequest
        {
            meta = new QueryMeta { sourceSystem = "PAIKKY", purpose = Purpose.PALVELUN_JARJESTAMINEN },
            organiser = Turku(),
            Item = "",
        }).@event;
        Check("events", string.Join(" ", events.Select(shown => shown.eventId)), recorded.eventId);
        Check("voucherShare", events[0].voucherShare, 130.00m);
        Check("serviceDate", events[0].serviceDate, new DateTime(2026, 3, 12));
        Console.WriteLine("ok getServiceEvents");
        Check("providerUnitCode", events[0].providerUnitCode, "Töölö-Åker 1");
        Console.WriteLine("ok letters");
    }

    static void Fault()
    {
        try
        {
            Grant("HA-2026-0009", "v9");
        }
        catch (SoapException fault)
        {
            Check("faultcode", fault.Code.Name, "Client");
            Check("errorCode", fault.Detail.FirstChild.InnerText, "VERSION_UNKNOWN");
            Console.WriteLine("ok fault");
            return;
        }
        throw new Exception("no fault for an unknown version");
    }

    static void Main(string[] arguments)
    {
        adapter = new psopService { Url = arguments[0] };
        Console.WriteLine("ok wsdl");
        CareAtHome();
        Balance();
        DentalCare();
        Fault();
    }
}
