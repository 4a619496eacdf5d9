package service

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// lost tells about a connection that is gone, and how long the pause is; negative: until Reconnect.
func (l *agentLink) lost(reason string, failures, pauses int) time.Duration {
	config := l.config()
	hasGivenUp := config.MaxRetryAttempts > 0 && failures >= config.MaxRetryAttempts
	var pause time.Duration
	switch {
	case !config.AutoReconnect:
		pause = -1
	case hasGivenUp:
		pause = config.HealthCheckInterval
	default:
		limit := remoteMaxDelay
		if isLoopback(l.address) {
			limit = loopbackMaxDelay
		}
		pause = pauseAfter(pauses, config.ReconnectDelay, limit, rand.Float64)
	}
	l.mu.Lock()
	isNew := hasGivenUp && l.status != gaveUp
	l.status = disconnected
	if hasGivenUp {
		l.status = gaveUp
	}
	l.client = nil
	l.mu.Unlock()

	l.emit(Disconnected{Reason: reason, RetryIn: pause})
	if isNew {
		l.emit(Failed{Err: fmt.Errorf("gave up after %d attempts in a row, and try again at each health check alone: %s", failures, reason)})
	}
	return pause
}

// wait is over after the pause, or when Reconnect asks; false: the link has to stop.
func (l *agentLink) wait(pause time.Duration) (request chan error, ok bool) {
	var over <-chan time.Time
	if pause >= 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		over = timer.C
	}
	for {
		select {
		case <-l.stopping:
			return nil, false
		case request := <-l.requests:
			return request, true
		case <-over:
			return nil, true
		case <-l.configured:
			// What was waited for may be allowed now, or be due earlier.
			if over == nil && l.config().AutoReconnect {
				return nil, true
			}
		}
	}
}
