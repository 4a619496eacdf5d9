// Package pair has two functions that belong together.
package pair

import (
	"context"

	"example.com/game-server/croupier"
	"example.com/game-server/functions/lib"
)

const version = "1.0.0"

type answer struct {
	Greeting string `json:"greeting"`
	Version  string `json:"version"`
}

// Functions are those of this package.
func Functions(struct{}) []croupier.Function {
	greet := func(context.Context, *croupier.Call, any) (answer, error) {
		return answer{lib.Greeting, version}, nil
	}
	return []croupier.Function{
		croupier.NewFunction(croupier.Descriptor{ID: "pair.a", Version: version}, greet),
		croupier.NewFunction(croupier.Descriptor{ID: "pair.b", Version: version}, greet),
	}
}
