package service

import (
	"context"
	"errors"
	"sync"
	"time"

	"example.com/game-server/croupier/internal/wire"
)

// A connection that held so long starts again with the shortest pause.
const healthyAfter = 10 * time.Second

// connectionStatus as ReloadStatus tells it.
type connectionStatus string

const (
	connected    connectionStatus = "connected"
	disconnected connectionStatus = "disconnected"
	reloading    connectionStatus = "reloading"
	gaveUp       connectionStatus = "error"
)

// agentLink keeps one service registered: it registers on every new connection, since an agent that restarted has forgotten everything,
// sends heartbeats, and comes back with growing pauses.
type agentLink struct {
	address string
	// config is read anew for each decision.
	config func() Config
	// registration is what to register now.
	registration func() *wire.RegisterLocalRequest
	emit         func(Event)

	// stopping ends pauses and the present connection's care, but not a call to the agent under way.
	stopping chan struct{}
	// stopped is closed when nothing follows any more.
	stopped chan struct{}
	// changed says that there is something new to register.
	changed chan struct{}
	// configured says that intervals may have changed.
	configured chan struct{}
	// requests are those of Reconnect; each gets the outcome of the next attempt.
	requests chan chan error

	mu            sync.Mutex
	status        connectionStatus
	client        *agentClient
	hasRegistered bool
	reconnects    int64
	lastReconnect time.Time
	// waiting are closed after a registration that began after they came.
	waiting []chan struct{}
}

func newAgentLink(address string, config func() Config, registration func() *wire.RegisterLocalRequest, emit func(Event)) *agentLink {
	return &agentLink{
		address:      address,
		config:       config,
		registration: registration,
		emit:         emit,
		stopping:     make(chan struct{}),
		stopped:      make(chan struct{}),
		changed:      make(chan struct{}, 1),
		configured:   make(chan struct{}, 1),
		requests:     make(chan chan error),
		status:       disconnected,
	}
}

// keepRegistered works until stop. The first waiter hears of the first attempt; a waiter has room for its one answer.
func (l *agentLink) keepRegistered(ctx context.Context, waiter chan error) {
	defer close(l.stopped)
	// failures in a row, and what the pauses grow by: a connection that is there but does not last makes them grow as well.
	for failures, pauses := 0, 0; ; {
		since := time.Now()
		attempt := &attempt{link: l, waiter: waiter}
		reason, request := attempt.live(ctx)
		if l.isStopping() {
			return
		}
		if attempt.isRegistered {
			failures = 0
			if time.Since(since) >= healthyAfter {
				pauses = 0
			}
		} else {
			failures++
		}
		pauses++
		answer(waiter, errors.New(reason))
		pause := l.lost(reason, failures, pauses)
		if request == nil {
			var ok bool
			if request, ok = l.wait(pause); !ok {
				return
			}
		}
		waiter = request
	}
}

// registerAgain registers over the present connection, because something has changed. Where there is none, the registration to come has it.
// The channel is closed when the agent knows.
func (l *agentLink) registerAgain() <-chan struct{} {
	done := make(chan struct{})
	l.mu.Lock()
	l.waiting = append(l.waiting, done)
	l.mu.Unlock()
	notify(l.changed)
	return done
}

func (l *agentLink) configChanged() { notify(l.configured) }

// reconnect ends the present connection, if there is one, and tries at once; it answers what came of it.
func (l *agentLink) reconnect(ctx context.Context) error {
	request := make(chan error, 1)
	select {
	case l.requests <- request:
	case <-l.stopped:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-request:
		return err
	case <-l.stopped:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave takes the service out of routing: an empty registration, but only while the agent shows our own address, since a successor may have
// taken the place. No registration and no heartbeat follows. It ends with ctx, and answers who serves from then on.
func (l *agentLink) leave(ctx context.Context) departure {
	close(l.stopping)
	select {
	case <-l.stopped:
	case <-ctx.Done():
		return unrouted
	}
	l.mu.Lock()
	client := l.client
	l.mu.Unlock()
	registration := l.registration()
	if client == nil || len(registration.Functions) == 0 {
		return unrouted
	}
	place, hasOthers := client.find(ctx, registration)
	if place == listed {
		registration.Functions = nil
		// One that cannot be told any more is one that routes nothing here for long.
		_, _ = client.register(ctx, registration)
	}
	switch {
	case place == unreached:
		return unrouted
	case hasOthers || place == replaced:
		return relieved
	default:
		return alone
	}
}

// close ends what leave has left. The link's context has ended before.
func (l *agentLink) close() {
	<-l.stopped
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client != nil {
		l.client.close()
		l.client = nil
	}
}

func (l *agentLink) isStopping() bool {
	select {
	case <-l.stopping:
		return true
	default:
		return false
	}
}

func (l *agentLink) state() (status connectionStatus, reconnects int64, last time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status, l.reconnects, l.lastReconnect
}

// answer gives a waiter its one answer; later ones are for nobody.
func answer(waiter chan error, err error) {
	select {
	case waiter <- err:
	default:
	}
}

// notify leaves a sign for whoever looks next.
func notify(channel chan<- struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}
