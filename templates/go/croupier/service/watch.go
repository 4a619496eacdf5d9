package service

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"example.com/game-server/croupier/internal/sources"
)

// Files that are saved within this time of each other are reloaded together.
const watchQuiet = 100 * time.Millisecond

// startWatching reloads packages of functions when their files change. It needs the lock.
func (s *Service) startWatching() {
	if reason := s.cannotReload(); reason != "" {
		s.events.emit(RestartNeeded{Reason: reason})
		return
	}
	root := filepath.Join(s.settings.project, filepath.FromSlash(s.settings.functions))
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		_, err = watchFolders(watcher, root)
	}
	if err != nil {
		s.events.emit(Failed{Err: fmt.Errorf("%s cannot be watched: %w", root, err)})
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.watchFiles(ctx, watcher)
	}()
	s.stopWatching = func() {
		cancel()
		// That the watcher could not be closed changes nothing any more.
		_ = watcher.Close()
		<-done
	}
}

func (s *Service) watchFiles(ctx context.Context, watcher *fsnotify.Watcher) {
	changed := make(map[string]bool)
	quiet := time.NewTimer(watchQuiet)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event, ok := <-watcher.Events:
			if !ok {
				return
			}
			for _, file := range s.changedFiles(watcher, event) {
				changed[file] = true
				quiet.Reset(watchQuiet)
			}
		case err, ok := <-watcher.Errors:
			if !ok {
				return
			}
			s.events.emit(Failed{Err: fmt.Errorf("watching functions: %w", err)})
		case <-quiet.C:
			if len(changed) > 0 {
				files := slices.Sorted(maps.Keys(changed))
				clear(changed)
				// What becomes of it is told as events.
				_, _ = s.reload(ctx, files, nil)
			}
		}
	}
}

// changedFiles are the Go files that an event is about, relative to the project. A new folder is watched from then on; what was saved
// there before is new as well.
func (s *Service) changedFiles(watcher *fsnotify.Watcher, event fsnotify.Event) []string {
	if event.Op == fsnotify.Chmod {
		return nil
	}
	files := []string{event.Name}
	if info, err := os.Stat(event.Name); err == nil && info.IsDir() {
		if files, err = watchFolders(watcher, event.Name); err != nil {
			s.events.emit(Failed{Err: fmt.Errorf("%s cannot be watched: %w", event.Name, err)})
		}
	}
	var changed []string
	for _, file := range files {
		below, err := filepath.Rel(s.settings.project, file)
		if err == nil && sources.IsSource(filepath.Base(file)) {
			changed = append(changed, filepath.ToSlash(below))
		}
	}
	return changed
}

// watchFolders watches a folder and those below it; it answers the files that are there.
func watchFolders(watcher *fsnotify.Watcher, root string) (files []string, err error) {
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			files = append(files, file)
			return nil
		case sources.IsIgnoredDir(entry.Name()) && file != root:
			return fs.SkipDir
		}
		return watcher.Add(file)
	})
	return files, err
}
