package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"example.com/game-server/croupier"
	"example.com/game-server/croupier/service"
)

type adminRequest struct {
	Do     string       `json:"do"`
	ID     string       `json:"id"`
	Change configChange `json:"change"`
	Broken bool         `json:"broken"`
}

// configChange has the names and units of the suite: durations in ms.
type configChange struct {
	Version                 *string `json:"version"`
	AutoReconnect           *bool   `json:"autoReconnect"`
	ReconnectDelay          *int64  `json:"reconnectDelay"`
	MaxRetryAttempts        *int    `json:"maxRetryAttempts"`
	HealthCheckInterval     *int64  `json:"healthCheckInterval"`
	GracefulShutdownTimeout *int64  `json:"gracefulShutdownTimeout"`
}

type status struct {
	ConnectionStatus string     `json:"connectionStatus"`
	ReconnectCount   int64      `json:"reconnectCount"`
	LastReconnect    *time.Time `json:"lastReconnect"`
	FunctionReloads  int64      `json:"functionReloads"`
	ConfigReloads    int64      `json:"configReloads"`
	FailedReloads    int64      `json:"failedReloads"`
	FunctionsCount   int        `json:"functionsCount"`
	UptimeMs         int64      `json:"uptimeMs"`
}

// admin shows and does what the suite cannot see or do from outside.
type admin struct {
	service *service.Service
	events  *eventNames
}

func (a *admin) function() croupier.Function {
	return croupier.NewFunction(croupier.Descriptor{ID: "admin", Version: "1.0.0"}, a.do)
}

func (a *admin) do(ctx context.Context, _ *croupier.Call, in adminRequest) (any, error) {
	switch in.Do {
	case "status":
		return a.status(), nil
	case "rollback":
		change, err := a.service.Rollback(in.ID)
		return map[string]string{"id": change.ID, "oldVersion": change.OldVersion, "newVersion": change.NewVersion}, err
	case "reloadConfig":
		if err := a.service.ReloadConfig(in.Change.toService()); err != nil {
			return nil, croupier.Errorf(codes.InvalidArgument, "%v", err)
		}
		return map[string]bool{"ok": true}, nil
	case "reconnect":
		if err := a.service.Reconnect(ctx); err != nil {
			return nil, croupier.Errorf(codes.Unavailable, "%v", err)
		}
		return map[string]bool{"ok": true}, nil
	case "inFlight":
		return map[string]int{"inFlight": a.service.InFlight()}, nil
	case "events":
		return a.events.list(), nil
	case "memory":
		return memory()
	case "batch":
		return map[string]bool{"ok": a.batch(in.Broken) == nil}, nil
	default:
		return nil, croupier.Errorf(codes.InvalidArgument, "admin does not know %q", in.Do)
	}
}

func (a *admin) status() status {
	state := a.service.ReloadStatus()
	shown := status{
		ConnectionStatus: state.ConnectionStatus,
		ReconnectCount:   state.ReconnectCount,
		FunctionReloads:  state.FunctionReloads,
		ConfigReloads:    state.ConfigReloads,
		FailedReloads:    state.FailedReloads,
		FunctionsCount:   state.FunctionsCount,
		UptimeMs:         state.Uptime.Milliseconds(),
	}
	if !state.LastReconnect.IsZero() {
		shown.LastReconnect = &state.LastReconnect
	}
	return shown
}

// batch exchanges two functions at once; broken: the second has an id that is none.
func (a *admin) batch(broken bool) error {
	second := "pair.b"
	if broken {
		second = "not an id"
	}
	return a.service.ReloadFunctions(batchFunction("pair.a"), batchFunction(second))
}

func batchFunction(id string) croupier.Function {
	descriptor := croupier.Descriptor{ID: id, Version: "batch"}
	return croupier.NewFunction(descriptor, func(context.Context, *croupier.Call, any) (map[string]string, error) {
		return map[string]string{"greeting": "batch", "version": "batch"}, nil
	})
}

// memory is what the process has of the machine's memory, in bytes.
func memory() (any, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return nil, fmt.Errorf("/proc/self/statm has %q", text)
	}
	pages, err := strconv.Atoi(fields[1])
	return map[string]int{"rss": pages * os.Getpagesize()}, err
}

func (c configChange) toService() service.ConfigChange {
	return service.ConfigChange{
		Version:                 c.Version,
		AutoReconnect:           c.AutoReconnect,
		ReconnectDelay:          milliseconds(c.ReconnectDelay),
		MaxRetryAttempts:        c.MaxRetryAttempts,
		HealthCheckInterval:     milliseconds(c.HealthCheckInterval),
		GracefulShutdownTimeout: milliseconds(c.GracefulShutdownTimeout),
	}
}

func milliseconds(count *int64) *time.Duration {
	if count == nil {
		return nil
	}
	duration := time.Duration(*count) * time.Millisecond
	return &duration
}

// eventNames has the names of the service's events so far.
type eventNames struct {
	mu    sync.Mutex
	names []string
}

func (e *eventNames) add(event service.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.names = append(e.names, event.Name())
}

func (e *eventNames) list() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string{}, e.names...)
}
