// Package player has the functions about single players.
package player

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"

	"example.com/game-server/croupier"
	"example.com/game-server/game"
)

// Ten years; for longer leave the hours away.
const maxHours = 10 * 365 * 24

// Without Hours it is for ever.
type banRequest struct {
	PlayerID string   `json:"playerId"`
	Reason   string   `json:"reason"`
	Hours    *float64 `json:"hours"`
}

type banAnswer struct {
	Result   string     `json:"result"`
	PlayerID string     `json:"playerId"`
	Until    *time.Time `json:"until"`
}

// Functions are those of this package.
func Functions(world *game.World) []croupier.Function {
	ban := func(_ context.Context, _ *croupier.Call, request *banRequest) (*banAnswer, error) {
		return banPlayer(world.Players, request, time.Now())
	}
	return []croupier.Function{croupier.NewFunction(describeBan(), ban)}
}

func describeBan() croupier.Descriptor {
	return croupier.Descriptor{
		ID:      "player.ban",
		Version: "1.0.0",
		Summary: "Ban a player",
		Tags:    []string{"player", "moderation"},
		Risk:    "high",
		InputSchema: croupier.Schema{
			"type":     "object",
			"required": []string{"playerId"},
			"properties": croupier.Schema{
				"playerId": croupier.Schema{"type": "string", "title": "Player", "minLength": 1},
				"reason":   croupier.Schema{"type": "string", "title": "Reason", "maxLength": 200},
				"hours": croupier.Schema{
					"type": "number", "title": "Hours", "exclusiveMinimum": 0, "description": "Empty: for ever",
				},
			},
		},
		OutputSchema: croupier.Schema{
			"type": "object",
			"properties": croupier.Schema{
				"result":   croupier.Schema{"const": "success"},
				"playerId": croupier.Schema{"type": "string"},
				"until":    croupier.Schema{"type": []string{"string", "null"}, "format": "date-time"},
			},
		},
	}
}

// banPlayer refuses what does not fit: callers can send anything.
func banPlayer(players *game.PlayerStore, request *banRequest, now time.Time) (*banAnswer, error) {
	switch {
	case request == nil:
		return nil, croupier.Errorf(codes.InvalidArgument, "the payload must be a JSON object")
	case request.PlayerID == "":
		return nil, croupier.Errorf(codes.InvalidArgument, "playerId must be a text")
	case request.Hours != nil && !(*request.Hours > 0 && *request.Hours <= maxHours):
		return nil, croupier.Errorf(codes.InvalidArgument, "hours must be a number above 0, at most %d", maxHours)
	}
	var until *time.Time
	if request.Hours != nil {
		end := now.UTC().Add(time.Duration(*request.Hours * float64(time.Hour))).Truncate(time.Millisecond)
		until = &end
	}
	if !players.Ban(request.PlayerID, game.Ban{Reason: request.Reason, Until: until}) {
		return nil, croupier.Errorf(codes.NotFound, "there is no player %s", request.PlayerID)
	}
	return &banAnswer{Result: "success", PlayerID: request.PlayerID, Until: until}, nil
}
