package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func echo(_ context.Context, payload []byte, job Job) (any, error) {
	if string(payload) == `"refuse"` {
		return nil, Refuse(http.StatusPreconditionFailed, "not now")
	}
	job.Progress(50, "half")
	job.Log("nearly")
	if string(payload) == `"break off"` {
		return nil, Refuse(http.StatusNotFound, "gone")
	}
	return json.RawMessage(payload), nil
}

func start(t *testing.T, run func(context.Context, []byte, Job) (any, error)) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(ServeFunctions(Function{ID: "echo", Version: "1.0.0", Run: run}))
	t.Cleanup(server.Close)
	return server
}

func send(t *testing.T, request *http.Request) (status int, contentType, body string) {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Content-Type"), strings.TrimSpace(string(text))
}

func TestManifestTellsAboutEachFunction(t *testing.T) {
	server := start(t, echo)
	request, _ := http.NewRequest(http.MethodGet, server.URL+"/croupier/manifest.json", nil)
	_, _, body := send(t, request)
	want := `{"functions":[{"http":"POST /functions/echo","id":"echo","risk":"","summary":"","tags":null,"version":"1.0.0"}]}`
	if body != want {
		t.Errorf("got %s", body)
	}
}

func TestCalls(t *testing.T) {
	server := start(t, echo)
	for _, test := range []struct {
		path, body string
		status     int
		answer     string
	}{
		{"/functions/echo", `{"a":1}`, http.StatusOK, `{"a":1}`},
		{"/functions/echo", `"refuse"`, http.StatusPreconditionFailed, `{"error":"not now"}`},
		{"/functions/other", `{}`, http.StatusNotFound, "404 page not found"},
		{"/functions/echo", strings.Repeat(" ", maxBodyBytes+1), http.StatusRequestEntityTooLarge,
			`{"error":"the body has more than 1048576 bytes"}`},
	} {
		request, _ := http.NewRequest(http.MethodPost, server.URL+test.path, strings.NewReader(test.body))
		if status, _, answer := send(t, request); status != test.status || answer != test.answer {
			t.Errorf("%s %.20s: got %d %s", test.path, test.body, status, answer)
		}
	}
}

func TestEventsOfAJobComeLineByLine(t *testing.T) {
	server := start(t, echo)
	for payload, last := range map[string]string{
		`"hello"`:     `{"type":"done","progress":100,"payload":"hello"}`,
		`"break off"`: `{"type":"error","message":"gone"}`,
	} {
		request, _ := http.NewRequest(http.MethodPost, server.URL+"/functions/echo", strings.NewReader(payload))
		request.Header.Set("Accept", "text/event-stream, application/x-ndjson, application/json")
		_, contentType, body := send(t, request)
		want := `{"type":"progress","progress":50,"message":"half"}` + "\n" + `{"type":"log","message":"nearly"}` + "\n" + last
		if contentType != "application/x-ndjson" || body != want {
			t.Errorf("got %s: %s", contentType, body)
		}
	}
}

func TestFunctionLearnsThatItsCallerWentAway(t *testing.T) {
	ctx, leave := context.WithCancel(context.Background())
	left := make(chan struct{})
	server := start(t, func(ctx context.Context, _ []byte, _ Job) (any, error) {
		leave()
		<-ctx.Done()
		close(left)
		return nil, ctx.Err()
	})
	request, _ := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/functions/echo", nil)
	if _, err := http.DefaultClient.Do(request); err == nil {
		t.Error("it was answered")
	}
	<-left
}
