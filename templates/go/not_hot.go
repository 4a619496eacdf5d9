//go:build !hot

package main

import "example.com/game-server/croupier/service"

// hotLoader is none in production: a change takes a restart.
func hotLoader() service.Loader { return nil }
