import javax.xml.ws.Holder;
import javax.xml.ws.soap.SOAPFaultException;
import java.math.BigDecimal;
import java.net.URI;
import java.util.List;
import java.util.UUID;
import javax.xml.datatype.DatatypeFactory;
import javax.xml.datatype.XMLGregorianCalendar;
import psop.*;

/** The six services through classes that wsimport makes of the WSDL, header and bodies. Takes the adapter's address. */
public final class Client {
    /** An X-Road subsystem that calls. */
    record Member(String memberClass, String memberCode, String subsystemCode) {}

    /** A service as it is generated: the body, and a parameter for each part of the header. */
    interface Operation<Q, A> {
        A send(
                Q body,
                Holder<XRoadClientIdentifierType> client,
                Holder<XRoadServiceIdentifierType> service,
                Holder<String> userId,
                Holder<String> id,
                Holder<String> issue,
                Holder<String> protocolVersion);
    }

    private static final Member MUNICIPALITY = new Member("MUN", "0204819-8", "paikky");
    private static final Member HOME_CARE = new Member("COM", "9000007-0", "care");
    private static final Member DENTIST = new Member("COM", "9000003-8", "dental");

    private static <Q, A> A call(Operation<Q, A> operation, String serviceCode, Member member, String version, Q body) {
        XRoadClientIdentifierType client = new XRoadClientIdentifierType();
        client.setObjectType(XRoadObjectType.SUBSYSTEM);
        client.setXRoadInstance("FI-TEST");
        client.setMemberClass(member.memberClass());
        client.setMemberCode(member.memberCode());
        client.setSubsystemCode(member.subsystemCode());
        XRoadServiceIdentifierType service = new XRoadServiceIdentifierType();
        service.setObjectType(XRoadObjectType.SERVICE);
        service.setXRoadInstance("FI-TEST");
        service.setMemberClass("MUN");
        service.setMemberCode("0204819-8");
        service.setSubsystemCode("psop");
        service.setServiceCode(serviceCode);
        service.setServiceVersion(version);
        Holder<String> userId = new Holder<>("matti.meikäläinen");
        A answer =
                operation.send(
                        body,
                        new Holder<>(client),
                        new Holder<>(service),
                        userId,
                        new Holder<>(UUID.randomUUID().toString()),
                        new Holder<>("Asia 1/2026"),
                        new Holder<>("4.0"));
        check("echoed user", userId.value, "matti.meikäläinen");
        return answer;
    }

    private static void check(String what, Object found, Object expected) {
        if (!expected.equals(found)) {
            throw new AssertionError(what + ": found " + found + ", expected " + expected);
        }
    }

    private static XMLGregorianCalendar day(String text) {
        return DatatypeFactory.newDefaultInstance().newXMLGregorianCalendar(text);
    }

    private static BigDecimal amount(String text) {
        return new BigDecimal(text);
    }

    private static PostMeta meta(String sourceSystem, String reference, Purpose purpose) {
        PostMeta meta = new PostMeta();
        meta.setSourceSystem(sourceSystem);
        meta.setSourceReference(reference);
        meta.setPurpose(purpose);
        return meta;
    }

    private static QueryMeta meta(String sourceSystem, Purpose purpose) {
        QueryMeta meta = new QueryMeta();
        meta.setSourceSystem(sourceSystem);
        meta.setPurpose(purpose);
        return meta;
    }

    private static OrganiserCode turku() {
        OrganiserCode organiser = new OrganiserCode();
        organiser.setMunicipalityCode("853");
        return organiser;
    }

    private static Customer customer(String personId, String givenNames, String familyName) {
        Customer customer = new Customer();
        customer.setPersonId(personId);
        customer.setGivenNames(givenNames);
        customer.setFamilyName(familyName);
        customer.setLanguage(Language.FI);
        customer.setMunicipalityOfResidence("853");
        return customer;
    }

    private static Terms terms(String reference, String serviceCode) {
        Terms terms = new Terms();
        terms.setInstrument(Instrument.VOUCHER);
        terms.setServiceCode(serviceCode);
        terms.setDecisionRef(reference + "-PÄÄTÖS");
        terms.setDecisionDate(day("2026-02-20"));
        terms.setValueBasis(ValueBasis.FLAT);
        terms.setValidFrom(day("2026-03-01"));
        terms.setValidTo(day("2026-08-31"));
        return terms;
    }

