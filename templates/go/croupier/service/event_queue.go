package service

import (
	"sync"
	"time"
)

const (
	// A listener that does not keep up loses the oldest events.
	maxQueuedEvents = 1000
	// At the end a listener may take this long for what it has not heard yet.
	lastEventsTimeout = time.Second
)

// eventQueue tells the listener of events in their order, and holds up nobody who emits them.
type eventQueue struct {
	listen func(Event)

	mu      sync.Mutex
	events  []Event
	running bool
	idle    chan struct{}
}

func newEventQueue(listen func(Event)) *eventQueue {
	idle := make(chan struct{})
	close(idle)
	return &eventQueue{listen: listen, idle: idle}
}

func (q *eventQueue) emit(event Event) {
	if q.listen == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) == maxQueuedEvents {
		q.events = q.events[1:]
	}
	q.events = append(q.events, event)
	if !q.running {
		q.running = true
		q.idle = make(chan struct{})
		go q.deliver()
	}
}

func (q *eventQueue) deliver() {
	for {
		q.mu.Lock()
		if len(q.events) == 0 {
			q.running = false
			close(q.idle)
			q.mu.Unlock()
			return
		}
		event := q.events[0]
		q.events = q.events[1:]
		q.mu.Unlock()
		q.listen(event)
	}
}

// flush waits until the listener has heard of everything, for a while.
func (q *eventQueue) flush() {
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	select {
	case <-idle:
	case <-time.After(lastEventsTimeout):
	}
}
