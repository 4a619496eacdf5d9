package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"
)

func seed() *PlayerStore {
	return NewPlayerStore([]Player{{ID: "1", Name: "ada", Wins: 3, Losses: 1}, {ID: "2", Name: "brin", Losses: 2}})
}

func TestBanTakesThePlayerOfflineUntilItsEnd(t *testing.T) {
	players := seed()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

	answer, err := banPlayer(players, []byte(`{"playerId": "1", "reason": "spam", "hours": 2}`), now)
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
	answer, err := banPlayer(seed(), []byte(`{"playerId": "1"}`), time.Now())
	if err != nil || answer.Until != nil {
		t.Errorf("answered %+v, %v", answer, err)
	}
}

func TestBanRefuses(t *testing.T) {
	for payload, status := range map[string]int{
		`{"playerId": "9"}`:                http.StatusNotFound,
		``:                                 http.StatusBadRequest,
		`null`:                             http.StatusBadRequest,
		`{}`:                               http.StatusBadRequest,
		`{"playerId": 7}`:                  http.StatusBadRequest,
		`{"playerId": "1", "hours": -1}`:   http.StatusBadRequest,
		`{"playerId": "1", "hours": 1e9}`:  http.StatusBadRequest,
		`{"playerId": "1", "hours": "ab"}`: http.StatusBadRequest,
	} {
		t.Run(payload, func(t *testing.T) {
			players := seed()
			_, err := banPlayer(players, []byte(payload), time.Now())
			var refused *FunctionError
			if !errors.As(err, &refused) || refused.Status != status {
				t.Errorf("got %v, want %d", err, status)
			}
			if ban := players.All()[0].Ban; ban != nil {
				t.Errorf("ada is banned: %+v", ban)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	players := seed()
	if state := serverStatus(players, ""); state.Online != 1 || state.Generation != nil {
		t.Errorf("status is %+v", state)
	}
	players.Ban("1", Ban{})
	if state := serverStatus(players, "3"); state.Online != 0 || *state.Generation != 3 {
		t.Errorf("status is %+v", state)
	}
}

// recorder is a job whose progress can be looked at, and acted upon.
type recorder struct {
	percents   []float64
	onProgress func()
}

func (r *recorder) Progress(percent float64, _ string) {
	r.percents = append(r.percents, percent)
	if r.onProgress != nil {
		r.onProgress()
	}
}

func (r *recorder) Log(string) {}

func ratings(players *PlayerStore) []int {
	var all []int
	for _, player := range players.All() {
		all = append(all, player.Rating)
	}
	return all
}

func TestSeasonIsRecalculatedFromWinsAndLosses(t *testing.T) {
	players, job := seed(), &recorder{}

	answer, err := recalculateSeason(context.Background(), players, job, 0)

	if err != nil || answer.Players != 2 || *answer.Best != "ada" {
		t.Errorf("answered %+v, %v", answer, err)
	}
	if got := ratings(players); !slices.Equal(got, []int{1060, 970}) {
		t.Errorf("ratings are %v", got)
	}
	if !slices.Equal(job.percents, []float64{50, 100}) {
		t.Errorf("progress was %v", job.percents)
	}
}

func TestCancelledSeasonChangesNoRating(t *testing.T) {
	players := seed()
	ctx, cancel := context.WithCancel(context.Background())

	_, err := recalculateSeason(ctx, players, &recorder{onProgress: cancel}, 0)

	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := ratings(players); !slices.Equal(got, []int{1000, 1000}) {
		t.Errorf("ratings are %v", got)
	}
}
