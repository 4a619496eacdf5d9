package service

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/game-server/croupier"
)

// fakeLoader "loads" what the test says.
type fakeLoader struct {
	mu          sync.Mutex
	unavailable string
	functions   map[string]any
	err         error
	requests    []LoadRequest
}

func (l *fakeLoader) Unavailable() string { return l.unavailable }
func (l *fakeLoader) Module() string      { return "example.com/test" }
func (l *fakeLoader) Close()              {}

func (l *fakeLoader) Load(_ context.Context, request LoadRequest) (*Loaded, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, request)
	if l.err != nil {
		return nil, l.err
	}
	return &Loaded{Functions: l.functions}, nil
}

func (l *fakeLoader) loads() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.requests)
}

// deps is what packages are given.
type deps struct{ name string }

func giving(functions ...croupier.Function) func(*deps) []croupier.Function {
	return func(*deps) []croupier.Function { return functions }
}

// project has the packages a (which imports lib, which imports lib/internal/deep), b, and a file of none.
func project(t *testing.T, s *Service) {
	t.Helper()
	const head = "package x\n\nfunc Functions() {}\n"
	for file, text := range map[string]string{
		"go.mod":                              "module example.com/test\n",
		"main.go":                             "package main\n",
		"functions/a/a.go":                    strings.Replace(head, "\n\n", "\n\nimport _ \"example.com/test/functions/lib\"\n", 1),
		"functions/b/b.go":                    head,
		"functions/lib/lib.go":                "package lib\n\nimport _ \"example.com/test/functions/lib/internal/deep\"\n",
		"functions/lib/internal/deep/deep.go": "package deep\n",
		"functions/lonely/lonely.go":          "package lonely\n",
		"functions/b/texts/welcome.txt":       "hello",
	} {
		writeFile(t, s, file, text)
	}
}

