package croupier

import (
	"fmt"

	"google.golang.org/grpc/codes"
)

// Error is a function's answer other than success, with a gRPC status of its choice. Any other error is answered with
// INTERNAL and without its text, which is nobody's business on the other side.
type Error struct {
	Code    codes.Code
	Message string
}

// Errorf makes an Error: croupier.Errorf(codes.NotFound, "there is no player %s", id).
func Errorf(code codes.Code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return e.Message }
