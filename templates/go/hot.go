//go:build hot

package main

import (
	"example.com/game-server/croupier/hotplugin"
	"example.com/game-server/croupier/service"
)

// hotLoader loads changed packages of functions as plugins. `go build -tags hot` links it.
func hotLoader() service.Loader { return hotplugin.New() }
