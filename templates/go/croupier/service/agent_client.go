package service

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"example.com/game-server/croupier/internal/wire"
)

// For one registration, heartbeat or list.
const rpcTimeout = 5 * time.Second

// agentClient is one connection to the agent, from the first packet to its loss.
type agentClient struct {
	address string
	conn    *grpc.ClientConn
	control wire.LocalControlServiceClient
}

// dialAgent begins to connect. onConnected is called once; lost is closed when the connection that was there is gone.
func dialAgent(ctx context.Context, address string, onConnected func()) (client *agentClient, lost <-chan struct{}, err error) {
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		// An idle connection would be closed, and nobody would see the agent go.
		grpc.WithIdleTimeout(0),
	)
	if err != nil {
		return nil, nil, fmt.Errorf("the agent's address %s: %w", address, err)
	}
	gone := make(chan struct{})
	go watchConnection(ctx, conn, onConnected, gone)
	return &agentClient{address, conn, wire.NewLocalControlServiceClient(conn)}, gone, nil
}

func watchConnection(ctx context.Context, conn *grpc.ClientConn, onConnected func(), gone chan<- struct{}) {
	conn.Connect()
	connected := false
	for state := conn.GetState(); ; state = conn.GetState() {
		if state == connectivity.Ready && !connected {
			connected = true
			onConnected()
		}
		if connected && state != connectivity.Ready {
			close(gone)
			return
		}
		if !conn.WaitForStateChange(ctx, state) {
			return
		}
	}
}

func (c *agentClient) close() { _ = c.conn.Close() }

// register answers the session's id, which can be empty.
func (c *agentClient) register(ctx context.Context, registration *wire.RegisterLocalRequest) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	answer, err := c.control.RegisterLocal(ctx, registration)
	return answer.GetSessionId(), err
}

// heartbeat fails only where the agent does not answer: one without heartbeats is told by its connection alone.
func (c *agentClient) heartbeat(ctx context.Context, serviceID, sessionID string) error {
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	_, err := c.control.Heartbeat(ctx, &wire.HeartbeatRequest{ServiceId: serviceID, SessionId: sessionID})
	if err == nil || status.Code(err) == codes.Unimplemented {
		return nil
	}
	return fmt.Errorf("the agent at %s did not take the heartbeat: %w", c.address, err)
}

// listing is where an agent's list shows a registration.
type listing int

const (
	// The agent has no list, or did not answer in time.
	notKnown listing = iota
	// There is no connection to the agent any more.
	unreached
	absent
	// The service id is there with other addresses only: a successor, or a gateway in between.
	replaced
	listed
)

// find looks for a registration in the agent's list; hasOthers: one of its functions is served at another address, too.
func (c *agentClient) find(ctx context.Context, registration *wire.RegisterLocalRequest) (place listing, hasOthers bool) {
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	list, err := c.control.ListLocal(ctx, &wire.ListLocalRequest{})
	if status.Code(err) == codes.Unavailable {
		return unreached, false
	}
	if err != nil {
		return notKnown, false
	}
	place = absent
	for _, function := range list.Functions {
		isOurs := slices.ContainsFunc(registration.Functions, func(one *wire.LocalFunctionDescriptor) bool { return one.Id == function.Id })
		for _, instance := range function.Instances {
			isElsewhere := instance.Addr != registration.RpcAddr
			hasOthers = hasOthers || isOurs && isElsewhere
			switch {
			case instance.ServiceId != registration.ServiceId:
			case !isElsewhere:
				place = listed
			case place == absent:
				place = replaced
			}
		}
	}
	return place, hasOthers
}

// isUnreachable: the agent did not answer at all.
func isUnreachable(err error) bool {
	return slices.Contains([]codes.Code{codes.Unavailable, codes.DeadlineExceeded}, status.Code(err))
}
