package hotplugin

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"example.com/game-server/croupier/internal/sources"
	"example.com/game-server/croupier/service"
)

func TestPluginIsBuiltLikeItsProgram(t *testing.T) {
	build := readBuildSettings(&debug.BuildInfo{
		Main: debug.Module{Path: "example.com/m"},
		Settings: []debug.BuildSetting{
			{Key: "-buildmode", Value: "exe"}, {Key: "-compiler", Value: "gc"}, {Key: "-ldflags", Value: "-X a=b"},
			{Key: "-tags", Value: "hot,x"}, {Key: "-race", Value: "true"}, {Key: "-gcflags", Value: "all=-N -l"},
			{Key: "CGO_ENABLED", Value: "1"}, {Key: "CGO_CFLAGS", Value: "-O2"}, {Key: "GOAMD64", Value: "v3"}, {Key: "vcs", Value: "git"},
		},
	})
	want := buildSettings{
		module:      "example.com/m",
		cgo:         true,
		flags:       []string{"-tags=hot,x", "-gcflags=all=-N -l", "-race", "-trimpath=false"},
		environment: []string{"CGO_ENABLED=1", "CGO_CFLAGS=-O2", "GOAMD64=v3"},
	}
	if !reflect.DeepEqual(build, want) {
		t.Errorf("got %+v", build)
	}
	trimmed := readBuildSettings(&debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "-trimpath", Value: "true"}, {Key: "CGO_ENABLED", Value: "0"}}})
	if trimmed.cgo || !slices.Equal(trimmed.flags, []string{"-trimpath"}) {
		t.Errorf("got %+v", trimmed)
	}
}

