import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The pipeline on Kafka Streams: RocksDB with a changelog and a write cache, as wide batches as the other engines have.
 * Arguments: processing guarantee, bootstrap servers, source, sink, application id, folder for state, Avro schema.
 */
public final class Dedup implements Processor<byte[], byte[], byte[], byte[]> {
    private static final int HEADER = 5;
    private static final String STORE = "dedup";

    private final GenericDatumReader<GenericRecord> reader;
    private BinaryDecoder decoder;
    private GenericRecord event;
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<String, String> known;

    private Dedup(Schema schema) {
        reader = new GenericDatumReader<>(schema);
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> given) {
        context = given;
        known = given.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        byte[] value = record.value();
        try {
            decoder = DecoderFactory.get().binaryDecoder(value, HEADER, value.length - HEADER, decoder);
            event = reader.read(event, decoder);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        String person = event.get("person").toString();
        if (known.get(person) == null) {
            known.put(person, event.get("event_id").toString());
        }
        context.forward(record);
    }

    private static Properties settings(String[] told) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, told[0]);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, told[1]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, told[4]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, told[5]);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64 << 20);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5000);
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 4 << 20);
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 64 << 20);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 20);
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 262_144);
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        return settings;
    }

    private static Topology topology(String source, String sink, Schema schema) {
        var store = Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.String());
        return new Topology()
                .addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), source)
                .addProcessor("dedup", () -> new Dedup(schema), "in")
                .addStateStore(store.withCachingEnabled(), "dedup")
                .addSink("out", sink, new ByteArraySerializer(), new ByteArraySerializer(), "dedup");
    }

    public static void main(String[] told) throws InterruptedException {
        Schema schema = new Schema.Parser().parse(told[6]);
        KafkaStreams streams = new KafkaStreams(topology(told[2], told[3], schema), settings(told));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(20))));
        streams.start();
        new CountDownLatch(1).await();
    }
}
