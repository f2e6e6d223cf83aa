import java.io.StringReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import javax.wsdl.Definition;
import javax.wsdl.factory.WSDLFactory;
import javax.wsdl.xml.WSDLReader;
import org.apache.cxf.tools.validator.internal.WSIBPValidator;
import org.xml.sax.InputSource;

/**
 * Judges a WSDL by CXF's validator of WS-I's Basic Profile 1.1, which has to find the fault of a spoilt copy too.
 * Takes the WSDL's address.
 */
public final class Validate {
    /** What the profile's validator says against a WSDL; empty when nothing. */
    private static String profile(String wsdl) throws Exception {
        WSDLReader reader = WSDLFactory.newInstance().newWSDLReader();
        reader.setFeature("javax.wsdl.verbose", false);
        Definition definition = reader.readWSDL("memory:", new InputSource(new StringReader(wsdl)));
        WSIBPValidator validator = new WSIBPValidator(definition);
        return validator.isValid() ? "" : validator.getErrorMessage();
    }

    public static void main(String[] arguments) throws Exception {
        String wsdl;
        try (var stream = URI.create(arguments[0]).toURL().openStream()) {
            wsdl = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
        String said = profile(wsdl);
        if (!said.isEmpty()) {
            throw new AssertionError(said);
        }
        String spoilt = wsdl.replaceFirst("soapAction=\"\" style=\"document\"", "soapAction=\"\" style=\"rpc\"");
        said = profile(spoilt);
        if (!said.contains("Mixed style")) {
            throw new AssertionError("the profile's validator passes over a mixed style");
        }
        System.out.println("ok wsi");
    }
}
