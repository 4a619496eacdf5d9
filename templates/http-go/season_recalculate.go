package main

import (
	"context"
	"fmt"
	"time"
)

const (
	winPoints  = 25
	lossPoints = 15
	// What one player costs, as if the games were read from a database.
	readTime = 50 * time.Millisecond
)

type seasonAnswer struct {
	Players int `json:"players"`
	// The name of the best player; nil where there is none.
	Best *string `json:"best"`
}

// SeasonRecalculate is the job season.recalculate.
func SeasonRecalculate(players *PlayerStore) Function {
	return Function{
		ID:      "season.recalculate",
		Version: "1.0.0",
		Summary: "Recalculate all ratings of the season",
		Tags:    []string{"season"},
		Risk:    "medium",
		Response: Schema{
			"type": "object",
			"properties": Schema{
				"players": Schema{"type": "integer"},
				"best":    Schema{"type": []string{"string", "null"}, "title": "Name of the best player"},
			},
		},
		Run: func(ctx context.Context, _ []byte, job Job) (any, error) {
			return recalculateSeason(ctx, players, job, readTime)
		},
	}
}

// recalculateSeason goes through all players, and changes nothing if it is cancelled on the way.
func recalculateSeason(ctx context.Context, players *PlayerStore, job Job, read time.Duration) (*seasonAnswer, error) {
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
		rating := initialRating + player.Wins*winPoints - player.Losses*lossPoints
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
	return &seasonAnswer{Players: len(all), Best: best}, nil
}
