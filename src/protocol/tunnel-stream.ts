import { type Client, type ClientDuplexStream, Metadata, status } from '@grpc/grpc-js';
import { TunnelServiceService as ServerTunnel } from './gen/croupier/server/v1/server.js';
import {
  type Hello,
  TunnelServiceService as Tunnel,
  TunnelMessage,
} from './gen/croupier/tunnel/v1/tunnel.js';
import { closedClient, isClosed, type RpcFailure, toFailure } from './rpc.js';

export interface TunnelHandlers {
  onFrame(frame: TunnelMessage): void;
  /** There is room again after a write that returned false. */
  onDrain(): void;
  /**
   * The last call, exactly one. null: the other side ended the stream with OK. UNIMPLEMENTED without a frame before it: the peer
   * serves the tunnel under none of its names.
   */
  onEnd(failure: RpcFailure | null): void;
}

/** One open tunnel, from our hello to its end. Nothing is written or received after that. */
export interface TunnelStream {
  /**
   * `onWritten`: the frame was handed to the connection; it is not called for one that got lost with the stream.
   * False: the next frame is to wait for onDrain.
   */
  write(frame: TunnelMessage, onWritten?: () => void): boolean;
  /** Says that nothing more comes from here; onEnd follows when the other side has ended as well. */
  end(): void;
  /** Ends both directions now. */
  cancel(): void;
}

/** The same stream is served under two names; a peer may have only one of them. */
const OPEN = [Tunnel.open, ServerTunnel.open];

const NO_BODY: TunnelMessage = TunnelMessage.decode(new Uint8Array(0));

/** A frame with the body that its type names; `heartbeat` has none. */
export function tunnelFrame(type: string, body: Partial<Omit<TunnelMessage, 'type'>> = {}): TunnelMessage {
  return { ...NO_BODY, ...body, type };
}

/**
 * Opens a tunnel under the name that the peer serves, and says hello. Under which name that is shows only when a frame comes or the
 * stream ends: frames that are written before either may get lost with the first name.
 */
export function openTunnelStream(client: Client, hello: Hello, handlers: TunnelHandlers): TunnelStream {
  let stream: ClientDuplexStream<TunnelMessage, TunnelMessage> | null = null;
  let name = 0;
  let hasSpoken = false;
  /** Nobody wants the tunnel any more. */
  let isEnding = false;
  let isEnded = false;

  function finish(failure: RpcFailure | null): void {
    if (isEnded) return;
    isEnded = true;
    stream = null;
    handlers.onEnd(failure);
  }

  function open(): void {
    const method = OPEN[name];
    if (method === undefined || isClosed(client)) {
      finish(closedClient);
      return;
    }
    const opened = client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      new Metadata(),
      {},
    );
    stream = opened;
    opened.on('data', (frame: TunnelMessage) => {
      if (isEnded) return;
      hasSpoken = true;
      handlers.onFrame(frame);
    });
    opened.on('drain', () => {
      if (!isEnded) handlers.onDrain();
    });
    // A failure comes as an error and as the status; an error without a listener would end the process.
    opened.on('error', () => undefined);
    opened.on('status', (end) => {
      if (isEnded || stream !== opened) return;
      name += 1;
      const isOtherName = end.code === status.UNIMPLEMENTED && !hasSpoken && name < OPEN.length;
      if (isOtherName && !isEnding) open();
      else finish(end.code === status.OK ? null : toFailure(end));
    });
    opened.write(tunnelFrame('hello', { hello }));
  }

  // In a turn of its own, so that no handler is called before the caller has the stream.
  queueMicrotask(() => {
    if (!isEnded) open();
  });

  return {
    write(frame, onWritten) {
      if (stream === null || isEnded) return false;
      return stream.write(frame, (error: Error | null | undefined) => {
        if (error === null || error === undefined) onWritten?.();
      });
    },
    end() {
      isEnding = true;
      if (stream === null) finish(null);
      else stream.end();
    },
    cancel() {
      isEnding = true;
      if (stream === null) finish(null);
      else stream.cancel();
    },
  };
}
