import {
  logVerbosity,
  Server,
  type ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  setLogVerbosity,
} from '@grpc/grpc-js';
import { err, ok, type Result } from '../core/result.js';
import { formatTarget } from './address.js';
import type { RpcStatus } from './grpc-status.js';
import { StreamCall, UnaryCall } from './incoming-call.js';
import { MAX_MESSAGE_BYTES } from './message-limit.js';
import type { TlsMaterial } from './tls.js';
import { serverCredentials } from './tls-server.js';
import type { WireMetadata } from './wire-metadata.js';

// grpc-js writes to the console by itself, even for a taken port that is dealt with here. Only sinks print.
if (process.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);

/** A complete answer to a unary call. */
export interface RawAnswer {
  readonly status: RpcStatus;
  /** Leading metadata; null: the answer consists of trailers alone. */
  readonly headers: WireMetadata | null;
  readonly trailers: WireMetadata;
  /** The message's bytes; null with a status other than OK. */
  readonly body: Buffer | null;
}

/** A call as it came in: its message undecoded, its metadata complete. */
export interface RawCall {
  readonly request: Buffer;
  readonly metadata: WireMetadata;
  /** `ip:port` of the caller. */
  readonly peer: string;
  /** Time until the caller's deadline when the call arrived, in ms; null: it has none. */
  readonly remainingMs: number | null;
  /** The caller went away or its deadline passed before the answer was complete; called at most once. */
  onCancel(listener: () => void): void;
}

export interface RawUnaryCall extends RawCall {
  /** Answers the call; a second answer, or one to a cancelled call, does nothing. */
  answer(answer: RawAnswer): void;
}

export interface RawStreamCall extends RawCall {
  /** Leading metadata, before the first message; without it there is none. */
  sendHeaders(headers: WireMetadata): void;
  /** False: wait for onDrain before the next message. */
  write(message: Buffer): boolean;
  onDrain(listener: () => void): void;
  end(status: RpcStatus, trailers: WireMetadata): void;
}

export type RawMethod =
  | { readonly kind: 'unary'; readonly path: string; handle(call: RawUnaryCall): void }
  | { readonly kind: 'stream'; readonly path: string; handle(call: RawStreamCall): void };

export type ListenFailure =
  | { readonly reason: 'port-in-use'; readonly port: number }
  | { readonly reason: 'cannot-listen'; readonly message: string };

export interface RawServer {
  readonly host: string;
  readonly port: number;
  /** Stops listening at once; calls under way may end by themselves for `graceMs` (real time), then they are cut. */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves the given methods. Port 0: any free one. With `tls` it serves TLS, and with its `ca` only callers that show a certificate
 * of one of these authorities; without, plain text.
 */
export async function openRawServer(options: {
  readonly host: string;
  readonly port: number;
  readonly methods: readonly RawMethod[];
  readonly tls?: TlsMaterial | null;
}): Promise<Result<RawServer, ListenFailure>> {
  const credentials = serverCredentials(options.tls ?? null);
  if (!credentials.ok) return err({ reason: 'cannot-listen', message: credentials.error });
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  });
  for (const method of options.methods) register(server, method);
  const bound = await bind(server, options, credentials.value);
  if (!bound.ok) {
    server.forceShutdown();
    return bound;
  }
  return ok({ host: options.host, port: bound.value, close: (graceMs) => closeServer(server, graceMs) });
}

function bind(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  credentials: ServerCredentials,
): Promise<Result<number, ListenFailure>> {
  return new Promise((resolve) => {
    server.bindAsync(formatTarget({ host, port }), credentials, (error, boundPort) => {
      if (error === null) resolve(ok(boundPort));
      else if (error.message.includes('EADDRINUSE')) resolve(err({ reason: 'port-in-use', port }));
      else resolve(err({ reason: 'cannot-listen', message: error.message }));
    });
  });
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, graceMs);
    // Open connections keep this process alive by themselves.
    timer.unref();
    server.tryShutdown(() => {
      clearTimeout(timer);
      server.forceShutdown();
      resolve();
    });
  });
}

const passBytes = (bytes: Buffer): Buffer => bytes;

function register(server: Server, method: RawMethod): void {
  switch (method.kind) {
    case 'unary': {
      const handle = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void =>
        method.handle(new UnaryCall(call, callback));
      server.register(method.path, handle, passBytes, passBytes, 'unary');
      return;
    }
    case 'stream': {
      const handle = (call: ServerWritableStream<Buffer, Buffer>): void =>
        method.handle(new StreamCall(call));
      server.register(method.path, handle, passBytes, passBytes, 'serverStream');
      return;
    }
  }
}
