package hotplugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/game-server/croupier/service"
)

const (
	// A go command that is to end gets this long.
	killDelay = time.Second
	// More of what the compiler says helps nobody.
	maxMessageBytes = 4096
)

// compilerLine is `functions/player/player.go:12:3: undefined: x`.
var compilerLine = regexp.MustCompile(`^(\S.*?\.go):(\d+)(?::\d+)?: .+`)

// run builds the plugin in a folder into a file.
func (l *Loader) run(ctx context.Context, project, dir, file string) error {
	below, err := filepath.Rel(project, dir)
	if err != nil {
		return fmt.Errorf("no plugin can be built: %w", err)
	}
	// Without symbols and debugging information a plugin is linked in two thirds of the time.
	arguments := []string{"build", "-buildmode=plugin", "-buildvcs=false", "-ldflags=-s -w", "-o", file}
	arguments = append(arguments, l.build.flags...)
	command := exec.CommandContext(ctx, "go", append(arguments, "./"+filepath.ToSlash(below))...)
	command.Dir = project
	command.Env = append(os.Environ(), l.build.environment...)
	command.WaitDelay = killDelay
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err = command.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return &service.RestartError{Reason: fmt.Sprintf("the go command cannot be run: %v", err)}
	}
	return explainBuild(project, dir, output.String())
}

// explainBuild says what the go command complains about: sources that are wrong, or tools that are missing.
func explainBuild(project, dir, output string) error {
	for _, missing := range []string{"C compiler", "-buildmode=plugin not supported", "requires external (cgo) linking"} {
		if strings.Contains(output, missing) {
			return &service.RestartError{Reason: "no plugin can be built: " + clip(strings.TrimSpace(output))}
		}
	}
	var failures []service.LoadFailure
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\n")
		match := compilerLine.FindStringSubmatch(line)
		switch {
		case match != nil:
			path := relative(project, dir, match[1])
			message := strings.TrimPrefix(line, match[1]+":")
			at := slices.IndexFunc(failures, func(one service.LoadFailure) bool { return one.Path == path })
			if at < 0 {
				failures = append(failures, service.LoadFailure{Path: path, Message: message})
			} else {
				failures[at].Message = clip(failures[at].Message + "\n" + message)
			}
		case strings.HasPrefix(line, "#") || len(failures) == 0:
		default:
			failures[len(failures)-1].Message = clip(failures[len(failures)-1].Message + "\n" + line)
		}
	}
	if len(failures) == 0 {
		failures = []service.LoadFailure{{Message: clip(strings.TrimSpace(output))}}
	}
	return &service.LoadError{Failures: failures}
}

// relative is a file as people know it, with slashes: one of the plugin's folder stands for that of the project.
func relative(project, dir, file string) string {
	if !filepath.IsAbs(file) {
		file = filepath.Join(project, file)
	}
	for _, root := range []string{dir, project} {
		if below, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(below) {
			return filepath.ToSlash(below)
		}
	}
	return file
}

func clip(text string) string {
	return text[:min(len(text), maxMessageBytes)]
}
