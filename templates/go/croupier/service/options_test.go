package service

import (
	"strings"
	"testing"
	"time"
)

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestDefaults(t *testing.T) {
	set, err := Options{}.resolve(environment(nil), "/games/poker")
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Version: "1.0.0", AutoReconnect: true, ReconnectDelay: 100 * time.Millisecond, MaxRetryAttempts: 10,
		HealthCheckInterval: 30 * time.Second, GracefulShutdownTimeout: 30 * time.Second,
	}
	if set.serviceID != "poker" || set.agentAddress != "127.0.0.1:19090" || set.listen != "127.0.0.1:0" || set.functions != "functions" || set.restartBudget != 50 || set.live != want {
		t.Errorf("got %+v", set)
	}
}

func TestDelayDependsOnWhereTheAgentIs(t *testing.T) {
	for address, want := range map[string]time.Duration{
		"10.0.0.7:19090": 5 * time.Second, "agent:19090": 5 * time.Second, "localhost:1": 100 * time.Millisecond, "[::1]:1": 100 * time.Millisecond,
	} {
		if set, err := (Options{AgentAddress: address}).resolve(environment(nil), "/x"); err != nil || set.live.ReconnectDelay != want {
			t.Errorf("%s: got %v, %v", address, set.live.ReconnectDelay, err)
		}
	}
}

func TestEnvironmentIsOnTop(t *testing.T) {
	options := Options{ServiceID: "a", Version: "1", GameID: "b", Env: "c", AgentAddress: "x:1", Watch: true, MaxRetryAttempts: -1}
	set, err := options.resolve(environment(map[string]string{
		"CROUPIER_SERVICE_ID": "A", "CROUPIER_SERVICE_VERSION": "2", "CROUPIER_GAME_ID": "B", "CROUPIER_ENV": "C",
		"CROUPIER_AGENT_ADDR": "y:2", "CROUPIER_GENERATION": "7", "CROUPIER_HOTRELOAD": "true",
	}), "/x")
	if err != nil {
		t.Fatal(err)
	}
	if set.serviceID != "A" || set.live.Version != "2" || set.gameID != "B" || set.env != "C" || set.agentAddress != "y:2" || set.generation != 7 {
		t.Errorf("got %+v", set)
	}
	if set.watch || set.live.MaxRetryAttempts != 0 {
		t.Errorf("got %+v", set)
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	for name, options := range map[string]Options{
		"AgentAddress":            {AgentAddress: "nowhere"},
		"Listen":                  {Listen: "127.0.0.1:65536"},
		"Advertise":               {Advertise: "host"},
		"ReconnectDelay":          {ReconnectDelay: -1},
		"HealthCheckInterval":     {HealthCheckInterval: -time.Second},
		"GracefulShutdownTimeout": {GracefulShutdownTimeout: -1},
		"Functions":               {Functions: "../functions"},
		"RestartBudget":           {RestartBudget: -1},
	} {
		if _, err := options.resolve(environment(nil), "/x"); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestWildcardIsNotTold(t *testing.T) {
	for listen, want := range map[string]string{
		":8000": "127.0.0.1:4", "0.0.0.0:0": "127.0.0.1:4", "[::]:0": "127.0.0.1:4", "10.0.0.7:0": "10.0.0.7:4", "[::1]:0": "[::1]:4",
	} {
		if got := advertised(listen, 4); got != want {
			t.Errorf("%s: got %s", listen, got)
		}
	}
}

func TestPausesGrowAndVary(t *testing.T) {
	middle := func() float64 { return 0.5 }
	for failures, want := range map[int]time.Duration{1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 6: 3200 * time.Millisecond, 7: 5 * time.Second, 1000: 5 * time.Second} {
		if got := pauseAfter(failures, 100*time.Millisecond, 5*time.Second, middle); got != want {
			t.Errorf("%d: got %v", failures, got)
		}
	}
	if got := pauseAfter(1, time.Second, time.Minute, func() float64 { return 0 }); got != 750*time.Millisecond {
		t.Errorf("got %v", got)
	}
	if got := pauseAfter(3, time.Hour, time.Minute, func() float64 { return 1 }); got != 75*time.Minute {
		t.Errorf("got %v", got)
	}
}

func TestEventsComeInOrderAndHoldNobodyUp(t *testing.T) {
	release := make(chan struct{})
	var heard []int64
	queue := newEventQueue(func(event Event) {
		<-release
		if one, ok := event.(Reconnected); ok {
			heard = append(heard, one.Count)
		}
	})
	for count := range int64(maxQueuedEvents + 10) {
		queue.emit(Reconnected{Count: count})
	}
	close(release)
	queue.flush()
	// The first is with the listener already, or was the first to be dropped.
	if last := heard[len(heard)-1]; len(heard) > maxQueuedEvents+1 || last != maxQueuedEvents+9 {
		t.Errorf("heard %d, the last %d", len(heard), last)
	}
	for i := 1; i < len(heard); i++ {
		if heard[i] <= heard[i-1] {
			t.Fatalf("%d came after %d", heard[i], heard[i-1])
		}
	}
}
