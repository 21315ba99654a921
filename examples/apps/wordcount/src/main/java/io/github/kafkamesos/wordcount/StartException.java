package io.github.kafkamesos.wordcount;

/** Why the application cannot start, in words for whoever deployed it. */
final class StartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    StartException(String message) {
        super(message);
    }

    StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
