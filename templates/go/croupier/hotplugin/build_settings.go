package hotplugin

import (
	"runtime/debug"
	"slices"
	"strings"
)

// buildSettings are how this program was built: a plugin has to be built alike, or the packages that both have are not the same.
type buildSettings struct {
	module string
	cgo    bool
	// flags of go build, and environment of it.
	flags, environment []string
}

// ownFlags are not for the plugin: it has its own, or they change nothing in the packages that both have.
var ownFlags = []string{"-buildmode", "-compiler", "-ldflags"}

// switches are told of a program only where they were on, and can come in by GOFLAGS.
var switches = []string{"-trimpath", "-race", "-msan", "-asan"}

func readBuildSettings(info *debug.BuildInfo) buildSettings {
	build := buildSettings{module: info.Main.Path, cgo: true}
	on := make(map[string]bool)
	for _, setting := range info.Settings {
		switch key := setting.Key; {
		case key == "CGO_ENABLED":
			build.cgo = setting.Value == "1"
			build.environment = append(build.environment, "CGO_ENABLED="+setting.Value)
		case strings.HasPrefix(key, "GO") || strings.HasPrefix(key, "CGO_"):
			build.environment = append(build.environment, key+"="+setting.Value)
		case slices.Contains(switches, key):
			on[key] = setting.Value == "true"
		case strings.HasPrefix(key, "-") && !slices.Contains(ownFlags, key):
			build.flags = append(build.flags, key+"="+setting.Value)
		}
	}
	for _, name := range switches {
		if on[name] {
			build.flags = append(build.flags, name)
		}
	}
	if !on["-trimpath"] {
		build.flags = append(build.flags, "-trimpath=false")
	}
	return build
}
