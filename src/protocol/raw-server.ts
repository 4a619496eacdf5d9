import {
  logVerbosity,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  setLogVerbosity,
} from '@grpc/grpc-js';
import { err, ok, type Result } from '../core/result.js';
import { formatTarget } from './address.js';
import type { RpcStatus } from './grpc-status.js';
import { MAX_MESSAGE_BYTES } from './message-limit.js';
import { STATUS_CODES } from './status-codes.js';
import { isHopHeader, type WireMetadata } from './wire-metadata.js';

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

/** Serves the given methods without TLS. Port 0: any free one. */
export async function openRawServer(options: {
  readonly host: string;
  readonly port: number;
  readonly methods: readonly RawMethod[];
}): Promise<Result<RawServer, ListenFailure>> {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  });
  for (const method of options.methods) register(server, method);
  const bound = await bind(server, options.host, options.port);
  if (!bound.ok) {
    server.forceShutdown();
    return bound;
  }
  return ok({ host: options.host, port: bound.value, close: (graceMs) => closeServer(server, graceMs) });
}

function bind(server: Server, host: string, port: number): Promise<Result<number, ListenFailure>> {
  return new Promise((resolve) => {
    server.bindAsync(formatTarget({ host, port }), ServerCredentials.createInsecure(), (error, boundPort) => {
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

/** What unary and streaming calls of grpc-js have in common. */
interface IncomingCall {
  readonly request: Buffer;
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getPeer(): string;
  getDeadline(): Date | number;
  once(event: 'cancelled', listener: () => void): unknown;
}

abstract class Call implements RawCall {
  readonly request: Buffer;
  readonly metadata: WireMetadata;
  readonly peer: string;
  readonly remainingMs: number | null;
  /** Set once the call was answered or cancelled: grpc-js reports a cancellation after every answer, too. */
  protected ended = false;
  #cancelListener: (() => void) | null = null;
  #cancelled = false;

  constructor(call: IncomingCall) {
    this.request = call.request;
    this.metadata = outgoing(call.metadata);
    this.peer = call.getPeer();
    const deadline = Number(call.getDeadline());
    this.remainingMs = Number.isFinite(deadline) ? deadline - Date.now() : null;
    if (call.cancelled) this.#cancel();
    else call.once('cancelled', () => this.#cancel());
  }

  onCancel(listener: () => void): void {
    if (this.#cancelled) listener();
    else this.#cancelListener = listener;
  }

  #cancel(): void {
    if (this.ended) return;
    this.ended = true;
    this.#cancelled = true;
    this.#cancelListener?.();
  }
}

class UnaryCall extends Call implements RawUnaryCall {
  readonly #call: ServerUnaryCall<Buffer, Buffer>;
  readonly #callback: sendUnaryData<Buffer>;

  constructor(call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) {
    super(call);
    this.#call = call;
    this.#callback = callback;
  }

  answer(answer: RawAnswer): void {
    if (this.ended) return;
    this.ended = true;
    if (answer.headers !== null) this.#call.sendMetadata(Metadata.fromHttp2Headers(mutable(answer.headers)));
    const trailers = Metadata.fromHttp2Headers(mutable(answer.trailers));
    if (answer.status.code === STATUS_CODES.OK && answer.body !== null) {
      this.#callback(null, answer.body, trailers);
      return;
    }
    const status =
      answer.status.code === STATUS_CODES.OK
        ? { code: STATUS_CODES.INTERNAL, message: 'answered OK without a message' }
        : answer.status;
    this.#callback({ code: status.code, details: status.message, metadata: trailers });
  }
}

class StreamCall extends Call implements RawStreamCall {
  readonly #call: ServerWritableStream<Buffer, Buffer>;

  constructor(call: ServerWritableStream<Buffer, Buffer>) {
    super(call);
    this.#call = call;
  }

  write(message: Buffer): boolean {
    return this.ended ? true : this.#call.write(message);
  }

  onDrain(listener: () => void): void {
    this.#call.on('drain', listener);
  }

  end(status: RpcStatus, trailers: WireMetadata): void {
    if (this.ended) return;
    this.ended = true;
    const metadata = Metadata.fromHttp2Headers(mutable(trailers));
    if (status.code === STATUS_CODES.OK) this.#call.end(metadata);
    else this.#call.emit('error', { code: status.code, details: status.message, metadata });
  }
}

/** Metadata of a request in wire form, without what belongs to the caller's own hop. */
function outgoing(metadata: Metadata): WireMetadata {
  const passed: Record<string, readonly string[]> = {};
  for (const [key, value] of Object.entries(metadata.toHttp2Headers())) {
    if (value === undefined || isHopHeader(key)) continue;
    passed[key] = Array.isArray(value) ? value : [String(value)];
  }
  return passed;
}

/** grpc-js asks for mutable arrays; it copies them. */
function mutable(metadata: WireMetadata): Record<string, string[]> {
  return Object.fromEntries(Object.entries(metadata).map(([key, values]) => [key, [...values]]));
}
