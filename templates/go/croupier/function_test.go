package croupier

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

type sum struct {
	A int `json:"a"`
	B int `json:"b"`
}

func add(_ context.Context, _ *Call, in sum) (map[string]int, error) {
	return map[string]int{"sum": in.A + in.B}, nil
}

func TestFunctionTakesAndAnswersJSON(t *testing.T) {
	function := NewFunction(Descriptor{ID: "add"}, add)
	for payload, want := range map[string]string{`{"a": 2, "b": 3}`: `{"sum":5}`, ``: `{"sum":0}`} {
		got, err := function.Handler(t.Context(), &Job{}, []byte(payload))
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v", payload, got, err)
		}
	}
}

func TestFunctionRefusesWhatDoesNotFit(t *testing.T) {
	function := NewFunction(Descriptor{ID: "add"}, add)
	for payload, want := range map[string]string{
		`{"a":`:     "the payload is not JSON",
		`{"a":"x"}`: "a must be a number",
		`[1]`:       "the payload must be an object",
	} {
		_, err := function.Handler(t.Context(), &Job{}, []byte(payload))
		var refused *Error
		if !errors.As(err, &refused) || refused.Code != codes.InvalidArgument || !strings.Contains(refused.Message, want) {
			t.Errorf("%s: got %v", payload, err)
		}
	}
}

func TestBytesGoThroughAsTheyAre(t *testing.T) {
	function := NewBytesFunction(Descriptor{ID: "raw"}, func(_ context.Context, call *Call, payload []byte) ([]byte, error) {
		return append(payload, call.FunctionID...), nil
	})
	got, err := function.Handler(t.Context(), &Job{Call: Call{FunctionID: "raw"}}, []byte{0, '{'})
	if err != nil || string(got) != "\x00{raw" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestJobReports(t *testing.T) {
	var reports []Report
	job := &Job{Report: func(report Report) { reports = append(reports, report) }}
	job.Progress(50, "half")
	job.Log("nearly")
	if len(reports) != 2 || reports[0] != (Report{true, 50, "half"}) || reports[1] != (Report{Message: "nearly"}) {
		t.Errorf("got %v", reports)
	}
	// Called as a plain function it has nobody to report to.
	(&Job{}).Progress(1, "")
}

func TestFunctionsThatAreWrong(t *testing.T) {
	handler := NewFunction(Descriptor{}, add).Handler
	for want, function := range map[string]Function{
		"a function's id":             {Descriptor{}, handler},
		`"not an id"`:                 {Descriptor{ID: "not an id"}, handler},
		"1 to 256":                    {Descriptor{ID: strings.Repeat("x", 257)}, handler},
		"Risk is low":                 {Descriptor{ID: "a", Risk: "huge"}, handler},
		"function a: a schema is not": {Descriptor{ID: "a", OutputSchema: Schema{"x": math.NaN()}}, handler},
		"function a has no handler":   {Descriptor{ID: "a"}, nil},
	} {
		if err := function.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	if err := (Function{Descriptor{ID: "a", Risk: "low", InputSchema: Schema{}}, handler}).Validate(); err != nil {
		t.Error(err)
	}
}
