package hotplugin

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// removeLeft removes what processes that were killed have left.
func removeLeft(plugins string) {
	entries, err := os.ReadDir(plugins)
	if err != nil {
		return
	}
	for _, entry := range entries {
		text, _, _ := strings.Cut(entry.Name(), "-")
		if pid, err := strconv.Atoi(text); err == nil && entry.IsDir() && !isRunning(pid) {
			// One that cannot be removed takes room, and nothing else.
			_ = os.RemoveAll(filepath.Join(plugins, entry.Name()))
		}
	}
}

func isRunning(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	return process.Signal(syscall.Signal(0)) == nil
}
