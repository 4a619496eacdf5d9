package service

import (
	"context"
	"sync"

	"example.com/game-server/croupier/internal/wire"
)

// What one job keeps of its events until they are read, besides the last: a chatty job loses its oldest lines.
const (
	maxJobEvents = 2000
	maxJobBytes  = 256 * 1024
)

// jobLog has the events of one job, for any number of readers, each from the start.
type jobLog struct {
	mu     sync.Mutex
	events []*wire.JobEvent
	// dropped counts events that were taken from the start of the list.
	dropped int
	bytes   int
	ended   bool
	// changed is closed at the next event.
	changed chan struct{}
}

func newJobLog() *jobLog {
	return &jobLog{changed: make(chan struct{})}
}

func (l *jobLog) append(event *wire.JobEvent) { l.add(event, false) }

// end appends the terminal event; readers end after it, and nothing can follow.
func (l *jobLog) end(event *wire.JobEvent) { l.add(event, true) }

func (l *jobLog) add(event *wire.JobEvent, isLast bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.events = append(l.events, event)
	l.bytes += sizeOf(event)
	for len(l.events) > 1 && (len(l.events) > maxJobEvents || l.bytes > maxJobBytes) {
		l.bytes -= sizeOf(l.events[0])
		l.events = l.events[1:]
		l.dropped++
	}
	l.ended = isLast
	close(l.changed)
	l.changed = make(chan struct{})
}

// size is what the log holds, in bytes of messages and payloads.
func (l *jobLog) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

// read sends all events from the oldest that is kept, then each new one as it comes, and ends after the terminal one.
func (l *jobLog) read(ctx context.Context, send func(*wire.JobEvent) error) error {
	for next := 0; ; {
		events, changed, ended := l.since(&next)
		for _, event := range events {
			if err := send(event); err != nil {
				return err
			}
		}
		if ended {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// since is what came after the next-th event, and moves next behind it.
func (l *jobLog) since(next *int) (events []*wire.JobEvent, changed <-chan struct{}, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*next = max(*next, l.dropped)
	events = append(events, l.events[*next-l.dropped:]...)
	*next += len(events)
	return events, l.changed, l.ended
}

func sizeOf(event *wire.JobEvent) int {
	return len(event.Message) + len(event.Payload)
}
