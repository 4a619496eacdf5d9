package main

import (
	"context"
	"math"
	"os"
	"strconv"
	"time"
)

const version = "1.0.0"

var startedAt = time.Now()

type status struct {
	Online        int     `json:"online"`
	UptimeSeconds float64 `json:"uptimeSeconds"`
	Version       string  `json:"version"`
	Generation    *int    `json:"generation"`
}

// ServerStatus is the function server.status.
func ServerStatus(players *PlayerStore) Function {
	return Function{
		ID:      "server.status",
		Version: "1.0.0",
		Summary: "Show how the server is doing",
		Tags:    []string{"server"},
		Risk:    "low",
		Response: Schema{
			"type": "object",
			"properties": Schema{
				"online":        Schema{"type": "integer"},
				"uptimeSeconds": Schema{"type": "number"},
				"version":       Schema{"type": "string"},
				"generation": Schema{
					"type": []string{"integer", "null"}, "description": "Counts restarts under croupier dev",
				},
			},
		},
		Run: func(context.Context, []byte, Job) (any, error) {
			return serverStatus(players, os.Getenv("CROUPIER_GENERATION")), nil
		},
	}
}

func serverStatus(players *PlayerStore, generation string) status {
	state := status{
		Online:        players.CountOnline(),
		UptimeSeconds: math.Round(time.Since(startedAt).Seconds()),
		Version:       version,
	}
	if number, err := strconv.Atoi(generation); err == nil {
		state.Generation = &number
	}
	return state
}
