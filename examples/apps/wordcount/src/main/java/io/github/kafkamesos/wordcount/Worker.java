package io.github.kafkamesos.wordcount;

import static org.apache.kafka.streams.CloseOptions.GroupMembershipOperation.LEAVE_GROUP;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The life of one KafkaStreams: start, end, exit code. */
final class Worker {

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    private final KafkaStreams streams;
    private final Duration shutdownTimeout;
    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    private volatile Throwable failure;

    Worker(KafkaStreams streams, Duration shutdownTimeout) {
        this.streams = streams;
        this.shutdownTimeout = shutdownTimeout;
        streams.setStateListener(this::changed);
        streams.setUncaughtExceptionHandler(this::failed);
    }

    /** Works until it is closed (0) or cannot go on (1). */
    int run() {
        streams.start();
        int code = exitCode.join();
        if (code != 0) {
            // Once more, as the last line: Streams has said a lot since.
            LOG.error("This instance could not go on: {}", String.valueOf(failure));
        }
        return code;
    }

    /** Both states are final. Streams does not end the process in ERROR, and a process that runs is not relaunched. */
    void changed(KafkaStreams.State now, KafkaStreams.State before) {
        LOG.info("State {} -> {}", before, now);
        switch (now) {
            case NOT_RUNNING -> exitCode.complete(0);
            case ERROR -> exitCode.complete(1);
            default -> {}
        }
    }

    /**
     * What Streams did not get over by itself (a topic or a right is gone, code fails on a record): the instance gives up, which
     * shows, and Marathon's back-off keeps it from failing all the time.
     */
    StreamThreadExceptionResponse failed(Throwable cause) {
        failure = cause;
        LOG.error("This instance cannot go on: {}", cause.getMessage(), cause);
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }

    /** Commits and leaves the group; by default a stopped instance would stay a member until its session times out. */
    void close() {
        if (exitCode.isDone()) {
            return;
        }
        boolean closed = streams.close(CloseOptions.groupMembershipOperation(LEAVE_GROUP).withTimeout(shutdownTimeout));
        if (closed) {
            LOG.info("Closed");
        } else {
            LOG.warn("Not closed within {} s: the rest of the work is done again elsewhere", shutdownTimeout.toSeconds());
        }
    }
}
