package service

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"example.com/game-server/croupier/internal/sources"
)

// reloadResult is what became of a reload.
type reloadResult struct {
	reloaded []Change
	failed   []ReloadFailed
	// restart says why it takes a restart; empty: it does not. Then nothing was changed.
	restart string
}

// reload loads the packages of changed files, or of these functions, again. One reload runs at a time.
func (s *Service) reload(ctx context.Context, files, ids []string) (reloadResult, error) {
	select {
	case s.reloadTurn <- struct{}{}:
		defer func() { <-s.reloadTurn }()
	case <-s.closed:
		return reloadResult{}, errClosed
	case <-ctx.Done():
		return reloadResult{}, ctx.Err()
	}
	result, changes := s.reloadInTurn(ctx, files, ids)
	switch {
	case ctx.Err() != nil:
		return reloadResult{}, ctx.Err()
	case result.restart != "":
		s.events.emit(RestartNeeded{Reason: result.restart})
	case len(result.failed) > 0:
		s.tellFailed(result.failed)
	case len(result.reloaded) > 0:
		s.tellReloaded(changes)
	}
	return result, nil
}

func (s *Service) reloadInTurn(ctx context.Context, files, ids []string) (reloadResult, applied) {
	if reason := s.cannotReload(); reason != "" {
		return reloadResult{restart: reason}, applied{}
	}
	tree, err := sources.Read(s.settings.project, s.settings.functions, s.options.Loader.Module())
	if err != nil {
		return reloadResult{restart: fmt.Sprintf("the sources cannot be read: %v", err)}, applied{}
	}
	plan := s.plan(tree, files, ids)
	switch {
	case plan.restart != "":
		return reloadResult{restart: plan.restart}, applied{}
	case len(plan.failed) > 0:
		return reloadResult{failed: plan.failed}, applied{}
	case len(plan.packages) > 0 && s.reloads >= s.settings.restartBudget:
		reason := fmt.Sprintf("packages were loaded %d times, and none of it can be unloaded", s.reloads)
		return reloadResult{restart: reason}, applied{}
	}
	changes, err := s.load(ctx, plan)
	if err != nil {
		return toResult(err, plan), applied{}
	}
	return reloadResult{reloaded: changes.changes}, changes
}

func (s *Service) cannotReload() string {
	if s.options.Loader == nil {
		return "the program was built without the loader of packages of functions"
	}
	return s.options.Loader.Unavailable()
}

// load loads the packages of a plan and exchanges their functions in one step.
func (s *Service) load(ctx context.Context, plan reloadPlan) (applied, error) {
	var batch []owned
	var added []FunctionPackage
	if len(plan.packages) > 0 {
		loaded, err := s.loadPackages(ctx, plan)
		if err != nil {
			return applied{}, err
		}
		for _, dir := range plan.packages {
			functions, err := s.functionsOf(dir, loaded, plan)
			if err != nil {
				return applied{}, err
			}
			batch = append(batch, functions...)
			if !s.packages.has(dir) {
				added = append(added, s.packages.like(dir, loaded.Functions[dir]))
			}
		}
	}
	changes, err := s.registry.replacePackages(slices.Concat(plan.packages, plan.gone), batch)
	if err != nil {
		return applied{}, err
	}
	for _, one := range added {
		s.events.emit(Failed{Err: fmt.Errorf("%s serves until this process ends: the program does not register it", one.folder)})
	}
	return changes, s.packages.add(added)
}

// loadPackages counts what stays in memory, also where it is of no use.
func (s *Service) loadPackages(ctx context.Context, plan reloadPlan) (*Loaded, error) {
	loaded, err := s.options.Loader.Load(ctx, LoadRequest{Tree: plan.tree, Packages: plan.packages, Copied: s.copied(plan)})
	var broken *LoadError
	if err == nil || errors.As(err, &broken) && broken.IsOpen {
		s.reloads++
	}
	return loaded, err
}

// functionsOf asks a loaded package for its functions.
func (s *Service) functionsOf(dir string, loaded *Loaded, plan reloadPlan) ([]owned, error) {
	load, err := s.packages.adapt(dir, loaded.Functions[dir])
	if err != nil {
		return nil, err
	}
	functions, err := callFunctions(load)
	if err != nil {
		return nil, &LoadError{Failures: []LoadFailure{{first(plan.files[dir], dir), err.Error()}}}
	}
	batch := make([]owned, 0, len(functions))
	for _, function := range functions {
		batch = append(batch, owned{function, dir})
	}
	return batch, nil
}

// toResult says why nothing was exchanged.
func toResult(err error, plan reloadPlan) reloadResult {
	var restart *RestartError
	var broken *LoadError
	var function *functionError
	switch {
	case errors.As(err, &restart):
		return reloadResult{restart: restart.Reason}
	case errors.As(err, &broken):
		var failed []ReloadFailed
		for _, failure := range broken.Failures {
			path := failure.Path
			if path == "" && len(plan.packages) > 0 {
				path = first(plan.files[plan.packages[0]], plan.packages[0])
			}
			failed = append(failed, ReloadFailed{Path: path, Error: failure.Message, RolledBack: true})
		}
		return reloadResult{failed: failed}
	case errors.As(err, &function):
		return reloadResult{failed: []ReloadFailed{failureOf(err, first(plan.files[function.owner], function.owner))}}
	default:
		return reloadResult{failed: []ReloadFailed{failureOf(err, "")}}
	}
}

// hotPaths are patterns of files that Reload can take.
func (s *Service) hotPaths() []string {
	if s.cannotReload() != "" || len(s.packages.folders()) == 0 {
		return nil
	}
	return []string{s.settings.functions + "/**"}
}
