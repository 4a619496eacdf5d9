package service

import (
	"errors"
	"fmt"
	"time"

	"example.com/game-server/croupier"
)

// A change that the agent has to know of may hold up the answer to its reload for so long.
const announceTimeout = time.Second

// ReloadFunction puts a function in the place of the registered one with its id. A call that has begun finishes on the old one.
func (s *Service) ReloadFunction(function croupier.Function) error {
	return s.ReloadFunctions(function)
}

// ReloadFunctions puts functions in the place of the registered ones with their ids, in one step: all of them or, where one is wrong, none.
func (s *Service) ReloadFunctions(functions ...croupier.Function) error {
	result, err := s.registry.replace(functions)
	if err != nil {
		s.tellFailed([]ReloadFailed{failureOf(err, "")})
		return err
	}
	s.tellReloaded(result)
	return nil
}

// Rollback puts the version before the present one of a function back: five of them are kept. The error is a croupier.Error: NotFound, or
// FailedPrecondition where there is no earlier version.
func (s *Service) Rollback(id string) (Change, error) {
	result, err := s.registry.rollback(id)
	if err != nil {
		return Change{}, err
	}
	change := result.changes[0]
	s.events.emit(RolledBack{change})
	s.announce(result)
	return change, nil
}

// tellReloaded counts and tells what was exchanged, and lets the agent know.
func (s *Service) tellReloaded(result applied) {
	s.mu.Lock()
	s.functionReloads += int64(len(result.changes))
	s.mu.Unlock()
	for _, change := range result.changes {
		s.events.emit(FunctionReloaded{change})
	}
	s.events.emit(FunctionsReloaded{Reloaded: result.changes})
	s.announce(result)
}

func (s *Service) tellFailed(failures []ReloadFailed) {
	s.mu.Lock()
	s.failedReloads++
	s.mu.Unlock()
	for _, failure := range failures {
		s.events.emit(failure)
	}
	s.events.emit(FunctionsReloaded{Failed: failures})
}

// announce registers again where the agent has to know, and waits a moment for that: a caller that hears of the reload finds what is new.
func (s *Service) announce(result applied) {
	if !result.toldChanged {
		return
	}
	done := s.link.registerAgain()
	if status, _, _ := s.link.state(); status != connected {
		return
	}
	select {
	case <-done:
	case <-s.closed:
	case <-time.After(announceTimeout):
	}
}

// failureOf is what is told about functions that were not exchanged.
func failureOf(err error, path string) ReloadFailed {
	failure := ReloadFailed{Path: path, Error: err.Error(), RolledBack: true}
	var one *functionError
	if errors.As(err, &one) {
		failure.ID = one.id
	}
	return failure
}

func notRegistered(id string) ReloadFailed {
	return ReloadFailed{ID: id, Error: fmt.Sprintf("no function %q is registered here", id), RolledBack: true}
}
