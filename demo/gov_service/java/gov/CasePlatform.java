package gov;

import jakarta.jws.WebMethod;
import jakarta.jws.WebParam;
import jakarta.jws.WebService;
import java.util.ArrayList;
import java.util.function.BiFunction;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/** The platform's SOAP operations. Each takes a token and an XML document in a string, and returns such a string. */
@WebService(name = "CasePlatform", serviceName = "CasePlatformService", portName = "CasePlatformPort",
        targetNamespace = "http://platform.zwfw.example/case")
public class CasePlatform {
    private final Store store;
    private final Tokens tokens;
    private final Mishaps mishaps;
    private final Replies replies;

    CasePlatform(Store store, Tokens tokens, Mishaps mishaps, Replies replies) {
        this.store = store;
        this.tokens = tokens;
        this.mishaps = mishaps;
        this.replies = replies;
    }

    /** A token for half an hour, or as set. */
    @WebMethod
    public String getToken(@WebParam(name = "appKey") String appKey, @WebParam(name = "timestamp") String timestamp,
            @WebParam(name = "sign") String sign) {
        if (!tokens.signed(appKey, timestamp, sign)) {
            return replies.error("1001", "签名错误");
        }
        return replies.ok(Xml.element("Token", tokens.issue()) + Xml.element("Valid", "" + tokens.seconds()));
    }

    /** A new case, or a new version of one. */
    @WebMethod
    public String pushCase(@WebParam(name = "token") String token, @WebParam(name = "xmlStr") String xmlStr) {
        return push("pushCase", token, xmlStr);
    }

    /** 过程. */
    @WebMethod
    public String pushProcess(@WebParam(name = "token") String token, @WebParam(name = "xmlStr") String xmlStr) {
        return push("pushProcess", token, xmlStr);
    }

    /** 结果. */
    @WebMethod
    public String pushResult(@WebParam(name = "token") String token, @WebParam(name = "xmlStr") String xmlStr) {
        return push("pushResult", token, xmlStr);
    }

    /** 特别程序: the clock stops. */
    @WebMethod
    public String pushSpecial(@WebParam(name = "token") String token, @WebParam(name = "xmlStr") String xmlStr) {
        return push("pushSpecial", token, xmlStr);
    }

    /** 好差评. */
    @WebMethod
    public String pushEvaluate(@WebParam(name = "token") String token, @WebParam(name = "xmlStr") String xmlStr) {
        return push("pushEvaluate", token, xmlStr);
    }

    /** Cases not acknowledged yet, in the order of change. Body: Cursor, Size. */
    @WebMethod
    public String pullCases(@WebParam(name = "token") String token, @WebParam(name = "xmlStr") String xmlStr) {
        return serve("pullCases", token, xmlStr, (head, body) -> {
            var cursor = Xml.text(body, "Cursor");
            var after = cursor.isEmpty() ? 0 : Long.parseLong(cursor);
            var size = Math.max(1, Math.min(500, Integer.parseInt(Xml.text(body, "Size"))));
            var cases = new StringBuilder();
            for (var one : store.unacknowledged(after, size)) {
                cases.append(markup(one));
                after = one.sequence;
            }
            return replies.ok(Xml.element("Cursor", "" + after) + "<Cases>" + cases + "</Cases>");
        });
    }

    /** These are safe. Body: Unids/Unid. A case that changed meanwhile is not acknowledged by its old Unid. */
    @WebMethod
    public String ack(@WebParam(name = "token") String token, @WebParam(name = "xmlStr") String xmlStr) {
        return serve("ack", token, xmlStr, (head, body) -> {
            var results = new StringBuilder();
            for (var unid : Xml.children(Xml.child(body, "Unids"))) {
                var done = store.acknowledge(unid.getTextContent());
                results.append(result(unid.getTextContent(), done ? replies.okCode() : "3003"));
            }
            return replies.ok("<Results>" + results + "</Results>");
        });
    }

    /** One case as it stands. Body: ProjectNo. */
    @WebMethod
    public String queryCase(@WebParam(name = "token") String token, @WebParam(name = "xmlStr") String xmlStr) {
        return serve("queryCase", token, xmlStr, (head, body) -> {
            var found = store.find(Xml.text(body, "ProjectNo"));
            return found == null ? replies.error("2002", "无此办件") : replies.ok(markup(found));
        });
    }

    private String push(String operation, String token, String xmlStr) {
        return serve(operation, token, xmlStr, (head, body) -> {
            var outcomes = new ArrayList<String[]>();
            for (var one : Xml.children(body)) {
                var own = Xml.text(one, "Unid");
                var unid = own.isEmpty() ? Xml.text(head, "Unid") : own;
                outcomes.add(new String[] {unid, store.push(operation, unid, Xml.fields(one))});
            }
            if (outcomes.size() == 1) {
                var code = outcomes.get(0)[1];
                return code.equals("0") ? replies.ok("") : replies.error(said(code), words(code));
            }
            var results = new StringBuilder();
            outcomes.forEach(outcome -> results.append(result(outcome[0], said(outcome[1]))));
            return outcomes.isEmpty() ? replies.error("2002", "没有办件")
                    : replies.ok("<Results>" + results + "</Results>");
        });
    }

    /** Checks in the order the platform does: token, XML, signature; then whatever was planned to go wrong. */
    private String serve(String operation, String token, String xmlStr, BiFunction<Element, Element, String> work) {
        if (!tokens.holds(token)) {
            return replies.error("1002", "令牌已过期");
        }
        Element request;
        try {
            request = Xml.parse(xmlStr == null ? "" : xmlStr);
        } catch (SAXException broken) {
            return replies.error("2001", "报文格式错误");
        }
        var head = Xml.child(request, "Head");
        if (!tokens.signed(Xml.text(head, "AppKey"), Xml.text(head, "Time"), Xml.text(head, "Sign"))) {
            return replies.error("1001", "签名错误");
        }
        var mishap = mishaps.take(operation, Mishaps.IN_THE_SERVICE);
        if (mishap != null && mishap.how.equals("fault")) {
            throw new IllegalStateException("planned fault");
        }
        if (mishap != null) {
            return replies.error(mishap.value, "系统异常");
        }
        try {
            return work.apply(head, Xml.child(request, "Body"));
        } catch (NumberFormatException wrong) {
            return replies.error("2003", "数值错误");
        }
    }

    private static String markup(Store.Case one) {
        var out = new StringBuilder("<Case>").append(Xml.element("Unid", one.unid()));
        one.fields.forEach((name, value) -> out.append(Xml.element(name, value)));
        return out.append("</Case>").toString();
    }

    private String said(String code) {
        return code.equals("0") ? replies.okCode() : code.equals("3001") ? replies.duplicateCode() : code;
    }

    private static String words(String code) {
        return code.equals("3001") || code.equals("9999") ? Replies.DUPLICATE : code.equals("0") ? "成功" : "失败";
    }

    private static String result(String unid, String code) {
        var words = code.equals("1") ? "成功" : words(code);
        return "<Result>" + Xml.element("Unid", unid) + Xml.element("Code", code) + Xml.element("Message", words)
                + "</Result>";
    }
}