func writeFile(t *testing.T, s *Service, file, text string) {
	t.Helper()
	path := filepath.Join(s.settings.project, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func reloadable(t *testing.T, options Options) (*Service, *fakeLoader, *heard) {
	t.Helper()
	loader := &fakeLoader{}
	options.Loader = loader
	s, events := testService(t, options, "127.0.0.1:1")
	project(t, s)
	world := &deps{}
	err := s.RegisterPackages(
		Package("functions/a", giving(answering("a", "1")), world),
		Package("functions/b", giving(answering("b", "1"), answering("b.more", "1")), world),
	)
	if err != nil {
		t.Fatal(err)
	}
	loader.functions = map[string]any{
		"functions/a": giving(answering("a", "2")),
		"functions/b": giving(answering("b", "2"), answering("b.more", "2")),
	}
	return s, loader, events
}

func mustReload(t *testing.T, s *Service, files, ids []string) reloadResult {
	t.Helper()
	result, err := s.reload(t.Context(), files, ids)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestWhatIsLoaded(t *testing.T) {
	a, b := []string{"functions/a"}, []string{"functions/b"}
	for name, test := range map[string]struct {
		files, ids, packages []string
		copied               map[string]bool
	}{
		"its own file":  {[]string{"functions/b/b.go"}, nil, b, map[string]bool{"functions/b": true}},
		"embedded":      {[]string{"functions/b/texts/welcome.txt"}, nil, b, map[string]bool{"functions/b": true}},
		"its id":        {nil, []string{"b.more"}, b, map[string]bool{"functions/b": true}},
		"what it needs": {[]string{"functions/lib/lib.go"}, nil, a, map[string]bool{"functions/a": true, "functions/lib": true, "functions/lib/internal/deep": true}},
		"a test":        {[]string{"functions/a/a_test.go", "functions/b/b.go", "main_test.go"}, nil, b, map[string]bool{"functions/b": true}},
		"all":           {nil, nil, []string{"functions/a", "functions/b"}, map[string]bool{"functions/a": true, "functions/b": true, "functions/lib": true, "functions/lib/internal/deep": true}},
	} {
		t.Run(name, func(t *testing.T) {
			s, loader, _ := reloadable(t, Options{})
			if result := mustReload(t, s, test.files, test.ids); len(result.reloaded) == 0 || result.restart != "" || len(result.failed) > 0 {
				t.Fatalf("got %+v", result)
			}
			request := loader.requests[0]
			if !slices.Equal(request.Packages, test.packages) || !reflect.DeepEqual(request.Copied, test.copied) {
				t.Errorf("asked for %v, copied %v", request.Packages, request.Copied)
			}
		})
	}
}

func TestWhatHasChangedOnceIsCopiedFromThenOn(t *testing.T) {
	s, loader, _ := reloadable(t, Options{})
	loader.err = &LoadError{Failures: []LoadFailure{{Message: "broken"}}}
	mustReload(t, s, []string{"functions/lib/internal/deep/deep.go"}, nil)
	loader.err = nil
	mustReload(t, s, []string{"functions/a/a.go"}, nil)
	want := map[string]bool{"functions/a": true, "functions/lib": true, "functions/lib/internal/deep": true}
	if got := loader.requests[1].Copied; !reflect.DeepEqual(got, want) {
		t.Errorf("copied %v", got)
	}
}

func TestReloadExchangesAndTells(t *testing.T) {
	s, _, events := reloadable(t, Options{})
	result := mustReload(t, s, []string{"functions/a/a.go", "functions/b/b.go"}, nil)
	want := []Change{{"a", "1", "2"}, {"b", "1", "2"}, {"b.more", "1", "2"}}
	if !slices.Equal(result.reloaded, want) {
		t.Errorf("got %+v", result)
	}
	expectVersions(t, s.registry, map[string]string{"a": "2", "b": "2", "b.more": "2"})
	until(t, "it was told", func() bool { return events.has("functionsReloaded") })
	if got := events.names(); !slices.Equal(got, []string{"functionReloaded", "functionReloaded", "functionReloaded", "functionsReloaded"}) {
		t.Errorf("told %v", got)
	}
	if status := s.ReloadStatus(); status.FunctionReloads != 3 || status.FailedReloads != 0 || status.ConnectionStatus != "disconnected" {
		t.Errorf("status is %+v", status)
	}
}

func TestWhatNeedsARestart(t *testing.T) {
	for name, test := range map[string]struct {
		files, ids []string
		prepare    func(*Service, *fakeLoader)
		reason     string
	}{
		"a file of the program":  {files: []string{"functions/a/a.go", "main.go"}, reason: "main.go is not part of"},
		"a file outside":         {files: []string{"../x.go"}, reason: "../x.go is not part of"},
		"a file of no package":   {files: []string{"functions/README.md"}, reason: "functions/README.md is not part of"},
		"what no function needs": {files: []string{"functions/lonely/lonely.go"}, reason: "no package of functions imports functions/lonely"},
		"the program's own":      {ids: []string{"f"}, reason: "f is registered by the program itself"},
		"no plugins here":        {files: []string{"functions/a/a.go"}, reason: "no cgo", prepare: func(_ *Service, l *fakeLoader) { l.unavailable = "no cgo" }},
		"no loader":              {files: []string{"functions/a/a.go"}, reason: "without the loader", prepare: func(s *Service, _ *fakeLoader) { s.options.Loader = nil }},
		"another shared package": {files: []string{"functions/a/a.go"}, reason: "game has changed", prepare: func(_ *Service, l *fakeLoader) { l.err = &RestartError{"game has changed"} }},
		"another type":           {files: []string{"functions/a/a.go"}, reason: "func Functions of functions/a is a func()", prepare: func(_ *Service, l *fakeLoader) { l.functions["functions/a"] = func() {} }},
	} {
		t.Run(name, func(t *testing.T) {
			s, loader, events := reloadable(t, Options{})
			if test.prepare != nil {
				test.prepare(s, loader)
			}
			result := mustReload(t, s, test.files, test.ids)
			if !strings.Contains(result.restart, test.reason) || len(result.reloaded)+len(result.failed) > 0 {
				t.Errorf("got %+v", result)
			}
			expectVersions(t, s.registry, map[string]string{"a": "1", "b": "1"})
			until(t, "it was told", func() bool { return events.has("restartNeeded") })
		})
	}
}

func TestBudgetOfReloads(t *testing.T) {
	s, loader, _ := reloadable(t, Options{RestartBudget: 2})
	for range 2 {
		if result := mustReload(t, s, []string{"functions/a/a.go"}, nil); result.restart != "" {
			t.Fatalf("got %+v", result)
		}
	}
	if result := mustReload(t, s, []string{"functions/a/a.go"}, nil); !strings.Contains(result.restart, "loaded 2 times") || loader.loads() != 2 {
		t.Errorf("got %+v after %d loads", result, loader.loads())
	}
}

func TestWhatFailsLeavesAllOldOnes(t *testing.T) {
	both := []string{"functions/a/a.go", "functions/b/b.go"}
	for name, test := range map[string]struct {
		files, ids []string
		prepare    func(*testing.T, *Service, *fakeLoader)
		failed     ReloadFailed
	}{
		"the compiler": {files: both, failed: ReloadFailed{Path: "functions/b/b.go", Error: "3:1: undefined: x"}, prepare: func(_ *testing.T, _ *Service, l *fakeLoader) {
			l.err = &LoadError{Failures: []LoadFailure{{"functions/b/b.go", "3:1: undefined: x"}}}
		}},
		"a file that is not known": {files: both, failed: ReloadFailed{Path: "functions/a/a.go", Error: "x"}, prepare: func(_ *testing.T, _ *Service, l *fakeLoader) {
			l.err = &LoadError{Failures: []LoadFailure{{"", "x"}}}
		}},
		"a panic": {files: both, failed: ReloadFailed{Path: "functions/b/b.go", Error: "func Functions panicked: oh"}, prepare: func(_ *testing.T, _ *Service, l *fakeLoader) {
			l.functions["functions/b"] = func(*deps) []croupier.Function { panic("oh") }
		}},
		"no functions": {files: both, failed: ReloadFailed{Path: "functions/b/b.go", Error: "func Functions returned no function"}, prepare: func(_ *testing.T, _ *Service, l *fakeLoader) {
			l.functions["functions/b"] = giving()
		}},
		"no func Functions": {files: both, failed: ReloadFailed{Path: "functions/b/b.go", Error: "package functions/b has no func Functions"}, prepare: func(t *testing.T, s *Service, _ *fakeLoader) {
			writeFile(t, s, "functions/b/b.go", "package b\n")
		}},
		"an invalid descriptor": {files: both, failed: ReloadFailed{ID: "not an id", Path: "functions/b/b.go", Error: `a function's id has 1 to 256 characters without spaces, such as "player.ban"; got "not an id"`}, prepare: func(_ *testing.T, _ *Service, l *fakeLoader) {
			l.functions["functions/b"] = giving(answering("not an id", "2"))
		}},
		"an id of another": {files: both, failed: ReloadFailed{ID: "f", Path: "functions/b/b.go", Error: "function f is registered already, by the program"}, prepare: func(_ *testing.T, _ *Service, l *fakeLoader) {
			l.functions["functions/b"] = giving(answering("f", "2"))
		}},
		"an unknown id": {ids: []string{"a", "z"}, failed: ReloadFailed{ID: "z", Error: `no function "z" is registered here`}},
	} {
		t.Run(name, func(t *testing.T) {
			s, loader, events := reloadable(t, Options{})
			if test.prepare != nil {
				test.prepare(t, s, loader)
			}
			result := mustReload(t, s, test.files, test.ids)
			test.failed.RolledBack = true
			if !slices.Equal(result.failed, []ReloadFailed{test.failed}) || result.restart != "" || len(result.reloaded) > 0 {
				t.Errorf("got %+v", result)
			}
			expectVersions(t, s.registry, map[string]string{"a": "1", "b": "1", "b.more": "1", "f": "1"})
			until(t, "it was told", func() bool { return events.has("reloadFailed") })
			if status := s.ReloadStatus(); status.FailedReloads != 1 || status.FunctionReloads != 0 {
				t.Errorf("status is %+v", status)
			}
		})
	}
}

func TestNewPackageAndDeletedOne(t *testing.T) {
	s, loader, _ := reloadable(t, Options{})
	writeFile(t, s, "functions/c/c.go", "package c\n\nfunc Functions() {}\n")
	got := ""
	loader.functions["functions/c"] = func(given *deps) []croupier.Function {
		got = given.name
		return []croupier.Function{answering("c", "1")}
	}
	s.packages.list[0] = Package("functions/a", giving(answering("a", "1")), &deps{name: "of the first"})

	result := mustReload(t, s, []string{"functions/c/c.go"}, nil)
	if !slices.Equal(result.reloaded, []Change{{"c", "", "1"}}) || got != "of the first" {
		t.Fatalf("got %+v, given %q", result, got)
	}
	if err := os.RemoveAll(filepath.Join(s.settings.project, "functions", "c")); err != nil {
		t.Fatal(err)
	}
	loads := loader.loads()
	if result := mustReload(t, s, []string{"functions/c/c.go"}, nil); !slices.Equal(result.reloaded, []Change{{"c", "1", ""}}) || loader.loads() != loads {
		t.Errorf("got %+v", result)
	}
}

func TestPackagesThatAreWrong(t *testing.T) {
	s, _, _ := reloadable(t, Options{})
	for name, list := range map[string][]FunctionPackage{
		"outside":  {Package("game", giving(answering("x", "1")), &deps{})},
		"the root": {Package("functions", giving(answering("x", "1")), &deps{})},
		"twice":    {Package("functions/x", giving(answering("x", "1")), &deps{}), Package("functions/x", giving(answering("y", "1")), &deps{})},
		"again":    {Package("functions/x", giving(answering("x", "1")), &deps{}), Package("functions/a", giving(answering("y", "1")), &deps{})},
		"taken id": {Package("functions/x", giving(answering("a", "1")), &deps{})},
		"empty":    {Package("functions/x", giving(), &deps{})},
		"none":     {{}},
	} {
		if err := s.RegisterPackages(list...); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	if got := s.packages.folders(); !slices.Equal(got, []string{"functions/a", "functions/b"}) {
		t.Errorf("packages are %v", got)
	}
	expectVersions(t, s.registry, map[string]string{"x": "-", "y": "-"})
}

func TestReloadsTakeTurns(t *testing.T) {
	s, _, _ := reloadable(t, Options{})
	s.reloadTurn <- struct{}{}
	if status := s.ReloadStatus(); status.ConnectionStatus != "reloading" {
		t.Errorf("status is %+v", status)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.reload(ctx, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-s.reloadTurn
	mustReload(t, s, nil, nil)
}

func TestHotPathsAreThoseOfTheLoader(t *testing.T) {
	s, loader, _ := reloadable(t, Options{})
	if got := s.hotPaths(); !slices.Equal(got, []string{"functions/**"}) {
		t.Errorf("got %v", got)
	}
	loader.unavailable = "no cgo"
	if got := s.hotPaths(); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestWatcherReloadsWhatIsSaved(t *testing.T) {
	s, loader, events := reloadable(t, Options{Watch: true})
	loader.functions["functions/new/deeper"] = giving(answering("new", "1"))
	if err := s.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	writeFile(t, s, "functions/a/a_test.go", "package x\n")
	writeFile(t, s, "functions/a/a.go", "package x\n\nfunc Functions() {}\n")
	until(t, "it reloaded", func() bool { return events.has("functionsReloaded") })
	expectVersions(t, s.registry, map[string]string{"a": "2", "b": "1"})
	// Folders that are new are watched, too, with what was saved before they were.
	writeFile(t, s, "functions/new/deeper/deeper.go", "package deeper\n\nfunc Functions() {}\n")
	until(t, "it has the new package", func() bool { return versionsOf(t, s.registry, "new")[0] == "1" })
}
