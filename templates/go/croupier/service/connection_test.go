package service

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/game-server/croupier"
	"example.com/game-server/croupier/internal/wire"
)

func TestRegistersWhereItServes(t *testing.T) {
	agent := startAgent(t)
	s, events := connectedService(t, Options{Version: "2.0.0"}, agent.address)

	seen := agent.seen()
	if len(seen) != 1 || seen[0].ServiceId != "test" || seen[0].Version != "2.0.0" || seen[0].RpcAddr != s.Address() || seen[0].Functions[0].Id != "f" {
		t.Fatalf("registered %v", seen)
	}
	connection, err := net.Dial("tcp", s.Address())
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
	until(t, "it was told", func() bool { return slices.Equal(events.names(), []string{"connected", "registered"}) })
	if status := s.ReloadStatus(); status.ConnectionStatus != "connected" || status.ReconnectCount != 0 || !status.LastReconnect.IsZero() || status.FunctionsCount != 1 {
		t.Errorf("status is %+v", status)
	}
}

func TestAnAbsentAgentIsNoErrorAndIsFoundLater(t *testing.T) {
	agent := startAgent(t)
	agent.stop()
	s, events := connectedService(t, Options{}, agent.address)
	if status := s.ReloadStatus(); status.ConnectionStatus != "disconnected" {
		t.Errorf("status is %+v", status)
	}
	agent.start(t)
	until(t, "it is registered", func() bool { return events.has("registered") })
	if events.has("reconnected") {
		t.Error("it was told as a reconnect")
	}
}

func TestRegistersAgainWhenTheAgentIsBack(t *testing.T) {
	agent := startAgent(t)
	s, events := connectedService(t, Options{}, agent.address)
	agent.stop()
	until(t, "it noticed", func() bool { return events.has("disconnected") })
	agent.start(t)
	until(t, "it is registered again", func() bool { return events.has("reconnected") })
	if status := s.ReloadStatus(); status.ConnectionStatus != "connected" || status.ReconnectCount != 1 || time.Since(status.LastReconnect) > patience {
		t.Errorf("status is %+v", status)
	}
}

func TestGivesUpButNotForGood(t *testing.T) {
	agent := startAgent(t)
	agent.stop()
	s, events := connectedService(t, Options{MaxRetryAttempts: 2, HealthCheckInterval: 10 * time.Millisecond}, agent.address)
	until(t, "it is an error", func() bool { return s.ReloadStatus().ConnectionStatus == "error" })
	agent.start(t)
	until(t, "it is registered", func() bool { return s.ReloadStatus().ConnectionStatus == "connected" })
	until(t, "all is told", func() bool { return events.has("registered") })
	count := 0
	for _, name := range events.names() {
		if name == "error" {
			count++
		}
	}
	if count != 1 {
		t.Errorf("told %v", events.names())
	}
}

func TestWithoutAutoReconnectNothingIsTriedUntilAskedFor(t *testing.T) {
	agent := startAgent(t)
	s, events := connectedService(t, Options{NoAutoReconnect: true}, agent.address)
	agent.stop()
	until(t, "it noticed", func() bool { return events.has("disconnected") })
	agent.start(t)
	if err := s.Reconnect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.ReloadStatus(); got.ReconnectCount != 1 || got.ConnectionStatus != "connected" {
		t.Errorf("status is %+v", got)
	}
	// One Connected for the first connection and one for this: none in between.
	until(t, "all is told", func() bool { return events.has("reconnected") })
	connections := 0
	for _, name := range events.names() {
		if name == "connected" {
			connections++
		}
	}
	if connections != 2 {
		t.Errorf("told %v", events.names())
	}
}

func TestReconnectTellsWhyItFailed(t *testing.T) {
	agent := startAgent(t)
	s, _ := testService(t, Options{}, agent.address)
	if err := s.Reconnect(t.Context()); err == nil || !strings.Contains(err.Error(), "Connect") {
		t.Errorf("got %v", err)
	}
	if err := s.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	agent.stop()
	if err := s.Reconnect(t.Context()); err == nil || !strings.Contains(err.Error(), agent.address) {
		t.Errorf("got %v", err)
	}
}

func TestHeartbeatsAndTheirInterval(t *testing.T) {
	agent := startAgent(t)
	s, _ := connectedService(t, Options{HealthCheckInterval: time.Hour}, agent.address)
	interval := 5 * time.Millisecond
	if err := s.ReloadConfig(ConfigChange{HealthCheckInterval: &interval}); err != nil {
		t.Fatal(err)
	}
	until(t, "there were two heartbeats", func() bool { return agent.beats() >= 2 })
}

