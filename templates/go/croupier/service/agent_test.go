package service

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"example.com/game-server/croupier/internal/wire"
)

// Long enough for anything on a slow machine; nothing waits that long where all is well.
const patience = 30 * time.Second

// fakeAgent is an agent that keeps its registrations, and forgets them when it stops.
type fakeAgent struct {
	wire.UnimplementedLocalControlServiceServer

	mu            sync.Mutex
	server        *grpc.Server
	address       string
	registrations []*wire.RegisterLocalRequest
	heartbeats    int
	// forgets: it answers OK and keeps nothing.
	forgets bool
	// function is the one that it lists instances of.
	function string
	// listed are further instances of it.
	listed []*wire.LocalInstance
}

func startAgent(t *testing.T) *fakeAgent {
	t.Helper()
	agent := &fakeAgent{address: "127.0.0.1:0", function: "f"}
	agent.start(t)
	t.Cleanup(agent.stop)
	return agent
}

// start serves, after a stop on the same port.
func (a *fakeAgent) start(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", a.address)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	wire.RegisterLocalControlServiceServer(server, a)
	a.mu.Lock()
	a.server, a.address, a.registrations = server, listener.Addr().String(), nil
	a.mu.Unlock()
	go func() { _ = server.Serve(listener) }()
}

func (a *fakeAgent) stop() { a.server.Stop() }

func (a *fakeAgent) RegisterLocal(_ context.Context, request *wire.RegisterLocalRequest) (*wire.RegisterLocalResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.registrations = append(a.registrations, request)
	return &wire.RegisterLocalResponse{SessionId: "session"}, nil
}

func (a *fakeAgent) Heartbeat(context.Context, *wire.HeartbeatRequest) (*wire.HeartbeatResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heartbeats++
	return &wire.HeartbeatResponse{}, nil
}

func (a *fakeAgent) ListLocal(context.Context, *wire.ListLocalRequest) (*wire.ListLocalResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	instances := slices.Clone(a.listed)
	if last := len(a.registrations) - 1; last >= 0 && !a.forgets && len(a.registrations[last].Functions) > 0 {
		instances = append(instances, &wire.LocalInstance{ServiceId: a.registrations[last].ServiceId, Addr: a.registrations[last].RpcAddr})
	}
	return &wire.ListLocalResponse{Functions: []*wire.LocalFunction{{Id: a.function, Instances: instances}}}, nil
}

func (a *fakeAgent) seen() []*wire.RegisterLocalRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.registrations)
}

func (a *fakeAgent) beats() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.heartbeats
}

// heard has the events of a service.
type heard struct {
	mu     sync.Mutex
	events []Event
}

func (h *heard) add(event Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, event)
}

func (h *heard) names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var names []string
	for _, event := range h.events {
		names = append(names, event.Name())
	}
	return names
}

func (h *heard) has(name string) bool { return slices.Contains(h.names(), name) }

// until waits for a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// testService is a service with function f of version 1 that is not connected yet.
func testService(t *testing.T, options Options, agent string) (*Service, *heard) {
	t.Helper()
	events := &heard{}
	options.OnEvent = events.add
	options.ServiceID = "test"
	options.AgentAddress = agent
	options.ReconnectDelay = first(options.ReconnectDelay, 5*time.Millisecond)
	set, err := options.resolve(environment(nil), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := newService(options, set)
	if err := s.RegisterFunction(answering("f", "1")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.GracefulShutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s, events
}

func connectedService(t *testing.T, options Options, agent string) (*Service, *heard) {
	t.Helper()
	s, events := testService(t, options, agent)
	if err := s.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, events
}
