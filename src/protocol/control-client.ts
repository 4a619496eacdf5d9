import type { Result } from '../core/result.js';
import { openClient } from './channel.js';
import { type ChannelState, watchChannel } from './channel-state.js';
import { ControlServiceService as ControlV1 } from './gen/croupier/control/v1/control.js';
import {
  type HeartbeatRequest,
  type HeartbeatResponse,
  type RegisterCapabilitiesRequest,
  type RegisterCapabilitiesResponse,
  type RegisterRequest,
  type RegisterResponse,
  ControlServiceService as ServerV1,
} from './gen/croupier/server/v1/server.js';
import type { Hello } from './gen/croupier/tunnel/v1/tunnel.js';
import { type CallOptions, callServed, type Dialect, type RpcFailure } from './rpc.js';
import type { TlsMaterial } from './tls.js';
import { openTunnelStream, type TunnelHandlers, type TunnelStream } from './tunnel-stream.js';

type Answer<T> = Promise<Result<T, RpcFailure>>;

/** One channel to a server or an edge, as agents use it. */
export interface ControlClient {
  register(request: RegisterRequest, options: CallOptions): Answer<RegisterResponse>;
  heartbeat(request: HeartbeatRequest, options: CallOptions): Answer<HeartbeatResponse>;
  registerCapabilities(
    request: RegisterCapabilitiesRequest,
    options: CallOptions,
  ): Answer<RegisterCapabilitiesResponse>;
  /** Only edges serve it. The hello is sent first. */
  openTunnel(hello: Hello, handlers: TunnelHandlers): TunnelStream;
  /** Calls back at every change of the channel's state; the returned function ends that. */
  onStateChange(listener: (state: ChannelState) => void): () => void;
  /** Takes no more calls; those under way end by themselves or at their deadline, and a tunnel is to be ended before. */
  close(): void;
}

/** The service has an older name with fewer fields; a peer may have only one of them, and the newer one says more. */
const CONTROL = {
  register: [ServerV1.register, ControlV1.register],
  heartbeat: [ServerV1.heartbeat, ControlV1.heartbeat],
  registerCapabilities: [ServerV1.registerCapabilities, ControlV1.registerCapabilities],
};

/**
 * Opens a channel to `address` (`host:port`) and begins to connect at once; null for `tls`: in plain text. It shares nothing with
 * other clients, so closing it, and its pauses between attempts to connect, concern this client alone.
 */
export function connectControl(address: string, tls: TlsMaterial | null): ControlClient {
  const client = openClient(address, tls);
  const channel = watchChannel(client.getChannel());
  const dialect: Dialect = { index: 0, known: false };
  return {
    register: (request, options) => callServed(client, CONTROL.register, dialect, request, options),
    heartbeat: (request, options) => callServed(client, CONTROL.heartbeat, dialect, request, options),
    registerCapabilities: (request, options) =>
      callServed(client, CONTROL.registerCapabilities, dialect, request, options),
    openTunnel: (hello, handlers) => openTunnelStream(client, hello, handlers),
    onStateChange: channel.onChange,
    close() {
      channel.close();
      client.close();
    },
  };
}
