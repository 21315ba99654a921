package io.github.kafkamesos.wordcount;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class WordsTest {

    @Test
    void runsOfLettersAndDigits() {
        assertEquals(List.of(), Words.in(null));
        assertEquals(List.of(), Words.in("  --  "));
        assertEquals(List.of("the", "cat", "the", "cat"), Words.in("The cat, the CAT."));
        assertEquals(List.of("größe", "42", "m", "naïve"), Words.in("Größe: 42 m²—naïve"));
        assertEquals(List.of("don", "t"), Words.in("don't"));
        assertEquals(List.of("tab", "and", "line", "break"), Words.in("tab\tand\r\nline\u00a0break"));
        assertEquals(List.of("broker", "1", "main", "kafka", "mesos", "9092"), Words.in("broker-1.main.kafka.mesos:9092"));
    }

    @Test
    void lowerCaseDependsOnNoNeighbour() {
        assertEquals(List.of("σασ", "i"), Words.in("ΣΑΣ \u0130"));
        assertEquals(List.of("\uD801\uDC28"), Words.in("\uD801\uDC00"));
    }
}
