import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import type { CallOutcome, ChildCall, ChildCallHandlers } from './child-call.js';
import { statusAnswer } from './child-call.js';
import { MessageReader } from './grpc-frame.js';
import { decodeStatusMessage, type RpcStatus, statusFromHttp } from './grpc-status.js';
import { MAX_MESSAGE_BYTES } from './message-limit.js';
import { STATUS_CODES } from './status-codes.js';
import { metadataFromRawHeaders, NO_METADATA, type WireMetadata } from './wire-metadata.js';

const FLAG_END_STREAM = 0x1;
const RESET_CANCEL = 8;
const GRPC_CONTENT_TYPE = 'application/grpc';

/** Reads one gRPC answer off an HTTP/2 stream. Judging a stream that ends without an answer is left to the session. */
export class ChildStream implements ChildCall {
  readonly #stream: ClientHttp2Stream;
  readonly #handlers: ChildCallHandlers;
  readonly #onDecided: () => void;
  readonly #reader = new MessageReader(MAX_MESSAGE_BYTES);
  #headers: WireMetadata | null = null;
  #httpStatus: number | null = null;
  /** The body is made of gRPC messages, not of a web server's error page. */
  #hasMessages = false;
  #body: Buffer | null = null;
  #trailers: { readonly status: RpcStatus; readonly metadata: WireMetadata } | null = null;
  #decided = false;

  /**
   * @param onDecided the outcome is known
   * @param onUnanswered the stream closed without an outcome: who knows the connection's state has to call decide()
   */
  constructor(
    stream: ClientHttp2Stream,
    handlers: ChildCallHandlers,
    onDecided: () => void,
    onUnanswered: (call: ChildStream) => void,
  ) {
    this.#stream = stream;
    this.#handlers = handlers;
    this.#onDecided = onDecided;
    // The third argument, the raw header list, is missing in Node's types: it keeps repeated headers apart.
    stream.on('response', (headers: IncomingHttpHeaders, flags: number, raw: readonly string[]) =>
      this.#onResponse(headers, flags, raw),
    );
    stream.on('trailers', (headers: IncomingHttpHeaders, _flags: number, raw: readonly string[]) =>
      this.#onTrailers(headers, raw),
    );
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('end', () => this.#complete());
    stream.on('frameError', (_type: number, code: number) =>
      this.#fail({
        code: STATUS_CODES.RESOURCE_EXHAUSTED,
        message: `the call's headers could not be sent (HTTP/2 frame error ${code}); they may be too large`,
      }),
    );
    // Every way to end leads to `close`; an unhandled `error` would end this process.
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.#complete();
      if (!this.#decided) onUnanswered(this);
    });
  }

  get id(): number {
    return this.#stream.id ?? 0;
  }

  get resetCode(): number {
    return this.#stream.rstCode ?? 0;
  }

  /** What a complete stream without `grpc-status` means. */
  get statusWithoutTrailers(): RpcStatus {
    if (this.#httpStatus === null) {
      return { code: STATUS_CODES.UNKNOWN, message: 'ended the stream without an answer' };
    }
    if (this.#httpStatus !== 200) return statusFromHttp(this.#httpStatus);
    return { code: STATUS_CODES.UNKNOWN, message: 'ended the stream without a gRPC status' };
  }

  cancel(): void {
    this.#stream.close(RESET_CANCEL);
    this.decide({ kind: 'cancelled' });
  }

  decide(outcome: CallOutcome): void {
    if (this.#decided) return;
    this.#decided = true;
    this.#onDecided();
    queueMicrotask(() => this.#handlers.onOutcome(outcome));
  }

  #onResponse(headers: IncomingHttpHeaders, flags: number, raw: readonly string[]): void {
    this.#httpStatus = Number(headers[':status']);
    const contentType = headers['content-type'] ?? GRPC_CONTENT_TYPE;
    this.#hasMessages = this.#httpStatus === 200 && contentType.startsWith(GRPC_CONTENT_TYPE);
    if ((flags & FLAG_END_STREAM) !== 0) this.#onTrailers(headers, raw);
    else this.#headers = metadataFromRawHeaders(raw);
  }

  #onTrailers(headers: IncomingHttpHeaders, raw: readonly string[]): void {
    const code = headers['grpc-status'];
    if (typeof code !== 'string' || !/^\d{1,9}$/.test(code)) return;
    const message = headers['grpc-message'];
    this.#trailers = {
      status: {
        code: Number(code),
        message: typeof message === 'string' ? decodeStatusMessage(message) : '',
      },
      metadata: metadataFromRawHeaders(raw),
    };
  }

  #onData(chunk: Buffer): void {
    if (this.#decided || !this.#hasMessages) return;
    const messages = this.#reader.push(chunk);
    if (!messages.ok) {
      this.#fail(messages.error);
      return;
    }
    for (const message of messages.value) {
      if (this.#handlers.onMessage !== undefined) this.#handlers.onMessage(message);
      else if (this.#body === null) this.#body = message;
      else this.#fail({ code: STATUS_CODES.INTERNAL, message: 'sent two messages where one was due' });
    }
  }

  /** The child broke the protocol of this one stream: that is its answer, and nothing more is wanted of it. */
  #fail(status: RpcStatus): void {
    if (this.#decided) return;
    this.#stream.close(RESET_CANCEL);
    this.decide({ kind: 'answered', answer: statusAnswer(status) });
  }

  #complete(): void {
    if (this.#decided || this.#trailers === null) return;
    const { status, metadata } = this.#trailers;
    const failure = status.code === STATUS_CODES.OK ? this.#brokenMessage() : null;
    this.decide({
      kind: 'answered',
      answer: {
        status: failure ?? status,
        headers: this.#headers,
        trailers: metadata ?? NO_METADATA,
        body: failure === null && status.code === STATUS_CODES.OK ? this.#body : null,
      },
    });
  }

  #brokenMessage(): RpcStatus | null {
    if (this.#reader.isPartial) {
      return { code: STATUS_CODES.INTERNAL, message: 'ended the stream in the middle of a message' };
    }
    if (this.#handlers.onMessage === undefined && this.#body === null) {
      return { code: STATUS_CODES.INTERNAL, message: 'answered OK without a message' };
    }
    return null;
  }
}
