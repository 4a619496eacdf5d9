package service

import (
	"context"
	"strings"

	"example.com/game-server/croupier/internal/sources"
)

// Loader loads packages of functions again, from their sources.
type Loader interface {
	// Unavailable says why nothing can be loaded here; empty: it can.
	Unavailable() string
	// Module is the path of the module that the program was built of.
	Module() string
	// Load builds and loads packages. Where it fails nothing is loaded. The error can be a RestartError or a LoadError.
	Load(ctx context.Context, request LoadRequest) (*Loaded, error)
	// Close takes away what Load has left on disk.
	Close()
}

// LoadRequest is what to load.
type LoadRequest struct {
	Tree *sources.Tree
	// Packages are the folders whose func Functions is asked for.
	Packages []string
	// Copied are the folders that the program has in another version, or not at all; the rest is the program's own.
	Copied map[string]bool
}

// Loaded has the func Functions of each package, by folder.
type Loaded struct {
	Functions map[string]any
}

// RestartError: a change cannot be taken without a restart.
type RestartError struct{ Reason string }

func (e *RestartError) Error() string { return e.Reason }

// LoadError says which files cannot be loaded.
type LoadError struct {
	Failures []LoadFailure
	// IsOpen: it was loaded before it failed, and stays in memory.
	IsOpen bool
}

// LoadFailure is a file, relative to the project, and what is wrong with it. Path is empty where it is not known.
type LoadFailure struct{ Path, Message string }

func (e *LoadError) Error() string {
	var lines []string
	for _, failure := range e.Failures {
		lines = append(lines, failure.Path+": "+failure.Message)
	}
	return strings.Join(lines, "\n")
}
