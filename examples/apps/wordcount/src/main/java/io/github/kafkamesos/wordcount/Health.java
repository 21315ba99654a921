package io.github.kafkamesos.wordcount;

import org.apache.kafka.streams.KafkaStreams;

/** What Marathon's checks are told. */
final class Health {

    private Health() {}

    /** Whether to leave the instance alone. A long restore is no reason to kill it, which would only begin it anew. */
    static boolean live(KafkaStreams.State state) {
        return switch (state) {
            case PENDING_ERROR, ERROR, NOT_RUNNING -> false;
            case CREATED, REBALANCING, RUNNING, PENDING_SHUTDOWN -> true;
        };
    }

    /** Whether it works: in the group, with its state restored. */
    static boolean ready(KafkaStreams.State state) {
        return state == KafkaStreams.State.RUNNING;
    }
}