func TestAgentThatDoesNotListTheServiceIsToldAgain(t *testing.T) {
	agent := startAgent(t)
	agent.forgets = true
	_, events := connectedService(t, Options{}, agent.address)
	until(t, "it said so", func() bool { return events.has("error") })
	if count := len(agent.seen()); count != 1+verifyAttempts {
		t.Errorf("registered %d times", count)
	}
}

func TestChangesAreRegisteredTogether(t *testing.T) {
	agent := startAgent(t)
	s, _ := connectedService(t, Options{}, agent.address)
	if err := s.RegisterFunction(answering("g", "1"), answering("h", "1")); err != nil {
		t.Fatal(err)
	}
	until(t, "it is registered", func() bool { return len(agent.seen()) == 2 })
	if err := s.ReloadFunctions(answering("g", "2"), answering("h", "2")); err != nil {
		t.Fatal(err)
	}
	seen := agent.seen()
	if len(seen) != 3 || seen[2].Functions[1].Version != "2" || seen[2].Functions[2].Version != "2" {
		t.Errorf("registered %v", seen)
	}
	if _, err := s.Rollback("g"); err != nil {
		t.Fatal(err)
	}
	if seen := agent.seen(); len(seen) != 4 || seen[3].Functions[1].Version != "1" {
		t.Errorf("registered %v", seen)
	}
}

func TestNewConfigurationIsTakenAsAWhole(t *testing.T) {
	agent := startAgent(t)
	s, events := connectedService(t, Options{}, agent.address)
	version, wrong := "9.0.0", -time.Second
	if err := s.ReloadConfig(ConfigChange{Version: &version, ReconnectDelay: &wrong}); err == nil || !strings.Contains(err.Error(), "ReconnectDelay") {
		t.Errorf("got %v", err)
	}
	if s.Version() != "1.0.0" || s.ReloadStatus().ConfigReloads != 0 {
		t.Errorf("it was taken: %+v", s.Config())
	}
	if err := s.ReloadConfig(ConfigChange{Version: &version}); err != nil {
		t.Fatal(err)
	}
	until(t, "it is registered", func() bool { seen := agent.seen(); return seen[len(seen)-1].Version == "9.0.0" })
	until(t, "it was told", func() bool { return events.has("configReloaded") })
	if s.ReloadStatus().ConfigReloads != 1 {
		t.Errorf("status is %+v", s.ReloadStatus())
	}
}

func TestShutdownLeavesTheAgentAndFinishesCalls(t *testing.T) {
	agent := startAgent(t)
	order := make(chan string, 10)
	s, events := testService(t, Options{OnShutdown: func(context.Context) error { order <- "saved"; return nil }}, agent.address)
	began := make(chan struct{})
	slow := croupier.NewFunction(croupier.Descriptor{ID: "slow"}, func(context.Context, *croupier.Call, any) (string, error) {
		close(began)
		until(t, "it left the agent", func() bool { seen := agent.seen(); return len(seen[len(seen)-1].Functions) == 0 })
		order <- "finished"
		return "done", nil
	})
	if err := s.RegisterFunction(slow); err != nil {
		t.Fatal(err)
	}
	if err := s.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := s.host.invoke(context.Background(), &wire.InvokeRequest{FunctionId: "slow"})
		answered <- err
	}()
	<-began
	if err := s.GracefulShutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if first, second := <-order, <-order; first != "finished" || second != "saved" {
		t.Errorf("%s came before %s", first, second)
	}
	if names := events.names(); names[len(names)-1] != "closed" || !slices.Contains(names, "shuttingDown") {
		t.Errorf("told %v", names)
	}
	if err := s.Connect(t.Context()); err == nil {
		t.Error("a closed service connects")
	}
}

func TestShutdownLeavesASuccessorInItsPlace(t *testing.T) {
	agent := startAgent(t)
	s, _ := connectedService(t, Options{}, agent.address)
	agent.mu.Lock()
	agent.forgets = true
	agent.listed = []*wire.LocalInstance{{ServiceId: "test", Addr: "127.0.0.1:1"}}
	agent.mu.Unlock()
	before := len(agent.seen())
	if err := s.GracefulShutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if seen := agent.seen(); len(seen) != before {
		t.Errorf("registered %v", seen[before:])
	}
}

func TestAddressThatIsTakenIsAnError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s, _ := testService(t, Options{Listen: taken.Addr().String()}, "127.0.0.1:1")
	if err := s.Connect(t.Context()); err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("got %v", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	agent := startAgent(t)
	s, events := testService(t, Options{}, agent.address)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	until(t, "it is registered", func() bool { return events.has("registered") })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if seen := agent.seen(); len(seen[len(seen)-1].Functions) != 0 {
		t.Error("it did not leave the agent")
	}
}
