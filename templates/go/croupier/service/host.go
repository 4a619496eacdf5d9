package service

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"time"

	"google.golang.org/grpc/codes"

	"example.com/game-server/croupier"
	"example.com/game-server/croupier/internal/wire"
)

// Handlers that were asked to stop get this long to do so before they are answered for.
const cancelGrace = time.Second

// host runs calls and jobs on the registered functions, and knows when none is under way.
type host struct {
	registry *registry
	inFlight *inFlight
	jobs     *jobs
	// arrivals tell of calls and of jobs to start; not of a job's readers, who are sent to where it is, whoever has left.
	arrivals arrivals
	// onBug hears of what callers are not told.
	onBug func(error)
}

func newHost(registry *registry, onBug func(error)) *host {
	h := &host{registry: registry, inFlight: &inFlight{}, arrivals: newArrivals(), onBug: onBug}
	h.jobs = newJobs(h)
	return h
}

// outcome is how a handler ended: a payload or an error for the caller.
type outcome struct {
	payload []byte
	err     *croupier.Error
}

func (h *host) invoke(ctx context.Context, request *wire.InvokeRequest) ([]byte, error) {
	h.arrivals.came()
	function, err := h.registry.get(request.FunctionId)
	if err != nil {
		return nil, err
	}
	one := h.inFlight.begin(ctx)
	job := &croupier.Job{Call: newCall(request)}
	ended := make(chan outcome, 1)
	go func() {
		result := h.handle(one, function, job, request.Payload)
		ended <- result
		h.inFlight.end(one)
	}()
	select {
	case result := <-ended:
		if result.err != nil {
			return nil, result.err
		}
		return result.payload, nil
	case reason := <-one.cut:
		return nil, reason
	}
}

// handle runs a handler to its end. A handler that panics has not ended the process.
func (h *host) handle(one *running, function croupier.Function, job *croupier.Job, payload []byte) (result outcome) {
	defer func() {
		if thrown := recover(); thrown != nil {
			h.onBug(fmt.Errorf("function %s panicked: %v\n%s", job.FunctionID, thrown, debug.Stack()))
			result = outcome{err: internalError()}
		}
	}()
	answer, err := function.Handler(one.ctx, job, payload)
	if err != nil {
		return outcome{err: h.explain(one.ctx, job.FunctionID, err)}
	}
	return outcome{payload: answer}
}

// explain is what the caller is told. A bug's text is not for the other side.
func (h *host) explain(ctx context.Context, id string, err error) *croupier.Error {
	var told *croupier.Error
	if errors.As(err, &told) {
		return told
	}
	isContext := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if isContext && ctx.Err() != nil {
		return causeOf(ctx)
	}
	h.onBug(fmt.Errorf("function %s failed: %w", id, err))
	return internalError()
}

// causeOf says why a call's context has ended.
func causeOf(ctx context.Context) *croupier.Error {
	cause := context.Cause(ctx)
	var told *croupier.Error
	switch {
	case errors.As(cause, &told):
		return told
	case errors.Is(cause, context.DeadlineExceeded):
		return &croupier.Error{Code: codes.DeadlineExceeded, Message: "the deadline has passed"}
	default:
		return &croupier.Error{Code: codes.Canceled, Message: "the caller waits no longer"}
	}
}

func internalError() *croupier.Error {
	return &croupier.Error{Code: codes.Internal, Message: "internal error"}
}

// drain waits until no handler is under way. After the timeout, or when ctx ends, the handlers' contexts are cancelled; what does not stop
// then is answered in its place.
func (h *host) drain(ctx context.Context, timeout time.Duration) {
	if h.inFlight.wait(ctx, timeout) {
		return
	}
	reason := &croupier.Error{Code: codes.Unavailable, Message: "the service is shutting down"}
	h.inFlight.cancelAll(reason)
	if !h.inFlight.wait(context.WithoutCancel(ctx), cancelGrace) {
		h.inFlight.cutAll(reason)
	}
}

func newCall(request *wire.InvokeRequest) croupier.Call {
	return croupier.Call{
		FunctionID:     request.FunctionId,
		ID:             randomHex(),
		Metadata:       maps.Clone(request.Metadata),
		IdempotencyKey: request.IdempotencyKey,
	}
}

// randomHex is 16 characters that no other process has.
func randomHex() string {
	var bytes [8]byte
	_, _ = rand.Read(bytes[:]) // It never fails: it ends the process where there is no randomness.
	return hex.EncodeToString(bytes[:])
}
