package service

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"example.com/game-server/croupier/internal/wire"
)

const (
	// An agent that does not show the registration gets it again so often: at once, then with growing pauses.
	verifyAttempts = 3
	verifyPause    = time.Second
)

// attempt is one connection to the agent: registering on it, and keeping it until it is lost.
type attempt struct {
	link *agentLink
	// waiter hears whether the first registration was taken; nil: nobody waits.
	waiter    chan error
	client    *agentClient
	sessionID string
	// isRegistered: the agent took a registration on this connection.
	isRegistered bool
	// verified counts the looks at the agent's list since the last change of the registration.
	verified int
}

// live connects, registers and stays until the connection is over; it answers why, and who asked for that. When the link stops, the
// connection is left open for its leave.
func (a *attempt) live(ctx context.Context) (reason string, request chan error) {
	l := a.link
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	client, lost, err := dialAgent(watching, l.address, func() { l.emit(Connected{AgentAddress: l.address}) })
	if err != nil {
		return err.Error(), nil
	}
	a.client = client
	defer func() {
		if !l.isStopping() || !a.isRegistered {
			client.close()
		}
	}()
	if err := a.register(ctx); err != nil {
		return err.Error(), nil
	}
	return a.keep(ctx, lost)
}

// keep cares for a connection that is registered.
func (a *attempt) keep(ctx context.Context, lost <-chan struct{}) (reason string, request chan error) {
	l := a.link
	heartbeat := time.NewTicker(l.config().HealthCheckInterval)
	defer heartbeat.Stop()
	verify := time.NewTimer(0)
	defer verify.Stop()
	for {
		var err error
		select {
		case <-l.stopping:
			return "", nil
		case <-lost:
			return fmt.Sprintf("the connection to the agent at %s was lost", l.address), nil
		case request := <-l.requests:
			return "another connection was asked for", request
		case <-l.configured:
			heartbeat.Reset(l.config().HealthCheckInterval)
		case <-heartbeat.C:
			err = a.client.heartbeat(ctx, l.registration().ServiceId, a.sessionID)
		case <-l.changed:
			a.verified = 0
			if err = a.register(ctx); err == nil {
				verify.Reset(0)
			}
		case <-verify.C:
			var next time.Duration
			if next, err = a.verify(ctx); next > 0 {
				verify.Reset(next)
			}
		}
		if err != nil {
			return err.Error(), nil
		}
	}
}

// register tells the agent what is there now.
func (a *attempt) register(ctx context.Context) error {
	l := a.link
	// What changed until here is told now.
	select {
	case <-l.changed:
	default:
	}
	l.mu.Lock()
	waiting := l.waiting
	l.waiting = nil
	l.mu.Unlock()
	registration := l.registration()
	sessionID, err := a.client.register(ctx, registration)
	for _, one := range waiting {
		close(one)
	}
	if err != nil {
		return a.refused(err)
	}
	a.sessionID = sessionID
	a.registered(registration)
	return nil
}

func (a *attempt) registered(registration *wire.RegisterLocalRequest) {
	l := a.link
	l.mu.Lock()
	isReconnect := l.hasRegistered && !a.isRegistered
	l.hasRegistered, a.isRegistered = true, true
	l.status, l.client = connected, a.client
	if isReconnect {
		l.reconnects++
		l.lastReconnect = time.Now()
	}
	count := l.reconnects
	l.mu.Unlock()

	if l.isStopping() {
		return
	}
	ids := make([]string, 0, len(registration.Functions))
	for _, function := range registration.Functions {
		ids = append(ids, function.Id)
	}
	l.emit(Registered{SessionID: a.sessionID, Functions: ids})
	if isReconnect {
		l.emit(Reconnected{Count: count})
	}
	answer(a.waiter, nil)
}

func (a *attempt) refused(err error) error {
	l := a.link
	if isUnreachable(err) {
		return fmt.Errorf("the agent at %s cannot be reached: %w", l.address, err)
	}
	refusal := fmt.Errorf("the agent at %s refused the registration: %w", l.address, err)
	if !l.isStopping() && status.Code(err) != codes.Canceled {
		l.emit(Failed{Err: refusal})
	}
	return refusal
}

// verify looks into the agent's list, because agents answer OK to a service that they do not know, and registers again where it is not
// there. It answers when to look again; 0: no more.
func (a *attempt) verify(ctx context.Context) (again time.Duration, err error) {
	l := a.link
	registration := l.registration()
	// Without a list there is nothing to verify by; one that was replaced must not push its successor out.
	if len(registration.Functions) == 0 {
		return 0, nil
	}
	if place, _ := a.client.find(ctx, registration); place != absent {
		return 0, nil
	}
	if a.verified == verifyAttempts {
		l.emit(Failed{Err: fmt.Errorf("the agent at %s took the registration but does not list it", l.address)})
		return 0, nil
	}
	if err := a.register(ctx); err != nil {
		return 0, err
	}
	a.verified++
	// The first look after it is at once.
	return max(time.Duration(a.verified-1)*verifyPause, time.Millisecond), nil
}
