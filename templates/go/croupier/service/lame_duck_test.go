package service

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"example.com/game-server/croupier/internal/wire"
)

func TestHowLongALameDuckServes(t *testing.T) {
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		generation int
		left       departure
		timeout    time.Duration
		want       lameDuck
	}{
		"alone":            {0, alone, time.Minute, lameDuck{20 * ms, 200 * ms}},
		"with others":      {0, relieved, time.Minute, lameDuck{500 * ms, 3 * time.Second}},
		"little time":      {0, relieved, 700 * ms, lameDuck{500 * ms, 700 * ms}},
		"no time":          {0, alone, 0, lameDuck{20 * ms, 0}},
		"no agent":         {0, unrouted, time.Minute, lameDuck{}},
		"under the runner": {1, relieved, time.Minute, lameDuck{}},
	} {
		s := &Service{settings: settings{generation: test.generation}}
		if got := s.lameDuckAfter(test.left, test.timeout); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestQuietStartsAnewWithEachCallUpToTheLimit(t *testing.T) {
	const ms = time.Millisecond
	duck := lameDuck{50 * ms, 500 * ms}
	for name, test := range map[string]struct {
		duck lameDuck
		// A call comes so often, and so many times.
		every time.Duration
		calls int
		// ctx ends then.
		end  time.Duration
		want time.Duration
	}{
		"no call":        {duck, 30 * ms, 0, time.Minute, 50 * ms},
		"one call":       {duck, 30 * ms, 1, time.Minute, 80 * ms},
		"two calls":      {duck, 30 * ms, 2, time.Minute, 110 * ms},
		"late call":      {duck, 70 * ms, 1, time.Minute, 50 * ms},
		"calls for good": {duck, 30 * ms, 100, time.Minute, 500 * ms},
		"end of ctx":     {duck, 30 * ms, 100, 200 * ms, 200 * ms},
		"little time":    {lameDuck{50 * ms, 20 * ms}, 30 * ms, 0, time.Minute, 20 * ms},
		"no time":        {lameDuck{50 * ms, 0}, 30 * ms, 0, time.Minute, 0},
		"none":           {lameDuck{}, 30 * ms, 0, time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.end)
				defer cancel()
				came := newArrivals()
				// Calls of before the leave are not in question.
				came.came()
				for number := range test.calls {
					defer time.AfterFunc(time.Duration(number+1)*test.every, came.came).Stop()
				}
				began := time.Now()
				came.whenQuiet(ctx, test.duck)
				if took := time.Since(began); took != test.want {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestCallsAndJobsAreArrivals(t *testing.T) {
	h, _ := hosting(t, answering("f", "1").Handler)
	for name, arrive := range map[string]func() error{
		"call": func() error { _, err := h.invoke(t.Context(), call("{}")); return err },
		"job":  func() error { _, err := h.jobs.start(call("{}")); return err },
	} {
		if err := arrive(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-h.arrivals:
		default:
			t.Errorf("no sign of the %s", name)
		}
	}
}

func TestWhoServesAfterTheLeave(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(*fakeAgent)
		want    departure
	}{
		"nobody":           {func(*fakeAgent) {}, alone},
		"another instance": {func(a *fakeAgent) { a.listed = []*wire.LocalInstance{{ServiceId: "other", Addr: "127.0.0.1:1"}} }, relieved},
		"its own successor": {func(a *fakeAgent) {
			a.forgets, a.listed = true, []*wire.LocalInstance{{ServiceId: "test", Addr: "127.0.0.1:1"}}
		}, relieved},
		"its successor with other functions": {func(a *fakeAgent) {
			a.forgets, a.function, a.listed = true, "g", []*wire.LocalInstance{{ServiceId: "test", Addr: "127.0.0.1:1"}}
		}, relieved},
		"nobody any more": {func(a *fakeAgent) { a.forgets = true }, alone},
		"other functions": {func(a *fakeAgent) {
			a.function, a.listed = "g", []*wire.LocalInstance{{ServiceId: "other", Addr: "127.0.0.1:1"}}
		}, alone},
	} {
		t.Run(name, func(t *testing.T) {
			agent := startAgent(t)
			link := linkTo(t, agent)
			agent.mu.Lock()
			test.prepare(agent)
			agent.mu.Unlock()
			if got := link.leave(t.Context()); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
	t.Run("no agent", func(t *testing.T) {
		agent := startAgent(t)
		link := linkTo(t, agent)
		agent.stop()
		until(t, "it is lost", func() bool { status, _, _ := link.state(); return status == disconnected })
		if got := link.leave(t.Context()); got != unrouted {
			t.Errorf("got %v", got)
		}
	})
}

func TestAgentThatIsGoneIsUnreached(t *testing.T) {
	agent := startAgent(t)
	agent.stop()
	client, _, err := dialAgent(t.Context(), agent.address, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer client.close()
	if place, hasOthers := client.find(t.Context(), &wire.RegisterLocalRequest{}); place != unreached || hasOthers {
		t.Errorf("got %v, %v", place, hasOthers)
	}
}

// linkTo is a link with function f registered, whose server nobody calls.
func linkTo(t *testing.T, agent *fakeAgent) *agentLink {
	t.Helper()
	registration := func() *wire.RegisterLocalRequest {
		return &wire.RegisterLocalRequest{ServiceId: "test", RpcAddr: "127.0.0.1:2", Functions: []*wire.LocalFunctionDescriptor{{Id: "f"}}}
	}
	config := Config{ReconnectDelay: time.Hour, AutoReconnect: true, HealthCheckInterval: time.Hour}
	events := &heard{}
	link := newAgentLink(agent.address, func() Config { return config }, registration, events.add)
	ctx, cancel := context.WithCancel(t.Context())
	registered := make(chan error, 1)
	go link.keepRegistered(ctx, registered)
	t.Cleanup(func() {
		if !link.isStopping() {
			close(link.stopping)
		}
		cancel()
		link.close()
	})
	if err := <-registered; err != nil {
		t.Fatal(err)
	}
	// A loss is noticed only of a connection that was seen, which can be after the first call over it.
	until(t, "the connection was seen", func() bool { return events.has("connected") })
	return link
}

func TestCallThatArrivesAfterTheLeaveIsAnswered(t *testing.T) {
	agent := startAgent(t)
	// With others there is half a second for it, which is enough on a slow machine.
	agent.listed = []*wire.LocalInstance{{ServiceId: "other", Addr: "127.0.0.1:1"}}
	s, events := connectedService(t, Options{}, agent.address)
	ended := make(chan error, 1)
	go func() { ended <- s.GracefulShutdown(context.Background()) }()
	until(t, "it left the agent", func() bool { seen := agent.seen(); return len(seen[len(seen)-1].Functions) == 0 })

	time.Sleep(30 * time.Millisecond)
	called := time.Now()
	connection, err := grpc.NewClient("passthrough:///"+s.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	answer, err := wire.NewFunctionServiceClient(connection).Invoke(t.Context(), &wire.InvokeRequest{FunctionId: "f", Payload: []byte("{}")})
	if err != nil || len(answer.Payload) == 0 {
		t.Errorf("got %v, %v", answer, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if took := time.Since(called); took < relievedQuiet {
		t.Errorf("it closed %v after the call", took)
	}
	if !events.has("closed") {
		t.Errorf("told %v", events.names())
	}
}

func TestShutdownThatIsAloneWaitsForTheQuiet(t *testing.T) {
	agent := startAgent(t)
	s, _ := connectedService(t, Options{}, agent.address)
	began := time.Now()
	if err := s.GracefulShutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < aloneQuiet {
		t.Errorf("it took %v", took)
	}
}
