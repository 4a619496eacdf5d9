package service

import (
	"context"
	"time"

	"example.com/game-server/croupier/internal/wire"
)

// hotReloadServer serves what a runner asks for, on the address that is registered.
type hotReloadServer struct {
	wire.UnimplementedHotReloadServiceServer
	service *Service
}

func (h *hotReloadServer) Reload(ctx context.Context, request *wire.ReloadRequest) (*wire.ReloadResponse, error) {
	result, err := h.service.reload(ctx, request.Paths, request.Functions)
	if err != nil {
		return nil, toStatus(err)
	}
	response := &wire.ReloadResponse{NeedsRestart: result.restart != "", Reason: result.restart}
	for _, change := range result.reloaded {
		response.Reloaded = append(response.Reloaded, &wire.ReloadedFunction{
			Id: change.ID, OldVersion: change.OldVersion, NewVersion: change.NewVersion,
		})
	}
	for _, failure := range result.failed {
		response.Failed = append(response.Failed, &wire.FailedFunction{
			Id: failure.ID, Path: failure.Path, Error: failure.Error, RolledBack: failure.RolledBack,
		})
	}
	return response, nil
}

func (h *hotReloadServer) Rollback(_ context.Context, request *wire.RollbackRequest) (*wire.RollbackResponse, error) {
	change, err := h.service.Rollback(request.FunctionId)
	if err != nil {
		return nil, toStatus(err)
	}
	return &wire.RollbackResponse{Id: change.ID, OldVersion: change.OldVersion, NewVersion: change.NewVersion}, nil
}

func (h *hotReloadServer) Status(context.Context, *wire.StatusRequest) (*wire.StatusResponse, error) {
	state := h.service.ReloadStatus()
	response := &wire.StatusResponse{
		ConnectionStatus: state.ConnectionStatus,
		ReconnectCount:   state.ReconnectCount,
		FunctionReloads:  state.FunctionReloads,
		ConfigReloads:    state.ConfigReloads,
		FailedReloads:    state.FailedReloads,
		FunctionsCount:   int32(state.FunctionsCount),
		UptimeMs:         state.Uptime.Milliseconds(),
		HotPaths:         h.service.hotPaths(),
		Languages:        "go",
	}
	if !state.LastReconnect.IsZero() {
		response.LastReconnectUnixMs = state.LastReconnect.UnixMilli()
	}
	return response, nil
}

func (h *hotReloadServer) Drain(ctx context.Context, request *wire.DrainRequest) (*wire.DrainResponse, error) {
	h.service.host.inFlight.wait(ctx, time.Duration(max(request.TimeoutMs, 0))*time.Millisecond)
	return &wire.DrainResponse{InFlight: int32(h.service.InFlight())}, nil
}
