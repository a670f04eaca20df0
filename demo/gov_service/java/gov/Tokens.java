package gov;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Who may call: signatures and the tokens they buy. */
final class Tokens {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMddHHmmss");
    private static final ZoneOffset LOCAL = ZoneOffset.ofHours(8);
    private static final Duration SKEW = Duration.ofMinutes(10);

    private final String appKey;
    private final String secret;
    private final Map<String, Instant> valid = new ConcurrentHashMap<>();
    private final long secondsAtStart;
    private volatile long seconds;

    Tokens(String appKey, String secret, long seconds) {
        this.appKey = appKey;
        this.secret = secret;
        this.seconds = seconds;
        secondsAtStart = seconds;
    }

    /** MD5(appKey + secret + yyyyMMddHHmmss), the time within ten minutes of ours. */
    boolean signed(String key, String time, String sign) {
        if (key == null || time == null || sign == null || !key.equals(appKey)) {
            return false;
        }
        try {
            var at = LocalDateTime.parse(time, TIME).toInstant(LOCAL);
            if (Duration.between(at, Instant.now()).abs().compareTo(SKEW) > 0) {
                return false;
            }
            var digest = MessageDigest.getInstance("MD5").digest((key + secret + time).getBytes(StandardCharsets.UTF_8));
            return MessageDigest.isEqual(digest, HexFormat.of().parseHex(sign.toLowerCase()));
        } catch (DateTimeParseException | IllegalArgumentException wrong) {
            return false;
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    String issue() {
        var now = Instant.now();
        valid.values().removeIf(until -> until.isBefore(now));
        var token = UUID.randomUUID().toString();
        valid.put(token, now.plusSeconds(seconds));
        return token;
    }

    boolean holds(String token) {
        var until = token == null ? null : valid.get(token);
        return until != null && Instant.now().isBefore(until);
    }

    long seconds() {
        return seconds;
    }

    void expireAll() {
        valid.clear();
    }

    void reset() {
        expireAll();
        seconds = secondsAtStart;
    }

    void lastFor(long value) {
        seconds = value;
    }
}
