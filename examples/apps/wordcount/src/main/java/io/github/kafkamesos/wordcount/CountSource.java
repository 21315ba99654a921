package io.github.kafkamesos.wordcount;

import org.apache.kafka.streams.state.HostInfo;

/** Where counts come from. */
interface CountSource {

    Answer find(String word);

    /** One of the three below. */
    sealed interface Answer permits Here, Elsewhere, Unavailable {}

    /** The count; 0 for a word that was never seen. */
    record Here(long count) implements Answer {}

    /** Another instance has the word. */
    record Elsewhere(HostInfo owner) implements Answer {}

    /** Nobody can tell at the moment. */
    record Unavailable(String reason) implements Answer {}
}
