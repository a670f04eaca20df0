package gov;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** What was pushed to us: one JSON object a line, on the disk before anybody is answered. */
final class Journal implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;

    Journal(Path path) throws IOException {
        this.path = path;
        channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** @param outcome applied, duplicate, or the error code it was refused with */
    synchronized void write(String operation, String unid, String outcome, Map<String, String> fields) {
        var line = new LinkedHashMap<String, Object>();
        line.put("at", System.currentTimeMillis());
        line.put("operation", operation);
        line.put("unid", unid);
        line.put("outcome", outcome);
        line.put("fields", fields);
        var bytes = ByteBuffer.wrap((Json.text(line) + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(false);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    synchronized void clear() {
        try {
            channel.truncate(0);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    byte[] read() throws IOException {
        return Files.readAllBytes(path);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
