package service

import "time"

// Event is something that happened to the service: one of the types of this file.
type Event interface {
	// Name is the same in the SDKs of all languages.
	Name() string
}

// Connected: a connection to the agent is there.
type Connected struct{ AgentAddress string }

// Registered: the agent took the registration: at the start, after each reconnect, and when functions changed.
type Registered struct {
	SessionID string
	Functions []string
}

// Disconnected: the agent is gone or was never there. RetryIn is negative where nothing is tried until Reconnect.
type Disconnected struct {
	Reason  string
	RetryIn time.Duration
}

// Reconnected: registered again, after a loss. Count is since the start.
type Reconnected struct{ Count int64 }

// Change is a function with another version in its place. OldVersion is empty where the function is new, NewVersion where it is gone.
type Change struct{ ID, OldVersion, NewVersion string }

// FunctionReloaded: a function was exchanged.
type FunctionReloaded struct{ Change }

// FunctionsReloaded: a reload is over.
type FunctionsReloaded struct {
	Reloaded []Change
	Failed   []ReloadFailed
}

// ReloadFailed: something could not be loaded; the old functions serve where RolledBack says so. ID and Path are empty where they
// are not known.
type ReloadFailed struct {
	ID, Path, Error string
	RolledBack      bool
}

// ConfigReloaded: the configuration was changed.
type ConfigReloaded struct{ Config Config }

// RolledBack: the version before the present one is back.
type RolledBack struct{ Change }

// RestartNeeded: a change cannot be taken without a restart.
type RestartNeeded struct{ Reason string }

// ShuttingDown: no new calls are asked for; those under way may take until Timeout.
type ShuttingDown struct{ Timeout time.Duration }

// Closed: everything is shut.
type Closed struct{}

// Failed: something is wrong that has no caller to be told: a refused registration, a bug in a handler, an agent that was not reached for long.
type Failed struct{ Err error }

// Name is the event's.
func (Connected) Name() string         { return "connected" }
func (Registered) Name() string        { return "registered" }
func (Disconnected) Name() string      { return "disconnected" }
func (Reconnected) Name() string       { return "reconnected" }
func (FunctionReloaded) Name() string  { return "functionReloaded" }
func (FunctionsReloaded) Name() string { return "functionsReloaded" }
func (ReloadFailed) Name() string      { return "reloadFailed" }
func (ConfigReloaded) Name() string    { return "configReloaded" }
func (RolledBack) Name() string        { return "rolledBack" }
func (RestartNeeded) Name() string     { return "restartNeeded" }
func (ShuttingDown) Name() string      { return "shuttingDown" }
func (Closed) Name() string            { return "closed" }
func (Failed) Name() string            { return "error" }