func TestWhereThereAreNoPlugins(t *testing.T) {
	for reason, loader := range map[string]*Loader{
		"without cgo": {build: buildSettings{cgo: false}},
		"module":      {readErr: errors.New("the program was not built of a module")},
	} {
		if got := loader.Unavailable(); !strings.Contains(got, reason) {
			t.Errorf("got %q", got)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if got := (&Loader{build: buildSettings{cgo: true}}).Unavailable(); !strings.Contains(got, "the go command is not in the PATH") {
		t.Errorf("got %q", got)
	}
	if hasPlugins("windows", "amd64") || !hasPlugins("linux", "arm64") || hasPlugins("freebsd", "arm64") {
		t.Error("platforms are wrong")
	}
}

func TestWhatTheCompilerSaysIsToldByFile(t *testing.T) {
	project := t.TempDir()
	output := "# example.com/m/.croupier/plugins/1/functions/player\n" +
		filepath.Join(project, "functions/player/player.go") + ":12:3: undefined: x\n" +
		"functions/player/player.go:14:1: syntax error\n" +
		"\tand more of it\n" +
		".croupier/plugins/1/functions/empty.go:1:53: expected 'package', found 'EOF'\n" +
		"functions/season/season.go:3: package foo is not in std\n"
	var broken *service.LoadError
	dir := filepath.Join(project, ".croupier", "plugins", "1")
	if err := explainBuild(project, dir, output); !errors.As(err, &broken) {
		t.Fatalf("got %v", err)
	}
	want := []service.LoadFailure{
		{Path: "functions/player/player.go", Message: "12:3: undefined: x\n14:1: syntax error\n\tand more of it"},
		{Path: "functions/empty.go", Message: "1:53: expected 'package', found 'EOF'"},
		{Path: "functions/season/season.go", Message: "3: package foo is not in std"},
	}
	if !slices.Equal(broken.Failures, want) {
		t.Errorf("got %+v", broken.Failures)
	}
	if err := explainBuild(project, dir, "no space left\n"); !errors.As(err, &broken) || broken.Failures[0].Message != "no space left" {
		t.Errorf("got %v", err)
	}
}

func TestMissingToolsNeedARestart(t *testing.T) {
	var restart *service.RestartError
	err := explainBuild(t.TempDir(), t.TempDir(), `cgo: C compiler "gcc" not found: exec: "gcc": executable file not found in $PATH`)
	if !errors.As(err, &restart) {
		t.Errorf("got %v", err)
	}
	err = explainOpen(errors.New(`plugin.Open("x"): plugin was built with a different version of package example.com/m/game (previous failure)`))
	if !errors.As(err, &restart) || restart.Reason != "package example.com/m/game is not the one that the program was built with" {
		t.Errorf("got %v", err)
	}
	if err := explainOpen(errors.New("no such file")); !errors.As(err, &restart) {
		t.Errorf("got %v", err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSourcesOfAPlugin(t *testing.T) {
	project := t.TempDir()
	write(t, filepath.Join(project, "go.mod"), "module example.com/m\n")
	player := filepath.Join(project, "functions", "player")
	write(t, filepath.Join(player, "player.go"), `package player

import (
	"fmt"

	"example.com/m/functions/lib"
	same "example.com/m/functions/stable"
)

func Functions() {}
`)
	write(t, filepath.Join(player, "player_test.go"), "package player\n")
	write(t, filepath.Join(player, "texts", "welcome.txt"), "hello")
	write(t, filepath.Join(player, "rules", "rules.go"), "package rules\n")
	write(t, filepath.Join(project, "functions", "lib", "lib.go"), "package lib\n")
	tree, err := sources.Read(project, "functions", "example.com/m")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(project, ".croupier", "plugins", "7", "1")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	plugin := &pluginSources{dir: dir, request: service.LoadRequest{
		Tree: tree, Packages: []string{"functions/player"}, Copied: map[string]bool{"functions/player": true, "functions/lib": true, "functions/stable": false},
	}}
	if err := plugin.write(); err != nil {
		t.Fatal(err)
	}

	var files []string
	err = filepath.WalkDir(dir, func(file string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			below, _ := filepath.Rel(dir, file)
			files = append(files, filepath.ToSlash(below))
		}
		return err
	})
	want := []string{"functions/lib/lib.go", "functions/player/player.go", "functions/player/texts/welcome.txt", "main.go"}
	if err != nil || !slices.Equal(files, want) {
		t.Errorf("it has %v, %v", files, err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "functions", "player", "player.go"))
	if err != nil {
		t.Fatal(err)
	}
	wanted := "//line " + filepath.Join(player, "player.go") + `:1
package player

import (
	"fmt"

	"example.com/m/.croupier/plugins/7/1/functions/lib"
	same "example.com/m/functions/stable"
)

func Functions() {}
`
	if string(content) != wanted {
		t.Errorf("got %s", content)
	}
	main, err := os.ReadFile(filepath.Join(dir, "main.go"))
	if err != nil || !strings.Contains(string(main), `p0 "example.com/m/.croupier/plugins/7/1/functions/player"`) || !strings.Contains(string(main), `"functions/player": p0.Functions`) {
		t.Errorf("got %s, %v", main, err)
	}
}

func TestWhatKilledProcessesLeftIsRemoved(t *testing.T) {
	project := t.TempDir()
	plugins := filepath.Join(project, filepath.FromSlash(folder))
	// No process has such an id: the largest is below it.
	left, running := filepath.Join(plugins, "99999999-1"), filepath.Join(plugins, "1-1")
	write(t, filepath.Join(left, "1", "main.go"), "")
	write(t, filepath.Join(running, "1", "main.go"), "")
	loader := &Loader{}
	first, err := loader.makeFolder(project)
	if err != nil {
		t.Fatal(err)
	}
	second, err := loader.makeFolder(project)
	if err != nil || first == second {
		t.Errorf("%s and %s, %v", first, second, err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := os.Stat(running); err != nil && os.Getuid() == 0 {
		t.Error(err)
	}
	loader.Close()
	if entries, err := os.ReadDir(plugins); err != nil || slices.ContainsFunc(entries, func(entry os.DirEntry) bool { return strings.HasPrefix(second, filepath.Join(plugins, entry.Name())) }) {
		t.Errorf("%v, %v", entries, err)
	}
}
