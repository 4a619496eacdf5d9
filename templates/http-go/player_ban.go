package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
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

// PlayerBan is the function player.ban.
func PlayerBan(players *PlayerStore) Function {
	return Function{
		ID:      "player.ban",
		Version: "1.0.0",
		Summary: "Ban a player",
		Tags:    []string{"player", "moderation"},
		Risk:    "high",
		Request: Schema{
			"type":     "object",
			"required": []string{"playerId"},
			"properties": Schema{
				"playerId": Schema{"type": "string", "title": "Player", "minLength": 1},
				"reason":   Schema{"type": "string", "title": "Reason", "maxLength": 200},
				"hours": Schema{
					"type": "number", "title": "Hours", "exclusiveMinimum": 0, "description": "Empty: for ever",
				},
			},
		},
		Response: Schema{
			"type": "object",
			"properties": Schema{
				"result":   Schema{"const": "success"},
				"playerId": Schema{"type": "string"},
				"until":    Schema{"type": []string{"string", "null"}, "format": "date-time"},
			},
		},
		Run: func(_ context.Context, payload []byte, _ Job) (any, error) {
			return banPlayer(players, payload, time.Now())
		},
	}
}

func banPlayer(players *PlayerStore, payload []byte, now time.Time) (*banAnswer, error) {
	request, err := readBan(payload)
	if err != nil {
		return nil, err
	}
	var until *time.Time
	if request.Hours != nil {
		end := now.UTC().Add(time.Duration(*request.Hours * float64(time.Hour))).Truncate(time.Millisecond)
		until = &end
	}
	if !players.Ban(request.PlayerID, Ban{Reason: request.Reason, Until: until}) {
		return nil, Refuse(http.StatusNotFound, "there is no player %s", request.PlayerID)
	}
	return &banAnswer{Result: "success", PlayerID: request.PlayerID, Until: until}, nil
}

func readBan(payload []byte) (*banRequest, error) {
	var request *banRequest
	err := json.Unmarshal(payload, &request)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return nil, Refuse(http.StatusBadRequest, "%s must be a %s", wrong.Field, wrong.Type)
	case err != nil || request == nil:
		return nil, Refuse(http.StatusBadRequest, "the payload must be a JSON object")
	case request.PlayerID == "":
		return nil, Refuse(http.StatusBadRequest, "playerId must be a text")
	case request.Hours != nil && !(*request.Hours > 0 && *request.Hours <= maxHours):
		return nil, Refuse(http.StatusBadRequest, "hours must be a number above 0, at most %d", maxHours)
	}
	return request, nil
}
