package gov;

import jakarta.xml.soap.SOAPException;
import jakarta.xml.ws.handler.MessageContext;
import jakarta.xml.ws.handler.soap.SOAPHandler;
import jakarta.xml.ws.handler.soap.SOAPMessageContext;
import java.util.Set;
import javax.xml.namespace.QName;
import org.w3c.dom.Element;

/** Writes the returned string as CDATA, as the platform does, not as escaped text. */
final class CdataHandler implements SOAPHandler<SOAPMessageContext> {
    @Override
    public boolean handleMessage(SOAPMessageContext context) {
        if (Boolean.TRUE.equals(context.get(MessageContext.MESSAGE_OUTBOUND_PROPERTY))) {
            try {
                var found = context.getMessage().getSOAPBody().getElementsByTagName("return");
                if (found.getLength() == 1 && found.item(0) instanceof Element element) {
                    wrap(element);
                }
            } catch (SOAPException failure) {
                throw new IllegalStateException(failure);
            }
        }
        return true;
    }

    private static void wrap(Element element) {
        var document = element.getOwnerDocument();
        var rest = element.getTextContent();
        while (element.getFirstChild() != null) {
            element.removeChild(element.getFirstChild());
        }
        for (var at = rest.indexOf("]]>"); at >= 0; at = rest.indexOf("]]>")) { // no section may hold its own end
            element.appendChild(document.createCDATASection(rest.substring(0, at + 2)));
            rest = rest.substring(at + 2);
        }
        element.appendChild(document.createCDATASection(rest));
    }

    @Override
    public boolean handleFault(SOAPMessageContext context) {
        return true;
    }

    @Override
    public void close(MessageContext context) {
        // nothing is held
    }

    @Override
    public Set<QName> getHeaders() {
        return Set.of();
    }
}
