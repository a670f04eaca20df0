package gov;

import com.sun.net.httpserver.HttpServer;
import jakarta.xml.ws.Endpoint;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;

/** 政务服务平台 of the demo: SOAP at /case, its control at /control, both on one port of 127.0.0.1. */
public final class Main {
    private Main() {
    }

    /** Arguments: port (0: any), journal file. Environment: GOV_APP_KEY, GOV_SECRET, GOV_TOKEN_SECONDS. */
    public static void main(String[] arguments) throws Exception {
        var tokens = new Tokens(
                setting("GOV_APP_KEY", "santai"),
                setting("GOV_SECRET", ""),
                Long.parseLong(setting("GOV_TOKEN_SECONDS", "1800")));
        var mishaps = new Mishaps();
        var replies = new Replies();
        try (var journal = new Journal(Path.of(arguments[1]))) {
            var store = new Store(journal);
            var port = Integer.parseInt(arguments[0]);
            var server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 64);
            server.setExecutor(Executors.newFixedThreadPool(16));
            var endpoint = Endpoint.create(new CasePlatform(store, tokens, mishaps, replies));
            endpoint.getBinding().setHandlerChain(List.of(new CdataHandler()));
            var soap = server.createContext("/case");
            soap.getFilters().add(mishaps);
            endpoint.publish(soap);
            server.createContext("/control", new Control(store, tokens, mishaps, replies, journal));
            server.start();
            System.out.println("READY " + server.getAddress().getPort());
            System.out.flush();
            System.in.transferTo(OutputStream.nullOutputStream()); // ends with whoever started it
            endpoint.stop();
            server.stop(0);
        }
        System.exit(0);
    }

    private static String setting(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }
}
