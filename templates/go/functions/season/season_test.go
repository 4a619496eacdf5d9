package season

import (
	"context"
	"errors"
	"slices"
	"testing"

	"example.com/game-server/croupier"
	"example.com/game-server/game"
)

func seed() *game.PlayerStore {
	return game.NewPlayerStore([]game.Player{{ID: "1", Name: "ada", Wins: 3, Losses: 1}, {ID: "2", Name: "brin", Losses: 2}})
}

func ratings(players *game.PlayerStore) []int {
	var all []int
	for _, player := range players.All() {
		all = append(all, player.Rating)
	}
	return all
}

func TestSeasonIsRecalculatedFromWinsAndLosses(t *testing.T) {
	players := seed()
	var percents []float64
	job := &croupier.Job{Report: func(report croupier.Report) {
		if report.IsProgress {
			percents = append(percents, report.Percent)
		}
	}}

	got, err := recalculate(t.Context(), players, job, 0)

	if err != nil || got.Players != 2 || *got.Best != "ada" {
		t.Errorf("answered %+v, %v", got, err)
	}
	if got := ratings(players); !slices.Equal(got, []int{1060, 970}) {
		t.Errorf("ratings are %v", got)
	}
	if !slices.Equal(percents, []float64{50, 100}) {
		t.Errorf("progress was %v", percents)
	}
}

func TestCancelledSeasonChangesNoRating(t *testing.T) {
	players := seed()
	ctx, cancel := context.WithCancel(t.Context())

	_, err := recalculate(ctx, players, &croupier.Job{Report: func(croupier.Report) { cancel() }}, 0)

	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := ratings(players); !slices.Equal(got, []int{1000, 1000}) {
		t.Errorf("ratings are %v", got)
	}
}
