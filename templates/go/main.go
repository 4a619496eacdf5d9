// A game server whose functions are called through Croupier.
package main

import (
	"context"
	"log"
	"time"

	"example.com/game-server/croupier/service"
	"example.com/game-server/functions/player"
	"example.com/game-server/functions/season"
	"example.com/game-server/functions/server"
	"example.com/game-server/game"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	app, err := service.New(service.Options{
		ServiceID: "game-server",
		Version:   "1.0.0",
		// Under development changed functions are loaded without a restart: hot.go.
		Loader:  hotLoader(),
		Watch:   true,
		OnEvent: logEvent,
	})
	if err != nil {
		return err
	}
	world := &game.World{
		Players:    game.NewPlayerStore(game.DemoPlayers()),
		Version:    app.Version(),
		Generation: app.Generation(),
		StartedAt:  time.Now(),
	}
	err = app.RegisterPackages(
		service.Package("functions/player", player.Functions, world),
		service.Package("functions/season", season.Functions, world),
		service.Package("functions/server", server.Functions, world),
	)
	if err != nil {
		return err
	}
	// Serves until SIGTERM or Ctrl-C, and finishes what is under way.
	return app.Run(ctx)
}

func logEvent(event service.Event) {
	switch event := event.(type) {
	case service.Registered:
		log.Printf("serving %v", event.Functions)
	case service.Disconnected:
		log.Printf("%s; next attempt in %v", event.Reason, event.RetryIn.Round(time.Millisecond))
	case service.FunctionReloaded:
		log.Printf("reloaded %s", event.ID)
	case service.ReloadFailed:
		log.Printf("%s%s was not loaded, the old one serves: %s", event.ID, event.Path, event.Error)
	case service.RestartNeeded:
		log.Printf("a restart is needed: %s", event.Reason)
	case service.Failed:
		log.Print(event.Err)
	}
}
