package gov;

/** The answers, in the way one vendor or another writes them. */
final class Replies {
    static final String DUPLICATE = "已存在该条服务信息";
    private static final String DECLARATION = "<?xml version=\"1.0\" encoding=\"GB2312\"?>";

    /** How success and duplicates are said: 0 (ours), 1 (one vendor), 200 with an inner 1 (another). */
    private volatile String style = "0";

    void style(String name) {
        style = name;
    }

    String ok(String body) {
        return switch (style) {
            case "1" -> reply("1", "成功", body);
            case "200" -> reply("200", "成功", "<Result><Code>1</Code></Result>" + body);
            default -> reply("0", "成功", body);
        };
    }

    String error(String code, String message) {
        return reply(code, message, "");
    }

    /** The vendors that do not say 0 say 已存在 in words only. */
    String duplicateCode() {
        return style.equals("0") ? "3001" : "9999";
    }

    String okCode() {
        return style.equals("0") ? "0" : "1";
    }

    private static String reply(String code, String message, String body) {
        return DECLARATION + "<Response><Head>" + Xml.element("Code", code) + Xml.element("Message", message)
                + "</Head><Body>" + body + "</Body></Response>";
    }
}
