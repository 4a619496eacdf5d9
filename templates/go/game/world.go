package game

import "time"

// World is what every package of functions is given.
type World struct {
	Players *PlayerStore
	// Version of the service.
	Version string
	// Generation is which life of the process this is under `croupier dev`; 0 when started by hand.
	Generation int
	StartedAt  time.Time
}
