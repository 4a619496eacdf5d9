// Package croupier is what functions of a game server are written with. It loads no gRPC server, so that a package of functions is
// built within moments; package service, beside it, serves them.
package croupier

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"reflect"

	"google.golang.org/grpc/codes"
)

// Handler does the work of a function or a job, on bytes.
type Handler func(ctx context.Context, job *Job, payload []byte) ([]byte, error)

// Function is a function or a job, and what is told about it.
type Function struct {
	Descriptor Descriptor
	Handler    Handler
}

// NewFunction makes a function of a handler that takes and returns values: the payload is read as JSON (empty: the zero value), and the
// result is written as JSON. A payload that does not fit is answered with INVALID_ARGUMENT.
func NewFunction[In, Out any](descriptor Descriptor, handle func(context.Context, *Call, In) (Out, error)) Function {
	return NewJob(descriptor, func(ctx context.Context, job *Job, in In) (Out, error) {
		return handle(ctx, &job.Call, in)
	})
}

// NewJob makes a job: a function that runs longer than a caller waits, reports progress, and ends early when its context does. Called as a
// plain function it runs to its end and answers its result.
func NewJob[In, Out any](descriptor Descriptor, handle func(context.Context, *Job, In) (Out, error)) Function {
	handler := func(ctx context.Context, job *Job, payload []byte) ([]byte, error) {
		var in In
		if err := decode(payload, &in); err != nil {
			return nil, err
		}
		out, err := handle(ctx, job, in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
	return Function{Descriptor: descriptor, Handler: handler}
}

// NewBytesFunction makes a function that takes the payload as it came; what it returns goes out as it is.
func NewBytesFunction(descriptor Descriptor, handle func(context.Context, *Call, []byte) ([]byte, error)) Function {
	handler := func(ctx context.Context, job *Job, payload []byte) ([]byte, error) {
		return handle(ctx, &job.Call, payload)
	}
	return Function{Descriptor: descriptor, Handler: handler}
}

// Validate says what is wrong with the function, in words for the one who wrote it.
func (f Function) Validate() error {
	if err := f.Descriptor.Validate(); err != nil {
		return err
	}
	if f.Handler == nil {
		return errors.New("function " + f.Descriptor.ID + " has no handler")
	}
	return nil
}

func decode(payload []byte, in any) error {
	if len(payload) == 0 {
		return nil
	}
	err := json.Unmarshal(payload, in)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return Errorf(codes.InvalidArgument, "%s must be %s", cmp.Or(wrong.Field, "the payload"), kindOf(wrong.Type))
	default:
		return Errorf(codes.InvalidArgument, "the payload is not JSON: %v", err)
	}
}

// kindOf is a type in the words of those who write JSON.
func kindOf(wanted reflect.Type) string {
	switch wanted.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	default:
		return "a number"
	}
}
