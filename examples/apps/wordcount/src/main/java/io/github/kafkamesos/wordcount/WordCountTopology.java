package io.github.kafkamesos.wordcount;

import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * From lines to counts: {@code input → words → <application.id>-words-repartition → counts → output}. The output has the word as
 * key and its running count, as text, as value; the last record of a word is its count.
 */
final class WordCountTopology {

    /** Of the store, and so of its changelog {@code <application.id>-counts-changelog}. */
    static final String STORE = "counts";

    /** Of the repartition topic {@code <application.id>-words-repartition}. */
    static final String REPARTITION = "words";

    private WordCountTopology() {}

    static Topology build(String input, String output, StreamsConfig config) {
        Serde<String> text = Serdes.String();
        StreamsBuilder builder = new StreamsBuilder(new TopologyConfig(config));
        // The key plays no part and may be anything.
        builder.stream(input, Consumed.with(Serdes.ByteArray(), text))
                .flatMapValues(Words::in)
                .groupBy((key, word) -> word, Grouped.with(REPARTITION, text, text))
                .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as(STORE)
                        .withKeySerde(text)
                        .withValueSerde(Serdes.Long()))
                .toStream()
                .mapValues(count -> Long.toString(count))
                .to(output, Produced.with(text, text));
        return builder.build();
    }
}
