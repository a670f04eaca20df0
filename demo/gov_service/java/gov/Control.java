package gov;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.xml.sax.SAXException;

/** The clerk's side of the platform, and the hand that makes it misbehave. No part of the contract. */
final class Control implements HttpHandler {
    private final Store store;
    private final Tokens tokens;
    private final Mishaps mishaps;
    private final Replies replies;
    private final Journal journal;

    Control(Store store, Tokens tokens, Mishaps mishaps, Replies replies, Journal journal) {
        this.store = store;
        this.tokens = tokens;
        this.mishaps = mishaps;
        this.replies = replies;
        this.journal = journal;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var route = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
            var answer = serve(route, query(exchange), exchange.getRequestBody().readAllBytes());
            exchange.sendResponseHeaders(answer == null ? 404 : 200, 0);
            if (answer != null) {
                exchange.getResponseBody().write(answer);
            }
        } catch (SAXException | IllegalArgumentException wrong) {
            exchange.sendResponseHeaders(400, -1);
        }
    }

    private byte[] serve(String route, Map<String, String> query, byte[] body) throws IOException, SAXException {
        switch (route) {
            case "POST /control/cases" -> {
                var root = Xml.parse(new String(body, StandardCharsets.UTF_8));
                Xml.children(root).forEach(one -> store.write(Xml.fields(one)));
            }
            case "GET /control/cases" -> {
                return cases();
            }
            case "GET /control/journal" -> {
                return journal.read();
            }
            case "POST /control/expire" -> tokens.expireAll();
            case "POST /control/reset" -> {
                tokens.reset();
                mishaps.clear();
                replies.style("0");
                store.clear();
            }
            case "POST /control/token-seconds" -> tokens.lastFor(Long.parseLong(query.get("value")));
            case "POST /control/style" -> replies.style(query.get("value"));
            case "POST /control/fail" -> mishaps.plan(new Mishaps.Planned(query.get("how"),
                    query.getOrDefault("value", ""), query.getOrDefault("operation", ""),
                    Integer.parseInt(query.getOrDefault("times", "1"))));
            default -> {
                return null;
            }
        }
        return new byte[0];
    }

    private byte[] cases() {
        var lines = new StringBuilder();
        for (var one : store.all()) {
            var line = new LinkedHashMap<String, Object>();
            line.put("unid", one.unid());
            line.put("acknowledged", one.acknowledged);
            line.put("fields", one.fields);
            lines.append(Json.text(line)).append('\n');
        }
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static Map<String, String> query(HttpExchange exchange) {
        var found = new HashMap<String, String>();
        var raw = exchange.getRequestURI().getRawQuery();
        for (var part : raw == null ? new String[0] : raw.split("&")) {
            var pair = part.split("=", 2);
            found.put(pair[0], pair.length < 2 ? "" : URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
        }
        return found;
    }
}
