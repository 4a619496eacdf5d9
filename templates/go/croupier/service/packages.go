package service

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"example.com/game-server/croupier"
)

// FunctionPackage is a Go package of functions: linked into the program, and under development loaded again from its sources.
type FunctionPackage struct {
	folder string
	load   func() []croupier.Function
	// adapt gives what a loaded package calls Functions what load had; false: it is of another type.
	adapt func(symbol any) (func() []croupier.Function, bool)
	// signature of Functions, for people.
	signature string
}

// Package names a package of functions: its folder relative to the project, its func Functions, and what that is given. What is given is
// the program's own and outlives the package, so state that is to survive a reload belongs there:
//
//	service.Package("functions/player", player.Functions, world)
func Package[D any](folder string, functions func(D) []croupier.Function, deps D) FunctionPackage {
	return FunctionPackage{
		folder:    path.Clean(filepath.ToSlash(folder)),
		load:      func() []croupier.Function { return functions(deps) },
		signature: fmt.Sprintf("%T", functions),
		adapt: func(symbol any) (func() []croupier.Function, bool) {
			loaded, ok := symbol.(func(D) []croupier.Function)
			return func() []croupier.Function { return loaded(deps) }, ok
		},
	}
}

// RegisterPackages adds the functions of packages; where one is wrong none of them.
func (s *Service) RegisterPackages(list ...FunctionPackage) error {
	var batch []owned
	for _, one := range list {
		if one.load == nil || !strings.HasPrefix(one.folder, s.settings.functions+"/") {
			return fmt.Errorf("a package of functions is below %s, such as %s/player; got %q", s.settings.functions, s.settings.functions, one.folder)
		}
		functions, err := callFunctions(one.load)
		if err != nil {
			return fmt.Errorf("%s: %w", one.folder, err)
		}
		for _, function := range functions {
			batch = append(batch, owned{function, one.folder})
		}
	}
	if err := s.packages.add(list); err != nil {
		return err
	}
	if err := s.add(batch); err != nil {
		s.packages.remove(list)
		return err
	}
	return nil
}

// callFunctions asks a package for its functions. One that panics has none.
func callFunctions(load func() []croupier.Function) (functions []croupier.Function, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("func Functions panicked: %v", thrown)
		}
	}()
	functions = load()
	if len(functions) == 0 {
		return nil, errors.New("func Functions returned no function")
	}
	return functions, nil
}

// packages are those that can be loaded again, by folder.
type packages struct {
	mu   sync.Mutex
	list []FunctionPackage
}

func (p *packages) add(list []FunctionPackage) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := len(p.list)
	for _, one := range list {
		if p.find(one.folder) >= 0 {
			p.list = p.list[:before]
			return fmt.Errorf("package %s is registered already", one.folder)
		}
		p.list = append(p.list, one)
	}
	return nil
}

func (p *packages) remove(list []FunctionPackage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range list {
		if at := p.find(one.folder); at >= 0 {
			p.list = slices.Delete(p.list, at, at+1)
		}
	}
}

// find needs the lock.
func (p *packages) find(folder string) int {
	return slices.IndexFunc(p.list, func(one FunctionPackage) bool { return one.folder == folder })
}

// like is a package that came while the program runs, with what the first one of its type is given.
func (p *packages) like(folder string, symbol any) FunctionPackage {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.list {
		if load, ok := one.adapt(symbol); ok {
			return FunctionPackage{folder: folder, load: load, adapt: one.adapt, signature: one.signature}
		}
	}
	return FunctionPackage{folder: folder}
}

func (p *packages) has(folder string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.find(folder) >= 0
}

func (p *packages) folders() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	folders := make([]string, 0, len(p.list))
	for _, one := range p.list {
		folders = append(folders, one.folder)
	}
	return folders
}

// adapt gives a loaded package what it had before; a new one gets what the first package of its type has.
func (p *packages) adapt(folder string, symbol any) (func() []croupier.Function, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	candidates := p.list
	if at := p.find(folder); at >= 0 {
		candidates = p.list[at : at+1]
	}
	var known []string
	for _, one := range candidates {
		if load, ok := one.adapt(symbol); ok {
			return load, nil
		}
		known = append(known, one.signature)
	}
	return nil, &RestartError{Reason: fmt.Sprintf("func Functions of %s is a %T, and the program has %s", folder, symbol, strings.Join(known, " and "))}
}
