package service

import "time"

// ReloadStatus is how the service is doing.
type ReloadStatus struct {
	// ConnectionStatus is connected, disconnected, reloading or error (the agent was not reached for long).
	ConnectionStatus string
	// ReconnectCount is how many times it was registered again after a loss.
	ReconnectCount int64
	// LastReconnect is zero where there was none.
	LastReconnect time.Time
	// FunctionReloads counts functions that were exchanged.
	FunctionReloads int64
	ConfigReloads   int64
	// FailedReloads counts reloads that failed and left the old functions in their place.
	FailedReloads  int64
	FunctionsCount int
	Uptime         time.Duration
}

// ReloadStatus tells how the service is doing now.
func (s *Service) ReloadStatus() ReloadStatus {
	status, reconnects, last := s.link.state()
	if len(s.reloadTurn) > 0 {
		status = reloading
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return ReloadStatus{
		ConnectionStatus: string(status),
		ReconnectCount:   reconnects,
		LastReconnect:    last,
		FunctionReloads:  s.functionReloads,
		ConfigReloads:    s.configReloads,
		FailedReloads:    s.failedReloads,
		FunctionsCount:   len(s.registry.ids()),
		Uptime:           time.Since(s.started),
	}
}
