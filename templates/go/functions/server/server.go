// Package server has the functions about the server itself.
package server

import (
	"context"
	"math"
	"time"

	"example.com/game-server/croupier"
	"example.com/game-server/game"
)

type status struct {
	Online        int     `json:"online"`
	UptimeSeconds float64 `json:"uptimeSeconds"`
	Version       string  `json:"version"`
	Generation    *int    `json:"generation"`
}

// Functions are those of this package.
func Functions(world *game.World) []croupier.Function {
	descriptor := croupier.Descriptor{
		ID:      "server.status",
		Version: "1.0.0",
		Summary: "Show how the server is doing",
		Tags:    []string{"server"},
		Risk:    "low",
		OutputSchema: croupier.Schema{
			"type": "object",
			"properties": croupier.Schema{
				"online":        croupier.Schema{"type": "integer"},
				"uptimeSeconds": croupier.Schema{"type": "number"},
				"version":       croupier.Schema{"type": "string"},
				"generation": croupier.Schema{
					"type": []string{"integer", "null"}, "description": "Counts restarts under croupier dev",
				},
			},
		},
	}
	show := func(context.Context, *croupier.Call, any) (*status, error) {
		return serverStatus(world, time.Now()), nil
	}
	return []croupier.Function{croupier.NewFunction(descriptor, show)}
}

func serverStatus(world *game.World, now time.Time) *status {
	state := &status{
		Online:        world.Players.CountOnline(),
		UptimeSeconds: math.Round(now.Sub(world.StartedAt).Seconds()),
		Version:       world.Version,
	}
	if world.Generation > 0 {
		state.Generation = &world.Generation
	}
	return state
}
