package service

import (
	"context"
	"time"
)

// Lame-duck times, the same in the SDKs of all languages, for calls that an agent had sent before it heard of the leave: it opens a
// connection for each call, so such a call can still be on its way when the service has left, and is lost where the server has closed.
const (
	// Where nobody else serves, each millisecond is a gap for callers. Under nodemon one call in each restart came late at 100 calls/s,
	// up to 20 ms after the leave; under air, in 16 restarts on an idle one, none. 50 ms cost more calls than they saved.
	aloneQuiet = 20 * time.Millisecond
	// By choice: an agent that still sends then has not taken the leave, and waiting longer does not change that.
	aloneLimit = 200 * time.Millisecond
	// Where others serve, waiting costs callers nothing. Chosen, not measured: long enough for calls from other machines and in queues.
	relievedQuiet = 500 * time.Millisecond
	// Agents allow 3 s for a call: one that was sent before the leave is over by then.
	relievedLimit = 3 * time.Second
)

// departure is who serves when a service has left.
type departure int

const (
	// No agent is there that could send anything.
	unrouted departure = iota
	// Nobody that is known of.
	alone
	// A successor, or another instance of one of the functions.
	relieved
)

// lameDuck is how long a service that has left goes on serving: until no call has come for the quiet, at most for the limit.
type lameDuck struct{ quiet, limit time.Duration }

// lameDuckAfter is a part of the time for the shutdown. Under `croupier dev` there is none: the gateway has drained the process and closed
// its connections before it asks it to end.
func (s *Service) lameDuckAfter(left departure, timeout time.Duration) lameDuck {
	if s.settings.generation > 0 {
		return lameDuck{}
	}
	switch left {
	case alone:
		return lameDuck{aloneQuiet, min(aloneLimit, timeout)}
	case relieved:
		return lameDuck{relievedQuiet, min(relievedLimit, timeout)}
	default:
		return lameDuck{}
	}
}

// arrivals has a sign where calls have come since the last look.
type arrivals chan struct{}

func newArrivals() arrivals { return make(arrivals, 1) }

func (a arrivals) came() { notify(a) }

// whenQuiet waits until no call has come for the quiet; the limit, and the end of ctx, end it earlier.
func (a arrivals) whenQuiet(ctx context.Context, duck lameDuck) {
	if duck.limit <= 0 {
		return
	}
	limit := time.NewTimer(duck.limit)
	defer limit.Stop()
	quiet := time.NewTimer(duck.quiet)
	defer quiet.Stop()
	for {
		select {
		case <-a:
			quiet.Reset(duck.quiet)
		case <-quiet.C:
			// On a busy machine both can be there by now, and the call was there first.
			select {
			case <-a:
				quiet.Reset(duck.quiet)
			default:
				return
			}
		case <-limit.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
