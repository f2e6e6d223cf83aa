import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.math.BigInteger;
import javax.xml.datatype.DatatypeFactory;
import org.apache.cxf.BusFactory;
import org.apache.cxf.jaxws.JaxWsServerFactoryBean;
import org.apache.cxf.transport.servlet.CXFNonSpringServlet;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import psop.*;

/** getOstovoima by CXF on Jetty: typed in, typed out, the header parts repeated by CXF. Keeps nothing. */
public final class Peer {
    private final DatatypeFactory types = DatatypeFactory.newInstance();

    private Peer() throws Exception {
    }

    public static void main(String[] arguments) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        CXFNonSpringServlet servlet = new CXFNonSpringServlet();
        servlet.setBus(BusFactory.getDefaultBus());
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(new ServletHolder(servlet), "/*");
        server.setHandler(context);
        server.start();
        JaxWsServerFactoryBean factory = new JaxWsServerFactoryBean();
        factory.setServiceClass(PsopPortType.class);
        factory.setServiceBean(new Peer().service());
        factory.setAddress("/xroad");
        factory.create();
        System.out.println("ready http=127.0.0.1:" + connector.getLocalPort());
    }

    /** Of the port type's operations only this one is called. */
    private Object service() {
        InvocationHandler handler = (proxy, method, arguments) -> switch (method.getName()) {
            case "getOstovoima" -> answer((GetOstovoimaRequest) arguments[0]);
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == arguments[0];
            case "toString" -> "peer";
            default -> throw new UnsupportedOperationException(method.getName());
        };
        return Proxy.newProxyInstance(Peer.class.getClassLoader(), new Class<?>[] {PsopPortType.class}, handler);
    }

    private GetOstovoimaResponse answer(GetOstovoimaRequest asked) {
        Result result = new Result();
        result.setStatus(Status.OK);
        Organiser organiser = new Organiser();
        organiser.setMunicipalityCode("853");
        organiser.setName("Turun kaupunki");
        organiser.setContact("palveluseteli@turku.example");
        Service service = new Service();
        service.setServiceCode("suun-hoito");
        service.setNameFi("Suun terveydenhuolto");
        service.setNameSv("Tandvård");
        service.setUnit(Unit.TOIMENPIDE);
        service.setLegalBasis(LegalBasis.PSL_569_2009);
        ShownCustomer customer = new ShownCustomer();
        customer.setPersonId("300401A9139");
        customer.setGivenNames("Onni");
        customer.setFamilyName("Mäkelä");
        customer.setLanguage(Language.FI);
        customer.setMunicipalityOfResidence("853");
        Dental dental = new Dental();
        dental.setMode(DentalMode.PRICE_LIST_CEILING);
        dental.setCeiling(new BigDecimal("900000.00"));
        dental.setCeilingRemaining(new BigDecimal("900000.00"));
        Ostovoima ostovoima = new Ostovoima();
        ostovoima.setPurchasingPowerNumber(asked.getPurchasingPowerNumber());
        ostovoima.setKind(Kind.DENTAL);
        ostovoima.setInstrument(Instrument.VOUCHER);
        ostovoima.setState(PurchasingPowerState.VOIMASSA);
        ostovoima.setValidFrom(types.newXMLGregorianCalendar("2026-03-01"));
        ostovoima.setValidTo(types.newXMLGregorianCalendar("2026-08-31"));
        ostovoima.setOrganiser(organiser);
        ostovoima.setService(service);
        ostovoima.setCustomer(customer);
        ostovoima.setDental(dental);
        ostovoima.setVersion(BigInteger.ONE);
        ostovoima.setAsOf(types.newXMLGregorianCalendar("2026-03-16T10:00:00+02:00"));
        GetOstovoimaResponse response = new GetOstovoimaResponse();
        response.setResult(result);
        response.setOstovoima(ostovoima);
        return response;
    }
}
