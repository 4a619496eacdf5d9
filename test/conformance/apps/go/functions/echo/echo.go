// Package echo answers what it is sent.
package echo

import (
	"context"

	"example.com/game-server/croupier"
)

const version = "1.0.0"

type request struct {
	Text string `json:"text"`
}

type answer struct {
	Text           string            `json:"text"`
	Version        string            `json:"version"`
	Metadata       map[string]string `json:"metadata"`
	IdempotencyKey string            `json:"idempotencyKey"`
}

// Functions are those of this package.
func Functions(struct{}) []croupier.Function {
	descriptor := croupier.Descriptor{
		ID:      "echo",
		Version: version,
		InputSchema: croupier.Schema{
			"type": "object", "required": []string{"text"}, "properties": croupier.Schema{"text": croupier.Schema{"type": "string"}},
		},
		OutputSchema: croupier.Schema{
			"type": "object", "properties": croupier.Schema{"text": croupier.Schema{"type": "string"}, "version": croupier.Schema{"type": "string"}},
		},
	}
	return []croupier.Function{croupier.NewFunction(descriptor, func(_ context.Context, call *croupier.Call, in request) (answer, error) {
		return answer{in.Text, version, call.Metadata, call.IdempotencyKey}, nil
	})}
}
