// Package service serves the functions of a game server: it registers them with an agent, keeps the connection, exchanges functions
// while calls are under way, and ends gracefully.
package service

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"

	"example.com/game-server/croupier"
	"example.com/game-server/croupier/internal/wire"
)

var errClosed = errors.New("the service is closed")

// Service is one game server: its functions, its gRPC server, its place with the agent.
type Service struct {
	settings settings
	options  Options
	started  time.Time
	events   *eventQueue
	registry *registry
	host     *host
	link     *agentLink
	// packages are what Reload can load again.
	packages *packages
	// endLink ends what the link does.
	endLink context.CancelFunc
	linkCtx context.Context

	// reloadTurn is held by the one reload that is under way, which alone uses what follows.
	reloadTurn chan struct{}
	// changedDirs are the folders below the one of functions that differ from what the program was built of.
	changedDirs map[string]bool
	// reloads counts what was loaded since the start.
	reloads int

	// shutDown runs once.
	shutDown    sync.Once
	shutDownErr error
	closed      chan struct{}

	mu              sync.Mutex
	config          Config
	server          *grpc.Server
	address         string
	closing         bool
	stopWatching    func()
	functionReloads int64
	configReloads   int64
	failedReloads   int64
}

// New makes a service; nothing is opened before Connect. The error names the option that is wrong.
func New(options Options) (*Service, error) {
	set, err := currentSettings(options)
	if err != nil {
		return nil, err
	}
	return newService(options, set), nil
}

func newService(options Options, set settings) *Service {
	s := &Service{
		settings:    set,
		options:     options,
		started:     time.Now(),
		events:      newEventQueue(options.OnEvent),
		registry:    &registry{},
		packages:    &packages{},
		reloadTurn:  make(chan struct{}, 1),
		closed:      make(chan struct{}),
		changedDirs: make(map[string]bool),
		config:      set.live,
	}
	s.host = newHost(s.registry, func(err error) { s.events.emit(Failed{Err: err}) })
	s.link = newAgentLink(set.agentAddress, s.Config, s.registration, s.events.emit)
	s.linkCtx, s.endLink = context.WithCancel(context.Background())
	s.stopWatching = func() {}
	return s
}

// ID is the service's, stable over restarts.
func (s *Service) ID() string { return s.settings.serviceID }

// Version is the service's own.
func (s *Service) Version() string { return s.Config().Version }

// GameID is empty where none is told.
func (s *Service) GameID() string { return s.settings.gameID }

// Env is such as "development"; empty where none is told.
func (s *Service) Env() string { return s.settings.env }

// Generation is which life of the process this is under `croupier dev`, counted from 1; 0 when started by hand.
func (s *Service) Generation() int { return s.settings.generation }

// InFlight counts the handlers under way, of calls and jobs.
func (s *Service) InFlight() int { return s.host.inFlight.count() }

// Address is the host:port that the agent is told; empty before Connect.
func (s *Service) Address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// RegisterFunction adds functions and jobs; where one is wrong none of them. After Connect the agent is told.
func (s *Service) RegisterFunction(functions ...croupier.Function) error {
	batch := make([]owned, 0, len(functions))
	for _, function := range functions {
		batch = append(batch, owned{function: function})
	}
	return s.add(batch)
}

func (s *Service) add(batch []owned) error {
	if err := s.registry.add(batch); err != nil {
		return err
	}
	s.link.registerAgain()
	return nil
}

// Connect serves, then registers with the agent. It returns when registered, or when the first attempt has failed: a game server must not
// die because its agent is absent, so it is tried again and again. It fails only where the address to serve on cannot be had.
func (s *Service) Connect(ctx context.Context) error {
	registered, err := s.serve()
	if err != nil || registered == nil {
		return err
	}
	select {
	case <-registered:
		return nil
	case <-s.closed:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serve answers a channel that hears of the first attempt to register; nil: it was called before.
func (s *Service) serve() (chan error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil, errClosed
	}
	if s.server != nil {
		return nil, nil
	}
	server, listener, err := listen(s.settings.listen, s.host, &hotReloadServer{service: s})
	if err != nil {
		return nil, err
	}
	s.server = server
	s.address = s.settings.advertise
	if tcp, ok := listener.Addr().(*net.TCPAddr); ok && s.address == "" {
		s.address = advertised(s.settings.listen, tcp.Port)
	}
	go func() {
		if err := server.Serve(listener); err != nil {
			s.events.emit(Failed{Err: err})
		}
	}()
	if s.settings.watch && s.options.Loader != nil {
		s.startWatching()
	}
	registered := make(chan error, 1)
	go s.link.keepRegistered(s.linkCtx, registered)
	return registered, nil
}

// Reconnect ends the present connection to the agent, if there is one, and tries at once. The error says why it is not registered.
func (s *Service) Reconnect(ctx context.Context) error {
	s.mu.Lock()
	isServing := s.server != nil
	s.mu.Unlock()
	if !isServing {
		return errors.New("the service is not connected yet: call Connect first")
	}
	return s.link.reconnect(ctx)
}

func (s *Service) registration() *wire.RegisterLocalRequest {
	s.mu.Lock()
	version, address := s.config.Version, s.address
	s.mu.Unlock()
	return &wire.RegisterLocalRequest{
		ServiceId: s.settings.serviceID,
		Version:   version,
		RpcAddr:   address,
		Functions: s.registry.descriptors(),
	}
}
