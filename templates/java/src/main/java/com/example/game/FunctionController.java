package com.example.game;

import com.example.game.GameFunction.CallerGoneException;
import com.example.game.GameFunction.Description;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Serves the manifest, which tells which functions there are, and {@code POST /functions/<id>} for each. */
@RestController
class FunctionController {

    private static final Logger LOG = LoggerFactory.getLogger(FunctionController.class);

    private final Map<String, GameFunction> functions = new LinkedHashMap<>();
    private final JsonMapper json;

    FunctionController(List<GameFunction> functions, JsonMapper json) {
        functions.forEach(one -> this.functions.put(one.description().id(), one));
        this.json = json;
    }

    @GetMapping("/croupier/manifest.json")
    Map<String, ?> manifest() {
        return Map.of("functions", functions.values().stream().map(FunctionController::tell).toList());
    }

    private static Map<String, ?> tell(GameFunction function) {
        Description described = function.description();
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("id", described.id());
        told.put("version", described.version());
        told.put("summary", described.summary());
        told.put("tags", described.tags());
        told.put("risk", described.risk().name().toLowerCase(Locale.ROOT));
        told.put("http", "POST /functions/" + described.id());
        told.put("request", Map.of("json_schema", described.requestSchema()));
        told.put("response", Map.of("json_schema", described.responseSchema()));
        return told;
    }

    @PostMapping("/functions/{id}")
    void call(
            @PathVariable String id,
            @RequestBody(required = false) JsonNode payload,
            HttpServletRequest request,
            HttpServletResponse response)
            throws Exception {
        GameFunction called = functions.get(id);
        if (called == null) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND, "there is no function " + id);
        }
        // A caller that starts a job reads its events, one JSON object a line; any other waits for the result.
        String accepted = request.getHeader("accept");
        boolean streams = accepted != null && accepted.contains(MediaType.APPLICATION_NDJSON_VALUE);
        EventStream events = new EventStream(response, json, streams);
        try {
            Object result = called.run(payload == null ? json.nullNode() : payload, events);
            if (events.hasBegun()) {
                events.done(result);
            } else {
                response.setContentType(MediaType.APPLICATION_JSON_VALUE);
                response.getOutputStream().write(json.writeValueAsBytes(result));
            }
        } catch (CallerGoneException gone) {
            LOG.debug("{} was broken off: {}", id, gone.getMessage());
        } catch (ResponseStatusException refused) {
            if (!events.hasBegun()) {
                throw refused;
            }
            events.error(refused.getReason());
        } catch (RuntimeException bug) {
            if (!events.hasBegun()) {
                throw bug;
            }
            // Its message is for the log only.
            LOG.error("{} failed", id, bug);
            events.error("internal error");
        }
    }

    /** The events of a job, one JSON object a line; silent where the caller does not accept that. */
    private static final class EventStream implements GameFunction.Call {

        private final HttpServletResponse response;
        private final JsonMapper json;
        private final boolean streams;
        private boolean begun;

        EventStream(HttpServletResponse response, JsonMapper json, boolean streams) {
            this.response = response;
            this.json = json;
            this.streams = streams;
        }

        boolean hasBegun() {
            return begun;
        }

        @Override
        public void progress(double percent, String message) throws CallerGoneException {
            send(Map.of("type", "progress", "progress", Math.round(percent), "message", message));
        }

        @Override
        public void log(String message) throws CallerGoneException {
            send(Map.of("type", "log", "message", message));
        }

        void done(Object result) throws CallerGoneException {
            send(Map.of("type", "done", "progress", 100, "payload", result));
        }

        void error(String message) throws CallerGoneException {
            send(Map.of("type", "error", "message", message));
        }

        private void send(Map<String, ?> event) throws CallerGoneException {
            if (!streams) {
                return;
            }
            if (!begun) {
                response.setContentType(MediaType.APPLICATION_NDJSON_VALUE);
                begun = true;
            }
            try {
                response.getOutputStream().write(json.writeValueAsBytes(event));
                response.getOutputStream().write('\n');
                response.flushBuffer();
            } catch (IOException broken) {
                throw new CallerGoneException(broken);
            }
        }
    }
}