    private static PostPurchasingPowerRequest ordinaryGrant(String reference) {
        OrdinaryTerms ordinary = new OrdinaryTerms();
        ordinary.setUnit(Unit.H);
        ordinary.setQuantityPerPeriod(amount("10"));
        ordinary.setPeriod(Period.MONTH);
        ordinary.setUnitValue(amount("32.00"));
        ordinary.setMaxUnitPrice(amount("42.00"));
        PostPurchasingPowerRequest request = new PostPurchasingPowerRequest();
        request.setMeta(meta("PAIKKY", reference, Purpose.PALVELUN_JARJESTAMINEN));
        request.setAction(PurchasingPowerAction.CREATE);
        request.setOrganiser(turku());
        request.setCustomer(customer("110987-904Y", "Maija Äänetär", "Öhman-Åberg"));
        request.setTerms(terms(reference, "kotiapu"));
        request.setOrdinary(ordinary);
        return request;
    }

    private static PostPurchasingPowerResponse grant(PsopPortType port, String reference, String version) {
        return call(port::postPurchasingPower, "postPurchasingPower", MUNICIPALITY, version, ordinaryGrant(reference));
    }

    /** Grants, sends again, is refused a second one, and looks up as the provider. */
    private static void homeCare(PsopPortType port) {
        PostPurchasingPowerResponse first = grant(port, "HA-2026-0001", "v1");
        check("status", first.getResult().getStatus(), Status.OK);
        check("totalAuthorised", first.getPurchasingPower().getTotalAuthorised(), amount("1920.00"));
        check("validTo", first.getPurchasingPower().getValidTo().toString(), "2026-08-31");
        String number = first.getPurchasingPower().getPurchasingPowerNumber();
        System.out.println("ok postPurchasingPower");

        PostPurchasingPowerResponse again = grant(port, "HA-2026-0001", "v1");
        check("replayed", again.getResult().isReplayed(), true);
        check("number", again.getPurchasingPower().getPurchasingPowerNumber(), number);
        System.out.println("ok replay");

        PostPurchasingPowerResponse refused = grant(port, "HA-2026-0002", "v1");
        check("status", refused.getResult().getStatus(), Status.REJECTED);
        check("errors", refused.getResult().getError().stream().map(Message::getCode).toList(), List.of("PP_OVERLAP"));
        System.out.println("ok rejection");

        GetOstovoimaRequest request = new GetOstovoimaRequest();
        request.setMeta(meta("KOTIHOIVA", Purpose.PALVELUN_TUOTTAMINEN));
        request.setPurchasingPowerNumber(number);
        request.setProviderBusinessId("9000007-0");
        Ostovoima shown = call(port::getOstovoima, "getOstovoima", HOME_CARE, "v1", request).getOstovoima();
        check("unitValue", shown.getOrdinary().getUnitValue(), amount("32.00"));
        check("remaining", shown.getOrdinary().getRemaining(), amount("10.000"));
        check("totalRemaining", shown.getOrdinary().getTotalRemaining(), amount("60.000"));
        check("givenNames", shown.getCustomer().getGivenNames(), "Maija Äänetär");
        check("familyName", shown.getCustomer().getFamilyName(), "Öhman-Åberg");
        System.out.println("ok getOstovoima");
    }

    private static void balance(PsopPortType port) {
        SaldoTerms saldo = new SaldoTerms();
        saldo.setBalanceTotal(amount("1200.00"));
        saldo.setBalanceUnit(BalanceUnit.EUR);
        PostSaldoPurchasingPowerRequest request = new PostSaldoPurchasingPowerRequest();
        request.setMeta(meta("PAIKKY", "SH-2026-0003", Purpose.PALVELUN_JARJESTAMINEN));
        request.setAction(SaldoPurchasingPowerAction.CREATE);
        request.setOrganiser(turku());
        request.setCustomer(customer("010160-9109", "Kerttu", "Aalto"));
        request.setTerms(terms("SH-2026-0003", "saldo-hoiva"));
        request.setSaldo(saldo);
        PostSaldoPurchasingPowerResponse answer =
                call(port::postSaldoPurchasingPower, "postSaldoPurchasingPower", MUNICIPALITY, "v1", request);
        check("totalAuthorised", answer.getPurchasingPower().getTotalAuthorised(), amount("1200.00"));
        System.out.println("ok postSaldoPurchasingPower");
    }

    private static DentalTermsLine line(int number, String procedureCode, String tooth, String unitValue) {
        DentalTermsLine line = new DentalTermsLine();
        line.setLineNo(java.math.BigInteger.valueOf(number));
        line.setProcedureCode(procedureCode);
        line.setTooth(tooth);
        line.setMaxCount(1);
        line.setUnitValue(amount(unitValue));
        return line;
    }

