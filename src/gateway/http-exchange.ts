import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import type { Socket } from 'node:net';
import type { DialTarget } from '../protocol/address.js';
import type { HttpRequestParts } from './http-request.js';

/** How an exchange ended before there was a complete response. */
export type ExchangeFailure =
  /** No connection was made: nothing was sent. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The connection broke after the request was sent: it may have run. */
  | { readonly kind: 'lost'; readonly message: string }
  /** The process is alive, and what it sent is no HTTP response. */
  | { readonly kind: 'not-http'; readonly message: string };

export interface ExchangeHandlers {
  /** The connection is up and the request on its way: from here on it may run. */
  onSent?(): void;
  /** The response began. Its body is read by the listener. */
  onResponse(response: IncomingMessage): void;
  /** Called at most once, and not after abort(). */
  onFailed(failure: ExchangeFailure): void;
}

/**
 * One HTTP request to a process, and the judgement of what became of it. Only a connection that was never made counts as
 * `refused`. A kept-alive connection that breaks before the first byte of a response looks the same whether the server had closed it
 * before the request came or died over the request, so that is `lost`.
 */
export class HttpExchange {
  readonly #handlers: ExchangeHandlers;
  readonly #request: ReturnType<typeof requestHttp>;
  #state: 'connecting' | 'sent' | 'answering' | 'over' = 'connecting';

  /** @param agent keeps connections for the next request; false: this one gets a connection of its own */
  constructor(target: DialTarget, parts: HttpRequestParts, agent: Agent | false, handlers: ExchangeHandlers) {
    this.#handlers = handlers;
    const { method, path, headers, body } = parts;
    const request = requestHttp({
      host: target.host,
      port: target.port,
      method,
      path,
      headers: mutable(headers),
      agent,
    });
    this.#request = request;
    request.once('socket', (socket) => this.#onSocket(socket));
    request.once('response', (response) => this.#onResponse(response));
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      this.#fail({ kind: 'not-http', message: 'switched to another protocol, which nobody asked for' });
    });
    // Stays: a request that is over can still fail.
    request.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    request.end(body ?? undefined);
  }

  /** Ends it without a word to the handlers. */
  abort(): void {
    this.#state = 'over';
    this.#request.destroy();
  }

  /** Ends it; the handlers learn what can have become of it. */
  cut(message: string): void {
    this.#fail(this.#state === 'connecting' ? { kind: 'refused', message } : { kind: 'lost', message });
    this.abort();
  }

  #onSocket(socket: Socket): void {
    if (socket.connecting) socket.once('connect', () => this.#onSent());
    else this.#onSent();
  }

  #onSent(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'sent';
    this.#handlers.onSent?.();
  }

  #onResponse(response: IncomingMessage): void {
    // Stays: what breaks off is told by 'close'.
    response.on('error', () => undefined);
    if (this.#state === 'over') {
      response.destroy();
      return;
    }
    this.#state = 'answering';
    response.once('close', () => {
      if (response.complete) this.#state = 'over';
      else this.#fail({ kind: 'lost', message: 'the connection broke before the answer was complete' });
    });
    this.#handlers.onResponse(response);
  }

  #onError(error: NodeJS.ErrnoException): void {
    // While a response comes in, the response tells of its end.
    if (this.#state === 'answering') return;
    const message = error.message;
    if (this.#state === 'connecting') this.#fail({ kind: 'refused', message });
    else if (error.code?.startsWith('HPE_') === true) {
      this.#fail({ kind: 'not-http', message: `sent what is no HTTP response: ${message}` });
    } else {
      this.#fail({ kind: 'lost', message: `the connection broke before an answer came (${message})` });
    }
  }

  #fail(failure: ExchangeFailure): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#handlers.onFailed(failure);
  }
}

/** A body that is complete, or the word that it was longer than the limit (bytes). */
export type CollectedBody =
  | { readonly kind: 'complete'; readonly body: Buffer }
  | { readonly kind: 'too-long' };

/** Reads a response to its end; a response that breaks off is told to the exchange's handlers instead. */
export function collectBody(
  response: IncomingMessage,
  limit: number,
  onBody: (collected: CollectedBody) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= limit) {
      chunks.push(chunk);
      return;
    }
    if (bytes - chunk.length <= limit) onBody({ kind: 'too-long' });
    response.destroy();
  });
  response.once('end', () => {
    if (bytes <= limit && response.complete) onBody({ kind: 'complete', body: Buffer.concat(chunks) });
  });
}

/** Node asks for mutable arrays; it copies them. */
function mutable(headers: HttpRequestParts['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}
