package gov;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;

/** What shall go wrong on purpose, and the part of it that happens on the wire. */
final class Mishaps extends Filter {
    /** One kind of trouble for the next calls of an operation (empty: of any). */
    static final class Planned {
        final String how;
        final String value;
        final String operation;
        private int times;

        /** @param how code, fault, http, drop-before, drop-after, hang; value: code, status or milliseconds */
        Planned(String how, String value, String operation, int times) {
            this.how = how;
            this.value = value;
            this.operation = operation;
            this.times = times;
        }
    }

    static final List<String> IN_THE_SERVICE = List.of("code", "fault");
    static final List<String> ON_THE_WIRE = List.of("http", "drop-before", "drop-after", "hang");
    private static final Pattern OPERATION = Pattern.compile("Body[^>]*>\\s*<(?:\\w+:)?(\\w+)");

    private final List<Planned> planned = new ArrayList<>();

    synchronized void plan(Planned mishap) {
        planned.add(mishap);
    }

    synchronized void clear() {
        planned.clear();
    }

    /** The next mishap of these kinds that is meant for the operation, or null. */
    synchronized Planned take(String operation, List<String> kinds) {
        for (Iterator<Planned> all = planned.iterator(); all.hasNext();) {
            var mishap = all.next();
            if (kinds.contains(mishap.how) && (mishap.operation.isEmpty() || mishap.operation.equals(operation))) {
                mishap.times--;
                if (mishap.times <= 0) {
                    all.remove();
                }
                return mishap;
            }
        }
        return null;
    }

    @Override
    public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
        var request = exchange.getRequestBody().readAllBytes();
        exchange.setStreams(new ByteArrayInputStream(request), null);
        var named = OPERATION.matcher(new String(request, StandardCharsets.UTF_8));
        var mishap = named.find() ? take(named.group(1), ON_THE_WIRE) : null;
        if (mishap == null) {
            chain.doFilter(exchange);
            return;
        }
        switch (mishap.how) {
            case "http" -> exchange.sendResponseHeaders(Integer.parseInt(mishap.value), -1);
            case "drop-before" -> { }
            case "drop-after" -> chain.doFilter(new Muted(exchange));
            default -> {
                chain.doFilter(new Muted(exchange));
                pause(Long.parseLong(mishap.value));
            }
        }
        exchange.close(); // before an answer has begun this closes the connection
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String description() {
        return "planned mishaps";
    }
}
