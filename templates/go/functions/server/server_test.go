package server

import (
	"testing"
	"time"

	"example.com/game-server/game"
)

func TestStatus(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	world := &game.World{
		Players: game.NewPlayerStore([]game.Player{{ID: "1", Name: "ada", Wins: 3}, {ID: "2", Name: "brin", Losses: 2}}),
		Version: "1.0.0", StartedAt: began,
	}
	state := serverStatus(world, began.Add(90*time.Second))
	if state.Online != 1 || state.UptimeSeconds != 90 || state.Version != "1.0.0" || state.Generation != nil {
		t.Errorf("status is %+v", state)
	}
	world.Players.Ban("1", game.Ban{})
	world.Generation = 3
	if state := serverStatus(world, began); state.Online != 0 || *state.Generation != 3 {
		t.Errorf("status is %+v", state)
	}
}
