package service

import (
	"context"
	"sync"
	"time"

	"example.com/game-server/croupier"
)

// running is one handler under way.
type running struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	// cut gets a reason if the answer can be awaited no longer, although the handler still runs.
	cut chan *croupier.Error
}

// inFlight has the handlers under way, of calls and jobs alike, each until it returns, whether or not anybody still waits.
type inFlight struct {
	mu      sync.Mutex
	running map[*running]struct{}
	// idle is closed when nothing is under way; nil: nobody waits for that.
	idle chan struct{}
}

func (f *inFlight) begin(parent context.Context) *running {
	ctx, cancel := context.WithCancelCause(parent)
	one := &running{ctx: ctx, cancel: cancel, cut: make(chan *croupier.Error, 1)}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running == nil {
		f.running = make(map[*running]struct{})
	}
	f.running[one] = struct{}{}
	return one
}

// end is called when the handler has returned.
func (f *inFlight) end(one *running) {
	one.cancel(nil)
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.running, one)
	if len(f.running) == 0 && f.idle != nil {
		close(f.idle)
		f.idle = nil
	}
}

func (f *inFlight) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.running)
}

// wait waits until nothing is under way; false: the time was over, or the context.
func (f *inFlight) wait(ctx context.Context, timeout time.Duration) bool {
	f.mu.Lock()
	if len(f.running) == 0 {
		f.mu.Unlock()
		return true
	}
	if f.idle == nil {
		f.idle = make(chan struct{})
	}
	idle := f.idle
	f.mu.Unlock()

	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-idle:
		return true
	case <-timer.C:
		return false
	case <-ctx.Done():
		return false
	}
}

// cancelAll asks every handler under way to stop.
func (f *inFlight) cancelAll(reason *croupier.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for one := range f.running {
		one.cancel(reason)
	}
}

// cutAll answers everything under way without its handler.
func (f *inFlight) cutAll(reason *croupier.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for one := range f.running {
		select {
		case one.cut <- reason:
		default:
		}
	}
}
