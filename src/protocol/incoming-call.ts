import { Metadata, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData } from '@grpc/grpc-js';
import type { RpcStatus } from './grpc-status.js';
import type { RawAnswer, RawCall, RawStreamCall, RawUnaryCall } from './raw-server.js';
import { STATUS_CODES } from './status-codes.js';
import { isHopHeader, type WireMetadata } from './wire-metadata.js';

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

/** A unary call of grpc-js as the raw server hands it over. */
export class UnaryCall extends Call implements RawUnaryCall {
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
    this.#callback({ code: status.code, details: wellFormed(status.message), metadata: trailers });
  }
}

/** A server stream of grpc-js as the raw server hands it over. */
export class StreamCall extends Call implements RawStreamCall {
  readonly #call: ServerWritableStream<Buffer, Buffer>;

  constructor(call: ServerWritableStream<Buffer, Buffer>) {
    super(call);
    this.#call = call;
  }

  sendHeaders(headers: WireMetadata): void {
    if (!this.ended) this.#call.sendMetadata(Metadata.fromHttp2Headers(mutable(headers)));
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
    else this.#call.emit('error', { code: status.code, details: wellFormed(status.message), metadata });
  }
}

/** grpc-js throws at half a surrogate pair, which cutting a text can leave. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
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
