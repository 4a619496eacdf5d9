package player

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"example.com/game-server/croupier"
	"example.com/game-server/game"
)

func seed() *game.PlayerStore {
	return game.NewPlayerStore([]game.Player{{ID: "1", Name: "ada", Wins: 3, Losses: 1}})
}

// call calls player.ban as callers do: with JSON.
func call(t *testing.T, players *game.PlayerStore, payload string) (string, error) {
	t.Helper()
	functions := Functions(&game.World{Players: players})
	answer, err := functions[0].Handler(t.Context(), &croupier.Job{}, []byte(payload))
	return string(answer), err
}

func TestBanTakesThePlayerOfflineUntilItsEnd(t *testing.T) {
	players := seed()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	hours := 2.0

	answer, err := banPlayer(players, &banRequest{PlayerID: "1", Reason: "spam", Hours: &hours}, now)
	if err != nil {
		t.Fatal(err)
	}

	end := now.Add(2 * time.Hour)
	if answer.Result != "success" || answer.PlayerID != "1" || !answer.Until.Equal(end) {
		t.Errorf("answered %+v", answer)
	}
	ada := players.All()[0]
	if ada.Online || ada.Ban == nil || ada.Ban.Reason != "spam" || !ada.Ban.Until.Equal(end) {
		t.Errorf("ada is %+v", ada)
	}
}

func TestBanWithoutHoursHasNoEnd(t *testing.T) {
	answer, err := call(t, seed(), `{"playerId": "1"}`)
	if want := `{"result":"success","playerId":"1","until":null}`; err != nil || answer != want {
		t.Errorf("answered %s, %v", answer, err)
	}
}

func TestBanRefuses(t *testing.T) {
	for payload, code := range map[string]codes.Code{
		`{"playerId": "9"}`:                codes.NotFound,
		``:                                 codes.InvalidArgument,
		`null`:                             codes.InvalidArgument,
		`{}`:                               codes.InvalidArgument,
		`{"playerId": 7}`:                  codes.InvalidArgument,
		`{"playerId": "1", "hours": -1}`:   codes.InvalidArgument,
		`{"playerId": "1", "hours": 1e9}`:  codes.InvalidArgument,
		`{"playerId": "1", "hours": "ab"}`: codes.InvalidArgument,
	} {
		t.Run(payload, func(t *testing.T) {
			players := seed()
			_, err := call(t, players, payload)
			var refused *croupier.Error
			if !errors.As(err, &refused) || refused.Code != code {
				t.Errorf("got %v, want %v", err, code)
			}
			if ban := players.All()[0].Ban; ban != nil {
				t.Errorf("ada is banned: %+v", ban)
			}
		})
	}
}
