package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const (
	defaultAgent         = "127.0.0.1:19090"
	defaultListen        = "127.0.0.1:0"
	defaultFunctions     = "functions"
	defaultVersion       = "1.0.0"
	defaultRestartBudget = 50
	defaultHealthCheck   = 30 * time.Second
	defaultShutdown      = 30 * time.Second
	defaultRetryAttempts = 10

	// An agent on the own machine is back at once after its restart; another machine is not to be hurried.
	loopbackDelay    = 100 * time.Millisecond
	loopbackMaxDelay = 5 * time.Second
	remoteDelay      = 5 * time.Second
	remoteMaxDelay   = time.Minute
)

// Options say how a service is set up. The zero value of each is its default.
type Options struct {
	// ServiceID is stable over restarts. CROUPIER_SERVICE_ID overrides it; default: the name of the current folder.
	ServiceID string
	// Version of the service. CROUPIER_SERVICE_VERSION overrides it; default: 1.0.0.
	Version string
	// GameID can be asked for; it is not part of a registration. CROUPIER_GAME_ID overrides it.
	GameID string
	// Env is such as "development"; it can be asked for. CROUPIER_ENV overrides it.
	Env string
	// AgentAddress is the agent's host:port. CROUPIER_AGENT_ADDR overrides it; default: 127.0.0.1:19090.
	AgentAddress string
	// Listen is the host:port to serve on; port 0 is any free one. Default: 127.0.0.1:0.
	Listen string
	// Advertise is the host:port that the agent is told to call, where that is not the address served on (containers).
	Advertise string

	// NoAutoReconnect: after a loss nothing is tried until Reconnect.
	NoAutoReconnect bool
	// ReconnectDelay is the first pause before the next attempt. It doubles, up to a minute, and varies by a quarter. Default: 5 s; with an
	// agent on the own machine 100 ms, up to 5 s.
	ReconnectDelay time.Duration
	// MaxRetryAttempts is after how many failures in a row the status is "error"; from then on it is tried at each health check alone.
	// Default: 10; negative: no limit.
	MaxRetryAttempts int
	// HealthCheckInterval is the time between heartbeats. One that fails ends the connection. Default: 30 s.
	HealthCheckInterval time.Duration
	// GracefulShutdownTimeout is how long calls and jobs under way may take at the end. Default: 30 s.
	GracefulShutdownTimeout time.Duration

	// Functions is the folder with the packages of functions, relative to the current one. Default: functions.
	Functions string
	// Loader loads changed packages of functions again; that of package hotplugin. nil: a change needs a restart.
	Loader Loader
	// RestartBudget is how many times packages are loaded before a restart is asked for: what was loaded stays in memory. Default: 50.
	RestartBudget int
	// Watch reloads changed functions by itself. It is off under `croupier dev`, which watches.
	Watch bool

	// OnEvent hears of each event, one after the other, on a goroutine of its own.
	OnEvent func(Event)
	// OnShutdown is called when no call is under way any more, before the server goes: the place to save state.
	OnShutdown func(context.Context) error
}

// settings are the options with the environment on top and the defaults below.
type settings struct {
	serviceID, gameID, env          string
	generation                      int
	agentAddress, listen, advertise string
	live                            Config
	project, functions              string
	restartBudget                   int
	watch                           bool
}

// resolve takes the environment and the current folder as functions, for tests.
func (o Options) resolve(getenv func(string) string, project string) (settings, error) {
	set := settings{
		serviceID:     first(getenv("CROUPIER_SERVICE_ID"), o.ServiceID, filepath.Base(project)),
		gameID:        first(getenv("CROUPIER_GAME_ID"), o.GameID),
		env:           first(getenv("CROUPIER_ENV"), o.Env),
		agentAddress:  first(getenv("CROUPIER_AGENT_ADDR"), o.AgentAddress, defaultAgent),
		listen:        first(o.Listen, defaultListen),
		advertise:     o.Advertise,
		project:       project,
		functions:     filepath.ToSlash(filepath.Clean(first(o.Functions, defaultFunctions))),
		restartBudget: first(o.RestartBudget, defaultRestartBudget),
		watch:         o.Watch && getenv("CROUPIER_HOTRELOAD") != "true",
	}
	if generation, err := strconv.Atoi(getenv("CROUPIER_GENERATION")); err == nil && generation > 0 {
		set.generation = generation
	}
	delay := remoteDelay
	if isLoopback(set.agentAddress) {
		delay = loopbackDelay
	}
	set.live = Config{
		Version:                 first(getenv("CROUPIER_SERVICE_VERSION"), o.Version, defaultVersion),
		AutoReconnect:           !o.NoAutoReconnect,
		ReconnectDelay:          first(o.ReconnectDelay, delay),
		MaxRetryAttempts:        max(first(o.MaxRetryAttempts, defaultRetryAttempts), 0),
		HealthCheckInterval:     first(o.HealthCheckInterval, defaultHealthCheck),
		GracefulShutdownTimeout: first(o.GracefulShutdownTimeout, defaultShutdown),
	}
	err := errors.Join(
		checkAddress("AgentAddress (or CROUPIER_AGENT_ADDR)", set.agentAddress),
		checkAddress("Listen", set.listen),
		checkAdvertise(set.advertise),
		checkFunctions(set.functions),
		checkBudget(set.restartBudget),
		set.live.validate(),
	)
	return set, err
}

// first is the first value that is set.
func first[T comparable](values ...T) T {
	var zero T
	for _, value := range values {
		if value != zero {
			return value
		}
	}
	return zero
}

func checkAddress(option, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%s is host:port, such as 127.0.0.1:19090; got %q", option, address)
	}
	return nil
}

func checkAdvertise(address string) error {
	if address == "" {
		return nil
	}
	return checkAddress("Advertise", address)
}

func checkFunctions(folder string) error {
	if folder == "." || !filepath.IsLocal(folder) {
		return fmt.Errorf("option Functions is a folder below the current one; got %q", folder)
	}
	return nil
}

func checkBudget(budget int) error {
	if budget < 0 {
		return fmt.Errorf("option RestartBudget is a number, 1 or more; got %d", budget)
	}
	return nil
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// advertised is what the agent is told to call: a wildcard is nothing that can be dialled, so it becomes loopback.
func advertised(listen string, port int) string {
	host, _, _ := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func currentSettings(options Options) (settings, error) {
	project, err := os.Getwd()
	if err != nil {
		return settings{}, fmt.Errorf("the current folder is not known: %w", err)
	}
	return options.resolve(os.Getenv, project)
}
