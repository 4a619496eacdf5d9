package service

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/game-server/croupier/internal/sources"
)

// reloadPlan is what a reload has to do.
type reloadPlan struct {
	tree *sources.Tree
	// packages to load, and those that are gone; folders, sorted.
	packages, gone []string
	// files that were named, by the folder of their package.
	files map[string]string
	// restart says why it takes a restart; empty: it does not.
	restart string
	failed  []ReloadFailed
}

// plan finds out which packages the changed files and the functions mean. Neither: all packages.
func (s *Service) plan(tree *sources.Tree, files, ids []string) reloadPlan {
	plan := reloadPlan{tree: tree, files: make(map[string]string)}
	changed := make(map[string]bool)
	for _, file := range files {
		file = path.Clean(filepath.ToSlash(file))
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		dir, ok := tree.DirOf(file)
		if !ok {
			plan.restart = fmt.Sprintf("%s is not part of a package of functions", file)
			continue
		}
		changed[dir] = true
		plan.files[dir] = file
	}
	owners, own, missing := s.registry.owners(ids)
	if len(files) == 0 && len(ids) == 0 {
		owners = s.packages.folders()
	}
	for _, dir := range owners {
		changed[dir] = true
	}
	if len(own) > 0 {
		plan.restart = fmt.Sprintf("%s is registered by the program itself, and not by a package of functions", own[0])
	}
	for _, id := range missing {
		plan.failed = append(plan.failed, notRegistered(id))
	}
	maps.Copy(s.changedDirs, changed)
	s.addPackages(&plan, changed)
	return plan
}

// addPackages adds the packages of functions that are, or import, what has changed.
func (s *Service) addPackages(plan *reloadPlan, changed map[string]bool) {
	dependents := plan.tree.Dependents(changed)
	for dir := range dependents {
		one, exists := plan.tree.Packages[dir]
		switch isKnown := s.packages.has(dir); {
		case isKnown && !exists:
			plan.gone = append(plan.gone, dir)
		case isKnown && !one.HasEntryPoint:
			plan.failed = append(plan.failed, ReloadFailed{
				Path: first(plan.files[dir], dir), Error: fmt.Sprintf("package %s has no func %s", dir, sources.EntryPoint), RolledBack: true,
			})
		case isKnown, exists && one.HasEntryPoint:
			plan.packages = append(plan.packages, dir)
		}
	}
	slices.Sort(plan.packages)
	slices.Sort(plan.gone)
	isNothing := len(plan.packages)+len(plan.gone)+len(plan.failed) == 0
	if isNothing && len(changed) > 0 && plan.restart == "" {
		dirs := slices.Sorted(maps.Keys(changed))
		plan.restart = fmt.Sprintf("no package of functions imports %s", strings.Join(dirs, " or "))
	}
}

// copied are the folders, of those that the packages to load need, which the program has in another version, or which only a neighbour may
// import; and who imports such a one.
func (s *Service) copied(plan reloadPlan) map[string]bool {
	needed := plan.tree.Closure(plan.packages)
	differing := maps.Clone(s.changedDirs)
	for dir := range needed {
		if slices.Contains(plan.packages, dir) || slices.Contains(strings.Split(dir, "/"), "internal") {
			differing[dir] = true
		}
	}
	copied := plan.tree.Dependents(differing)
	maps.DeleteFunc(copied, func(dir string, _ bool) bool { return !needed[dir] })
	return copied
}
