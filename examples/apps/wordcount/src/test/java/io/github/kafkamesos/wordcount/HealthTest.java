package io.github.kafkamesos.wordcount;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.streams.KafkaStreams.State;
import org.junit.jupiter.api.Test;

class HealthTest {

    private static Set<State> where(Predicate<State> answer) {
        Set<State> states = EnumSet.allOf(State.class);
        states.removeIf(answer.negate());
        return states;
    }

    @Test
    void live() {
        assertEquals(EnumSet.of(State.CREATED, State.REBALANCING, State.RUNNING, State.PENDING_SHUTDOWN), where(Health::live));
    }

    @Test
    void ready() {
        assertEquals(EnumSet.of(State.RUNNING), where(Health::ready));
    }
}
