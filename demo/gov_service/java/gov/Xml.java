package gov;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** The XML inside the strings, in and out. */
final class Xml {
    private Xml() {
    }

    /** The string is characters already, so the encoding its declaration claims does not matter. */
    static Element parse(String text) throws SAXException {
        try {
            var factory = DocumentBuilderFactory.newDefaultInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            factory.setCoalescing(true);
            var builder = factory.newDocumentBuilder();
            builder.setErrorHandler(null);
            Document document = builder.parse(new InputSource(new StringReader(text)));
            return document.getDocumentElement();
        } catch (ParserConfigurationException | IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static Element child(Element parent, String name) {
        for (var child : children(parent)) {
            if (child.getTagName().equals(name)) {
                return child;
            }
        }
        return null;
    }

    static List<Element> children(Element parent) {
        var found = new ArrayList<Element>();
        if (parent != null) {
            for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
                if (node instanceof Element element) {
                    found.add(element);
                }
            }
        }
        return found;
    }

    static String text(Element parent, String name) {
        var child = child(parent, name);
        return child == null ? "" : child.getTextContent().strip();
    }

    static Map<String, String> fields(Element parent) {
        var fields = new LinkedHashMap<String, String>();
        for (var child : children(parent)) {
            fields.put(child.getTagName(), child.getTextContent());
        }
        return fields;
    }

    /** Free text goes into CDATA, as vendors do, and "]]>" is split over two sections. */
    static String element(String name, String value) {
        if (value.isEmpty()) {
            return "<" + name + "/>";
        }
        var legal = value.replaceAll("[^\\t\\n\\r\\x20-\\uD7FF\\uE000-\\uFFFD\\x{10000}-\\x{10FFFF}]", "");
        if (legal.chars().allMatch(c -> c < 128 && (Character.isLetterOrDigit(c) || " -_:.".indexOf(c) >= 0))) {
            return "<" + name + ">" + legal + "</" + name + ">";
        }
        return "<" + name + "><![CDATA[" + legal.replace("]]>", "]]]]><![CDATA[>") + "]]></" + name + ">";
    }
}
