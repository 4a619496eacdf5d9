package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"example.com/game-server/croupier"
)

type failRequest struct {
	Status  string `json:"status"`
	Message string `json:"message"`
	Bug     bool   `json:"bug"`
}

// failing fails as it is asked to.
func failing() croupier.Function {
	descriptor := croupier.Descriptor{ID: "fail", Version: "1.0.0"}
	return croupier.NewFunction(descriptor, func(_ context.Context, _ *croupier.Call, in failRequest) (any, error) {
		if in.Bug {
			return nil, errors.New(in.Message)
		}
		return nil, croupier.Errorf(codeOf(in.Status), "%s", in.Message)
	})
}

// codeOf is the code of a gRPC status by its name, such as NOT_FOUND.
func codeOf(name string) codes.Code {
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		if strings.EqualFold(code.String(), strings.ReplaceAll(name, "_", "")) {
			return code
		}
	}
	return codes.Unknown
}

type deadlineAnswer struct {
	RemainingMs int64 `json:"remainingMs"`
}

// deadline tells how long its caller waits.
func deadline() croupier.Function {
	descriptor := croupier.Descriptor{ID: "deadline", Version: "1.0.0"}
	return croupier.NewFunction(descriptor, func(ctx context.Context, _ *croupier.Call, _ any) (deadlineAnswer, error) {
		end, ok := ctx.Deadline()
		if !ok {
			return deadlineAnswer{}, croupier.Errorf(codes.FailedPrecondition, "the call has no deadline")
		}
		return deadlineAnswer{time.Until(end).Milliseconds()}, nil
	})
}
