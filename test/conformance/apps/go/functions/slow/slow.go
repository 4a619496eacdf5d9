// Package slow answers after a while.
package slow

import (
	"context"
	"time"

	"example.com/game-server/croupier"
)

const version = "1.0.0"

type request struct {
	Ms int64 `json:"ms"`
}

type answer struct {
	Version string `json:"version"`
}

// Functions are those of this package.
func Functions(struct{}) []croupier.Function {
	descriptor := croupier.Descriptor{ID: "slow", Version: version}
	return []croupier.Function{croupier.NewFunction(descriptor, func(ctx context.Context, _ *croupier.Call, in request) (answer, error) {
		select {
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-time.After(time.Duration(in.Ms) * time.Millisecond):
			return answer{version}, nil
		}
	})}
}
