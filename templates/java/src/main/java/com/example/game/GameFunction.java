package com.example.game;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * What callers can call: every bean of this kind is served, and told about in the manifest.
 *
 * <p>A function refuses a call by a {@link org.springframework.web.server.ResponseStatusException}, whose status becomes the
 * matching gRPC status: 400 INVALID_ARGUMENT, 403 PERMISSION_DENIED, 404 NOT_FOUND, 412 FAILED_PRECONDITION.
 */
public interface GameFunction {

    Description description();

    /** The payload is what the caller sent, which can be any JSON, also null. */
    Object run(JsonNode payload, Call call) throws Exception;

    enum Risk {
        LOW,
        MEDIUM,
        HIGH
    }

    /** The schemas are JSON Schemas; an empty one allows everything. */
    record Description(
            String id,
            String version,
            String summary,
            List<String> tags,
            Risk risk,
            Map<String, ?> requestSchema,
            Map<String, ?> responseSchema) {}

    /** How a function that runs longer than a caller waits reports. Called as a plain function, nobody hears it. */
    interface Call {

        /** Reports how far a job is, 0 to 100. Throws when the caller went away or the job was cancelled. */
        void progress(double percent, String message) throws CallerGoneException;

        /** Reports a line of text about a job. */
        void log(String message) throws CallerGoneException;
    }

    /** Nobody waits for the result any more. */
    class CallerGoneException extends Exception {

        public CallerGoneException(Throwable cause) {
            super("the caller went away", cause);
        }
    }
}
