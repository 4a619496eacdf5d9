// Package count has a job that counts.
package count

import (
	"context"
	"time"

	"example.com/game-server/croupier"
)

const version = "1.0.0"

type request struct {
	Steps int   `json:"steps"`
	Ms    int64 `json:"ms"`
}

type answer struct {
	Steps   int    `json:"steps"`
	Version string `json:"version"`
}

// Functions are those of this package.
func Functions(struct{}) []croupier.Function {
	descriptor := croupier.Descriptor{ID: "count", Version: version}
	return []croupier.Function{croupier.NewJob(descriptor, func(ctx context.Context, job *croupier.Job, in request) (*answer, error) {
		for step := range in.Steps {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Duration(in.Ms) * time.Millisecond):
			}
			job.Progress(float64(step+1)/float64(in.Steps)*100, "")
		}
		return &answer{in.Steps, version}, nil
	})}
}
