package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"example.com/game-server/croupier"
	"example.com/game-server/croupier/internal/wire"
)

const (
	// Base64 in JSON on the way adds a third to what others take.
	maxMessageBytes = 64 * 1024 * 1024
	// A status message travels in a header, where escaping makes nine bytes of one character and many peers refuse 16 KiB.
	maxStatusMessage = 1024
)

// functionServer serves calls as agents make them.
type functionServer struct {
	wire.UnimplementedFunctionServiceServer
	host *host
}

// listen begins to serve on host:port; the port is in the listener's address.
func listen(address string, functions *host, hot *hotReloadServer) (*grpc.Server, net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot serve on %s: %w", address, err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessageBytes), grpc.MaxSendMsgSize(maxMessageBytes))
	for _, name := range []string{
		"croupier.sdk.v1.InvokerService", "croupier.function.v1.FunctionService", "croupier.sdk.v1.FunctionService",
	} {
		// Three names of one contract: peers of different age know one each.
		description := wire.FunctionService_ServiceDesc
		description.ServiceName = name
		server.RegisterService(&description, &functionServer{host: functions})
	}
	wire.RegisterHotReloadServiceServer(server, hot)
	return server, listener, nil
}

func (s *functionServer) Invoke(ctx context.Context, request *wire.InvokeRequest) (*wire.InvokeResponse, error) {
	payload, err := s.host.invoke(ctx, request)
	if err != nil {
		return nil, toStatus(err)
	}
	return &wire.InvokeResponse{Payload: payload}, nil
}

func (s *functionServer) StartJob(_ context.Context, request *wire.InvokeRequest) (*wire.StartJobResponse, error) {
	id, err := s.host.jobs.start(request)
	if err != nil {
		return nil, toStatus(err)
	}
	return &wire.StartJobResponse{JobId: id}, nil
}

func (s *functionServer) StreamJob(request *wire.JobStreamRequest, stream grpc.ServerStreamingServer[wire.JobEvent]) error {
	return toStatus(s.host.jobs.read(stream.Context(), request.JobId, stream.Send))
}

func (s *functionServer) CancelJob(_ context.Context, request *wire.CancelJobRequest) (*wire.CancelJobResponse, error) {
	if err := s.host.jobs.cancel(request.JobId); err != nil {
		return nil, toStatus(err)
	}
	return &wire.CancelJobResponse{JobId: request.JobId}, nil
}

// toStatus gives a croupier.Error its status on the wire.
func toStatus(err error) error {
	var told *croupier.Error
	if !errors.As(err, &told) {
		return err
	}
	code := told.Code
	if code == codes.OK {
		code = codes.Unknown
	}
	return status.Error(code, clip(told.Message, maxStatusMessage))
}

// stopServer takes no more calls, lets those under way end, and cuts them after the grace.
func stopServer(server *grpc.Server, grace time.Duration) {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		server.GracefulStop()
	}()
	select {
	case <-stopped:
	case <-time.After(grace):
		server.Stop()
		<-stopped
	}
}
