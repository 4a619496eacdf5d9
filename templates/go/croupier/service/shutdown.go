package service

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	// How long taking ourselves out of the agent's routing may hold up a shutdown.
	leaveTimeout = 500 * time.Millisecond
	// After the drain only answers on their way and readers of ended jobs are left on the server.
	serverGrace = time.Second
	// One Ctrl-C can come several times: from the terminal, and from each tool in between.
	samePress = 300 * time.Millisecond
)

// GracefulShutdown takes the service out of the agent's routing, serves what was on its way to it (at most 0.5 s; 3 s where others serve the
// functions, too), lets calls and jobs under way finish, calls OnShutdown, then closes server and connections. After the configured timeout, or when ctx ends, the handlers' contexts are cancelled. A second call waits for the first.
func (s *Service) GracefulShutdown(ctx context.Context) error {
	s.shutDown.Do(func() { s.shutDownErr = s.shutdown(ctx) })
	return s.shutDownErr
}

func (s *Service) shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	server, timeout, stopWatching := s.server, s.config.GracefulShutdownTimeout, s.stopWatching
	s.mu.Unlock()

	s.events.emit(ShuttingDown{Timeout: timeout})
	stopWatching()
	left := unrouted
	if server != nil {
		leaving, cancel := context.WithTimeout(ctx, leaveTimeout)
		left = s.link.leave(leaving)
		cancel()
	}
	began := time.Now()
	s.host.arrivals.whenQuiet(ctx, s.lameDuckAfter(left, timeout))
	s.host.drain(ctx, timeout-time.Since(began))
	var err error
	if s.options.OnShutdown != nil {
		err = s.options.OnShutdown(ctx)
	}
	if server != nil {
		stopServer(server, serverGrace)
	}
	s.host.jobs.close()
	s.endLink()
	if server != nil {
		s.link.close()
	}
	if s.options.Loader != nil {
		s.options.Loader.Close()
	}
	close(s.closed)
	s.events.emit(Closed{})
	s.events.flush()
	return err
}

// Run connects, and shuts down gracefully at SIGTERM or SIGINT, or when ctx ends. A second signal ends the process at once.
func (s *Service) Run(ctx context.Context) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	defer signal.Stop(signals)
	connecting, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- s.Connect(connecting) }()
	for {
		select {
		case err := <-failed:
			if err != nil && ctx.Err() == nil {
				return err
			}
			failed = nil
			continue
		case <-signals:
			// From then on a signal has its own effect again.
			time.AfterFunc(samePress, func() { signal.Stop(signals) })
		case <-ctx.Done():
		case <-s.closed:
		}
		return s.GracefulShutdown(context.WithoutCancel(ctx))
	}
}
