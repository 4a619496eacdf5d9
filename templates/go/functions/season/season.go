// Package season has the jobs of a season.
package season

import (
	"context"
	"fmt"
	"time"

	"example.com/game-server/croupier"
	"example.com/game-server/game"
)

const (
	winPoints  = 25
	lossPoints = 15
	// What one player costs, as if the games were read from a database.
	readTime = 50 * time.Millisecond
)

type answer struct {
	Players int `json:"players"`
	// The name of the best player; nil where there is none.
	Best *string `json:"best"`
}

// Functions are those of this package.
func Functions(world *game.World) []croupier.Function {
	descriptor := croupier.Descriptor{
		ID:      "season.recalculate",
		Version: "1.0.0",
		Summary: "Recalculate all ratings of the season",
		Tags:    []string{"season"},
		Risk:    "medium",
		OutputSchema: croupier.Schema{
			"type": "object",
			"properties": croupier.Schema{
				"players": croupier.Schema{"type": "integer"},
				"best":    croupier.Schema{"type": []string{"string", "null"}, "title": "Name of the best player"},
			},
		},
	}
	run := func(ctx context.Context, job *croupier.Job, _ any) (*answer, error) {
		return recalculate(ctx, world.Players, job, readTime)
	}
	return []croupier.Function{croupier.NewJob(descriptor, run)}
}

// recalculate goes through all players, and changes nothing if it is cancelled on the way.
func recalculate(ctx context.Context, players *game.PlayerStore, job *croupier.Job, read time.Duration) (*answer, error) {
	all := players.All()
	ratings := make(map[string]int, len(all))
	var best *string
	highest := 0
	for i, player := range all {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(read):
		}
		rating := game.InitialRating + player.Wins*winPoints - player.Losses*lossPoints
		ratings[player.ID] = rating
		if best == nil || rating > highest {
			best, highest = &player.Name, rating
		}
		job.Progress(float64(i+1)/float64(len(all))*100, player.Name)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	players.Rate(ratings)
	job.Log(fmt.Sprintf("recalculated %d players", len(all)))
	return &answer{Players: len(all), Best: best}, nil
}
