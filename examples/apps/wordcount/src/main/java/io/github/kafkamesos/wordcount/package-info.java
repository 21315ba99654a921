/**
 * A Kafka Streams application for Marathon: it counts words, exactly once.
 *
 * <p>{@link io.github.kafkamesos.wordcount.Main} puts the parts together. What is particular to counting words is in
 * {@link io.github.kafkamesos.wordcount.WordCountTopology}, {@link io.github.kafkamesos.wordcount.Words} and
 * {@link io.github.kafkamesos.wordcount.Counts}; the rest is what any application needs there.
 */
package io.github.kafkamesos.wordcount;
