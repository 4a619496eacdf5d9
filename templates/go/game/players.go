// Package game is the state of the game: it outlives the functions, which are exchanged while it runs.
package game

import (
	"strconv"
	"sync"
	"time"
)

// InitialRating is where everybody begins a season.
const InitialRating = 1000

// Ban is for ever where Until is nil.
type Ban struct {
	Reason string
	Until  *time.Time
}

// Player is one player, as the store has it.
type Player struct {
	ID     string
	Name   string
	Wins   int
	Losses int
	Online bool
	Rating int
	Ban    *Ban
}

// PlayerStore keeps players in memory: replace it with your database. Everything is lost when the process restarts.
type PlayerStore struct {
	mu      sync.RWMutex
	players []*Player
}

// NewPlayerStore makes a store of these players, at the beginning of a season.
func NewPlayerStore(players []Player) *PlayerStore {
	store := &PlayerStore{}
	for _, player := range players {
		player.Online = player.Wins > player.Losses
		player.Rating = InitialRating
		store.players = append(store.players, &player)
	}
	return store
}

// All gives copies of all players.
func (s *PlayerStore) All() []Player {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]Player, 0, len(s.players))
	for _, player := range s.players {
		all = append(all, *player)
	}
	return all
}

// CountOnline counts who is online.
func (s *PlayerStore) CountOnline() int {
	count := 0
	for _, player := range s.All() {
		if player.Online {
			count++
		}
	}
	return count
}

// Ban bans a player and takes them offline; false where there is no such player. A second ban replaces the first.
func (s *PlayerStore) Ban(id string, ban Ban) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, player := range s.players {
		if player.ID == id {
			player.Ban = &ban
			player.Online = false
			return true
		}
	}
	return false
}

// Rate sets the ratings of the players with these ids, all at once.
func (s *PlayerStore) Rate(ratings map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, player := range s.players {
		if rating, isRated := ratings[player.ID]; isRated {
			player.Rating = rating
		}
	}
}

// DemoPlayers have names and scores that look like a small game after its first evening.
func DemoPlayers() []Player {
	names := []string{"ada", "brin", "cato", "dova", "enzo", "faye", "goro", "hana", "ivo", "juno"}
	players := make([]Player, 0, len(names))
	for i, name := range names {
		players = append(players, Player{ID: strconv.Itoa(i + 1), Name: name, Wins: i * 7 % 20, Losses: i * 3 % 11})
	}
	return players
}
