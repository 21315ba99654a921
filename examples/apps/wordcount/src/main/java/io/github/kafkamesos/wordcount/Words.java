package io.github.kafkamesos.wordcount;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The counting rule: in lower case, the longest runs of letters and digits (Unicode). */
final class Words {

    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{Nd}]+");

    private Words() {}

    /** The words of a line in their order; none for {@code null}, which is what a tombstone has. */
    static List<String> in(String line) {
        return line == null ? List.of() : WORD.matcher(lowerCase(line)).results().map(MatchResult::group).toList();
    }

    /** One character at a time, so that no language's rules (a final sigma's) make two words of one. */
    private static String lowerCase(String text) {
        return text.codePoints()
                .map(Character::toLowerCase)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
