// The game server of the conformance suite, on the Go SDK.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"example.com/game-server/croupier/hotplugin"
	"example.com/game-server/croupier/service"
	"example.com/game-server/functions/count"
	"example.com/game-server/functions/echo"
	"example.com/game-server/functions/pair"
	"example.com/game-server/functions/slow"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	reconnectMs, err := number("CONFORMANCE_RECONNECT_MS")
	if err != nil {
		return err
	}
	retries, err := number("CONFORMANCE_MAX_RETRIES")
	if err != nil {
		return err
	}
	events := &eventNames{}
	app, err := service.New(service.Options{
		ServiceID:        "conformance",
		ReconnectDelay:   time.Duration(reconnectMs) * time.Millisecond,
		MaxRetryAttempts: retries,
		Loader:           hotplugin.New(),
		// A long run reloads more often than a developer does between two restarts.
		RestartBudget: 1000,
		OnEvent:       events.add,
	})
	if err != nil {
		return err
	}
	err = app.RegisterPackages(
		service.Package("functions/echo", echo.Functions, struct{}{}),
		service.Package("functions/slow", slow.Functions, struct{}{}),
		service.Package("functions/count", count.Functions, struct{}{}),
		service.Package("functions/pair", pair.Functions, struct{}{}),
	)
	if err != nil {
		return err
	}
	admin := &admin{service: app, events: events}
	if err := app.RegisterFunction(failing(), deadline(), admin.function()); err != nil {
		return err
	}
	return app.Run(ctx)
}

// number of an environment variable; 0 where it is not set.
func number(name string) (int, error) {
	text := os.Getenv(name)
	if text == "" {
		return 0, nil
	}
	value, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s is no number: %w", name, err)
	}
	return value, nil
}
