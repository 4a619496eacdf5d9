package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"strings"
)

const maxBodyBytes = 1 << 20

// Schema is a JSON Schema.
type Schema map[string]any

// Function is a function as the manifest tells about it, and what it does.
type Function struct {
	ID       string
	Version  string
	Summary  string
	Tags     []string
	Risk     string
	Request  Schema
	Response Schema
	// Run gets the payload as it was sent, which can be anything, also nothing. The context ends when the caller went
	// away or the job was cancelled.
	Run func(ctx context.Context, payload []byte, job Job) (any, error)
}

// Job is how a function that runs longer than a caller waits reports. Called as a plain function, nobody hears it.
type Job interface {
	// Progress reports how far it is, 0 to 100.
	Progress(percent float64, message string)
	// Log reports a line of text.
	Log(message string)
}

// FunctionError is an answer other than success. The HTTP status says which, and becomes the matching gRPC status, such as 400
// INVALID_ARGUMENT, 403 PERMISSION_DENIED, 404 NOT_FOUND or 412 FAILED_PRECONDITION.
type FunctionError struct {
	Status  int
	Message string
}

func (e *FunctionError) Error() string { return e.Message }

// Refuse makes a FunctionError.
func Refuse(status int, format string, args ...any) error {
	return &FunctionError{status, fmt.Sprintf(format, args...)}
}

// ServeFunctions serves GET /croupier/manifest.json, which tells which functions there are, and POST /functions/<id> for each.
func ServeFunctions(functions ...Function) http.Handler {
	mux := http.NewServeMux()
	told := make([]map[string]any, 0, len(functions))
	for _, function := range functions {
		path := "POST /functions/" + function.ID
		told = append(told, describe(function, path))
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { serve(function, w, r) })
	}
	mux.HandleFunc("GET /croupier/manifest.json", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"functions": told})
	})
	return mux
}

func describe(function Function, path string) map[string]any {
	told := map[string]any{
		"id":      function.ID,
		"version": function.Version,
		"summary": function.Summary,
		"tags":    function.Tags,
		"risk":    function.Risk,
		"http":    path,
	}
	if function.Request != nil {
		told["request"] = map[string]any{"json_schema": function.Request}
	}
	if function.Response != nil {
		told["response"] = map[string]any{"json_schema": function.Response}
	}
	return told
}

func serve(function Function, w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		answerError(w, Refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", maxBodyBytes))
		return
	}
	if err != nil {
		answerError(w, Refuse(http.StatusBadRequest, "the body did not come to its end"))
		return
	}
	// A caller that starts a job reads its events, one JSON object a line; any other waits for the result.
	events := &eventStream{w: w, isWanted: strings.Contains(r.Header.Get("Accept"), "application/x-ndjson")}
	result, err := function.Run(r.Context(), payload, events)
	switch {
	case err != nil && events.began:
		_, message := explain(err)
		events.send(event{Type: "error", Message: message})
	case err != nil:
		answerError(w, err)
	case events.began:
		events.send(event{Type: "done", Progress: 100, Payload: result})
	default:
		answer(w, http.StatusOK, result)
	}
}

type event struct {
	Type     string `json:"type"`
	Progress int    `json:"progress,omitempty"`
	Message  string `json:"message,omitempty"`
	Payload  any    `json:"payload,omitempty"`
}

type eventStream struct {
	w        http.ResponseWriter
	isWanted bool
	began    bool
}

func (s *eventStream) Progress(percent float64, message string) {
	s.send(event{Type: "progress", Progress: int(math.Round(percent)), Message: message})
}

func (s *eventStream) Log(message string) {
	s.send(event{Type: "log", Message: message})
}

// That the caller is gone shows in the request's context.
func (s *eventStream) send(e event) {
	if !s.isWanted {
		return
	}
	if !s.began {
		s.w.Header().Set("Content-Type", "application/x-ndjson")
		s.began = true
	}
	if err := json.NewEncoder(s.w).Encode(e); err == nil {
		_ = http.NewResponseController(s.w).Flush()
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Printf("an answer was not sent: %v", err)
	}
}

func answerError(w http.ResponseWriter, err error) {
	status, message := explain(err)
	answer(w, status, map[string]string{"error": message})
}

// explain says what callers are told. A bug's message is for the log only.
func explain(err error) (status int, message string) {
	var refused *FunctionError
	if errors.As(err, &refused) {
		return refused.Status, refused.Message
	}
	if !errors.Is(err, context.Canceled) {
		log.Printf("a function failed: %v", err)
	}
	return http.StatusInternalServerError, "internal error"
}
