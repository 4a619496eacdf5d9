import { type ClientHttp2Session, constants, type OutgoingHttpHeaders } from 'node:http2';
import { formatTarget } from './address.js';
import { type ChildCall, type ChildCallHandlers, type ChildRequest, statusAnswer } from './child-call.js';
import type { Connection } from './child-dial.js';
import { ChildStream } from './child-stream.js';
import { messagePrefix } from './grpc-frame.js';
import { encodeTimeout, statusFromReset } from './grpc-status.js';

const RESET_REFUSED = 7;
const RESET_NONE = 0;
/** Below this a message is joined with its prefix into one frame: one write is cheaper than the copy. */
const JOIN_BELOW_BYTES = 16 * 1024;
/** Real time that a peer gets to take the end of the connection before it is cut. */
const CLOSE_GRACE_MS = 1000;

export interface ChildSessionHandlers {
  /** No new call can be sent; calls under way may still end. Called once. */
  onClosing(): void;
  /** The connection is gone. Called once, after onClosing. */
  onClosed(): void;
  /** A stream ended or the peer changed its limit: there may be room for another call. */
  onRoom(): void;
  /** The peer disowned a stream although it is alive. */
  onRefused(): void;
}

/** One established connection to a child, and the calls on it. */
export class ChildSession {
  readonly #session: ClientHttp2Session;
  readonly #handlers: ChildSessionHandlers;
  readonly #authority: string;
  readonly #scheme: string;
  readonly #calls = new Set<ChildStream>();
  /** The peer's last word on which streams it took. */
  #goaway: { readonly code: number; readonly lastStreamId: number } | null = null;
  /** The connection broke, or the peer ended it. */
  #peerGone = false;
  #closing = false;
  #closed = false;

  constructor(connection: Connection, handlers: ChildSessionHandlers) {
    const { session, socket, target, scheme } = connection;
    this.#session = session;
    this.#handlers = handlers;
    this.#authority = formatTarget(target);
    this.#scheme = scheme;
    // In front of http2's own listeners: when it reacts to the end of the socket, what ended it must be known.
    for (const event of ['end', 'error', 'close'] as const) {
      socket.prependListener(event, () => {
        this.#peerGone = true;
      });
    }
    session.on('goaway', (code, lastStreamId) => {
      this.#goaway = { code: code ?? 0, lastStreamId: lastStreamId ?? 0 };
      this.#beginClosing();
    });
    session.on('remoteSettings', () => handlers.onRoom());
    session.on('close', () => this.#finish());
    if (session.destroyed || socket.destroyed) {
      this.#peerGone = true;
      queueMicrotask(() => this.#finish());
    }
  }

  /** Calls that are under way. */
  get size(): number {
    return this.#calls.size;
  }

  /** Streams that the peer would take now; 0 once the session is closing. */
  get room(): number {
    if (this.#closing || this.#session.closed || this.#session.destroyed || this.#peerGone) return 0;
    const limit = this.#session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY;
    return Math.max(0, limit - this.#calls.size);
  }

  /** Sends a call; null when the session cannot take it any more (nothing was sent). */
  start(request: ChildRequest, handlers: ChildCallHandlers): ChildCall | null {
    if (this.room === 0) return null;
    const headers: OutgoingHttpHeaders = {
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_SCHEME]: this.#scheme,
      [constants.HTTP2_HEADER_AUTHORITY]: this.#authority,
      [constants.HTTP2_HEADER_PATH]: request.path,
      te: 'trailers',
      'content-type': 'application/grpc',
      'grpc-accept-encoding': 'identity',
    };
    if (request.timeoutMs !== null) headers['grpc-timeout'] = encodeTimeout(request.timeoutMs);
    for (const [key, values] of Object.entries(request.metadata)) headers[key] = [...values];
    const stream = this.#request(headers);
    if (stream === null) return null;
    const call: ChildStream = new ChildStream(
      stream,
      handlers,
      () => this.#forget(call),
      () => this.#judge(call),
    );
    this.#calls.add(call);
    const prefix = messagePrefix(request.message.length);
    if (request.message.length < JOIN_BELOW_BYTES) {
      stream.end(Buffer.concat([prefix, request.message]));
    } else {
      stream.write(prefix);
      stream.end(request.message);
    }
    return call;
  }

  /** Takes no new calls; the connection ends with the last call under way. */
  close(): void {
    this.#beginClosing();
    this.#session.close();
  }

  /** Resets what is under way (its outcome is `lost`) and ends the connection. */
  destroy(): void {
    const calls = [...this.#calls];
    this.#beginClosing();
    for (const call of calls) {
      call.decide({ kind: 'lost', message: 'the connection was closed by the gateway' });
      call.cancel();
    }
    this.#session.close();
    const timer = setTimeout(() => this.#session.destroy(), CLOSE_GRACE_MS);
    timer.unref();
    this.#session.once('close', () => clearTimeout(timer));
  }

  #request(headers: OutgoingHttpHeaders): ReturnType<ClientHttp2Session['request']> | null {
    try {
      return this.#session.request(headers, { endStream: false });
    } catch {
      // Node throws where the session ended between two of its events; nothing was sent then.
      this.#beginClosing();
      return null;
    }
  }

  /** A stream closed without an answer. What became of the connection is told by events that follow in the same turn. */
  #judge(call: ChildStream): void {
    const peerWasGone = this.#peerGone;
    const endsInOrder = this.#closing && (this.#goaway === null || this.#goaway.code === RESET_NONE);
    setImmediate(() => {
      const goaway = this.#goaway;
      if (goaway !== null && call.id > goaway.lastStreamId) {
        call.decide({ kind: 'refused', message: 'the peer ended the connection before it took the call' });
        return;
      }
      if (call.resetCode === RESET_REFUSED) {
        this.#handlers.onRefused();
        call.decide({ kind: 'refused', message: 'the peer refused the stream' });
        return;
      }
      const died = peerWasGone || (!endsInOrder && (this.#peerGone || this.#session.destroyed));
      if (died) {
        call.decide({ kind: 'lost', message: 'the connection broke before the answer was complete' });
        return;
      }
      const status =
        call.resetCode === RESET_NONE ? call.statusWithoutTrailers : statusFromReset(call.resetCode);
      call.decide({ kind: 'answered', answer: statusAnswer(status) });
    });
  }

  #forget(call: ChildStream): void {
    this.#calls.delete(call);
    if (!this.#closing) this.#handlers.onRoom();
  }

  #beginClosing(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#handlers.onClosing();
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#beginClosing();
    this.#handlers.onClosed();
  }
}
