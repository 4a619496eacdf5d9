package hotplugin

import (
	"fmt"
	"path/filepath"
	"plugin"
	"runtime"
	"strings"

	"example.com/game-server/croupier/service"
)

// How deep in the stack of a panic its place is looked for, in frames.
const maxFrames = 64

// open loads a plugin. One whose packages panic while they are initialised has not ended the process.
func open(file, project string) (loaded *service.Loaded, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			message := fmt.Sprintf("panicked while it was loaded: %v", thrown)
			err = &service.LoadError{Failures: []service.LoadFailure{{Path: panicFile(project), Message: message}}, IsOpen: true}
		}
	}()
	opened, err := plugin.Open(file)
	if err != nil {
		return nil, explainOpen(err)
	}
	symbol, err := opened.Lookup(modules)
	if err != nil {
		return nil, err
	}
	functions, ok := symbol.(*map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s of the plugin is a %T", modules, symbol)
	}
	return &service.Loaded{Functions: *functions}, nil
}

// panicFile is the first file of the project below the panic that is being recovered from; empty where there is none.
func panicFile(project string) string {
	callers := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	isBelow := false
	for {
		frame, more := frames.Next()
		if below, ok := strings.CutPrefix(frame.File, project+string(filepath.Separator)); ok && isBelow {
			return filepath.ToSlash(below)
		}
		isBelow = isBelow || frame.Function == "runtime.gopanic"
		if !more {
			return ""
		}
	}
}

// explainOpen: a plugin that does not go with the program is no mistake in the function that changed.
func explainOpen(err error) error {
	_, name, found := strings.Cut(err.Error(), "different version of package ")
	if !found {
		return &service.RestartError{Reason: fmt.Sprintf("the plugin cannot be opened: %v", err)}
	}
	name, _, _ = strings.Cut(name, " ")
	return &service.RestartError{Reason: fmt.Sprintf("package %s is not the one that the program was built with", name)}
}
