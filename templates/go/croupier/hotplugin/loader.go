// Package hotplugin loads packages of functions into a running program, as Go plugins. A program links it only for development: with it,
// linking takes about a second longer.
package hotplugin

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"

	"example.com/game-server/croupier/service"
)

// folder of the project in which plugins are built; it is inside of the module, so that plugins may import what is internal there.
const folder = ".croupier/plugins"

// modules is the variable of a plugin with the func Functions of each of its packages, by folder.
const modules = "Modules"

// Loader builds plugins with the go command, and opens them.
type Loader struct {
	build buildSettings
	// readErr says why the build of this program is not known.
	readErr error

	mu    sync.Mutex
	built int
	home  string
}

// New makes a loader for this program.
func New() *Loader {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path == "" {
		return &Loader{readErr: fmt.Errorf("the program was not built of a module")}
	}
	return &Loader{build: readBuildSettings(info)}
}

// Module is the path of the module that the program was built of.
func (l *Loader) Module() string { return l.build.module }

// Unavailable says why no plugin can be loaded here; empty: it can.
func (l *Loader) Unavailable() string {
	switch {
	case l.readErr != nil:
		return l.readErr.Error()
	case !hasPlugins(runtime.GOOS, runtime.GOARCH):
		return fmt.Sprintf("Go has no plugins on %s/%s", runtime.GOOS, runtime.GOARCH)
	case !l.build.cgo:
		return "the program was built without cgo, which plugins need"
	}
	if _, err := exec.LookPath("go"); err != nil {
		return "the go command is not in the PATH"
	}
	return ""
}

// hasPlugins as `go build -buildmode=plugin` knows them.
func hasPlugins(system, machine string) bool {
	switch system {
	case "linux":
		switch machine {
		case "amd64", "arm", "arm64", "386", "loong64", "riscv64", "s390x", "ppc64le":
			return true
		}
	case "darwin", "freebsd":
		return machine == "amd64" || system == "darwin" && machine == "arm64"
	}
	return false
}

// Load builds one plugin of all the packages, and opens it.
func (l *Loader) Load(ctx context.Context, request service.LoadRequest) (*service.Loaded, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	dir, err := l.makeFolder(request.Tree.Project)
	if err != nil {
		return nil, fmt.Errorf("no plugin can be built: %w", err)
	}
	// What is open stays in memory; nobody needs its files any more.
	defer os.RemoveAll(dir)
	sources := &pluginSources{request: request, dir: dir}
	if err := sources.write(); err != nil {
		return nil, fmt.Errorf("the sources of a plugin cannot be written: %w", err)
	}
	file := filepath.Join(dir, "plugin.so")
	if err := l.run(ctx, request.Tree.Project, dir, file); err != nil {
		return nil, err
	}
	return open(file, request.Tree.Project)
}

// makeFolder makes a folder that no other plugin has had: its path is part of the plugin's name, and no two of one process may be the same.
func (l *Loader) makeFolder(project string) (string, error) {
	plugins := filepath.Join(project, filepath.FromSlash(folder))
	if l.home == "" {
		if err := os.MkdirAll(plugins, 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(plugins, ".gitignore"), []byte("*\n"), 0o644); err != nil {
			return "", err
		}
		removeLeft(plugins)
		home, err := os.MkdirTemp(plugins, fmt.Sprintf("%d-", os.Getpid()))
		if err != nil {
			return "", err
		}
		l.home = home
	}
	l.built++
	dir := filepath.Join(l.home, fmt.Sprint(l.built))
	return dir, os.Mkdir(dir, 0o755)
}

// Close takes away what Load has left on disk.
func (l *Loader) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.home != "" {
		// What cannot be removed is removed by the next process.
		_ = os.RemoveAll(l.home)
		l.home = ""
	}
}