    private static EventProcedure done(int number, String procedureCode, String tooth, String surfaces, String price) {
        EventProcedure procedure = new EventProcedure();
        procedure.setLineNo(java.math.BigInteger.valueOf(number));
        procedure.setProcedureCode(procedureCode);
        procedure.setTooth(tooth);
        procedure.setSurfaces(surfaces);
        procedure.setCount(1);
        procedure.setUnitPrice(amount(price));
        return procedure;
    }

    /** Grants two procedures; the dentist records both, and the municipality reads the event. */
    private static void dentalCare(PsopPortType port) {
        DentalTerms dental = new DentalTerms();
        dental.setMode(DentalMode.ITEMISED);
        dental.getLine().add(line(1, "SAA02", null, "45.00"));
        dental.getLine().add(line(2, "SFA20", "16", "85.00"));
        PostDentalPurchasingPowerRequest grant = new PostDentalPurchasingPowerRequest();
        grant.setMeta(meta("PAIKKY", "SU-2026-0004", Purpose.PALVELUN_JARJESTAMINEN));
        grant.setAction(PurchasingPowerAction.CREATE);
        grant.setOrganiser(turku());
        grant.setCustomer(customer("300401A9139", "Onni", "Mäkelä"));
        grant.setTerms(terms("SU-2026-0004", "suun-hoito"));
        grant.setDental(dental);
        PurchasingPowerReceipt granted =
                call(port::postDentalPurchasingPower, "postDentalPurchasingPower", MUNICIPALITY, "v1", grant)
                        .getPurchasingPower();
        check("totalAuthorised", granted.getTotalAuthorised(), amount("130.00"));
        System.out.println("ok postDentalPurchasingPower");

        Professional professional = new Professional();
        professional.setRole(ProfessionalRole.HAMMASLAAKARI);
        professional.setTerhikkiNumber("12345678901");
        PostDentalServiceEventRequest record = new PostDentalServiceEventRequest();
        record.setMeta(meta("HAMMASHOITO", "TT-2026-0005", Purpose.PALVELUN_TUOTTAMINEN));
        record.setAction(ServiceEventAction.CREATE);
        record.setPurchasingPowerNumber(granted.getPurchasingPowerNumber());
        record.setPersonId("300401A9139");
        record.setProviderBusinessId("9000003-8");
        record.setProviderUnitCode("Töölö-Åker 1");
        record.setServiceDate(day("2026-03-12"));
        record.setVisitType(VisitType.VASTAANOTTO);
        record.setProfessional(professional);
        record.getProcedure().add(done(1, "SAA02", null, null, "62.00"));
        record.getProcedure().add(done(2, "SFA20", "16", "MO", "110.00"));
        EventReceipt event =
                call(port::postDentalServiceEvent, "postDentalServiceEvent", DENTIST, "v1", record).getEvent();
        check("voucherShare", event.getLine().get(1).getVoucherShare(), amount("85.00"));
        check("totalPrice", event.getTotalPrice(), amount("172.00"));
        check("customerShare", event.getCustomerShare(), amount("42.00"));
        System.out.println("ok postDentalServiceEvent");

        GetServiceEventsRequest request = new GetServiceEventsRequest();
        request.setMeta(meta("PAIKKY", Purpose.PALVELUN_JARJESTAMINEN));
        request.setOrganiser(turku());
        request.setChangesSince("");
        List<ServiceEvent> events =
                call(port::getServiceEvents, "getServiceEvents", MUNICIPALITY, "v1", request).getEvent();
        check("events", events.stream().map(ServiceEvent::getEventId).toList(), List.of(event.getEventId()));
        check("voucherShare", events.get(0).getVoucherShare(), amount("130.00"));
        check("serviceDate", events.get(0).getServiceDate().toString(), "2026-03-12");
        System.out.println("ok getServiceEvents");
        check("providerUnitCode", events.get(0).getProviderUnitCode(), "Töölö-Åker 1");
        System.out.println("ok letters");
    }

    private static void fault(PsopPortType port) {
        try {
            grant(port, "HA-2026-0009", "v9");
        } catch (SOAPFaultException fault) {
            check("faultcode", fault.getFault().getFaultCodeAsQName().getLocalPart(), "Client");
            check("errorCode", fault.getFault().getDetail().getFirstChild().getTextContent(), "VERSION_UNKNOWN");
            System.out.println("ok fault");
            return;
        }
        throw new AssertionError("no fault for an unknown version");
    }

    public static void main(String[] arguments) throws Exception {
        PsopPortType port = new PsopService(URI.create(arguments[0] + "?wsdl").toURL()).getPsopPort();
        System.out.println("ok wsdl");
        homeCare(port);
        balance(port);
        dentalCare(port);
        fault(port);
    }
}
