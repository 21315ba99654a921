package io.github.kafkamesos.wordcount;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyQueryMetadata;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.state.HostInfo;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** The counts of all instances, as far as this one can tell: a word's own, or who has it. */
final class Counts implements CountSource {

    private final KafkaStreams streams;
    private final HostInfo self;

    Counts(KafkaStreams streams, HostInfo self) {
        this.streams = streams;
        this.self = self;
    }

    @Override
    public Answer find(String word) {
        try {
            KeyQueryMetadata owner = streams.queryMetadataForKey(WordCountTopology.STORE, word, Serdes.String().serializer());
            if (owner.equals(KeyQueryMetadata.NOT_AVAILABLE)) {
                return new Unavailable("rebalancing");
            }
            if (!owner.activeHost().equals(self)) {
                return new Elsewhere(owner.activeHost());
            }
            ReadOnlyKeyValueStore<String, Long> store = streams.store(
                    StoreQueryParameters.fromNameAndType(WordCountTopology.STORE, QueryableStoreTypes.<String, Long>keyValueStore())
                            .withPartition(owner.partition()));
            Long count = store.get(word);
            return new Here(count == null ? 0 : count);
        } catch (InvalidStateStoreException e) {
            return new Unavailable(e.getMessage());
        }
    }
}
