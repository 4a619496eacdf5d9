import { type BodyFraming, readRequestHead, readResponseHead } from './http-head.js';
import { MessageReader } from './message-reader.js';

/** So many requests may be ahead of their responses; nobody who sends more can be followed. */
const MOST_OUTSTANDING = 100;

const NO_BODY: BodyFraming = { kind: 'none' };

/**
 * What one connection speaks, as far as it can be known from outside: whether it is HTTP/1.1 and between two requests. Anything that is not
 * understood without doubt (another protocol, HTTP/2, an upgraded connection) makes it opaque for good.
 */
export class Conversation {
  readonly #requests: MessageReader;
  readonly #responses: MessageReader;
  /** Methods of requests that have no complete response yet, oldest first. */
  readonly #outstanding: string[] = [];
  #isOpaque = false;
  /** The response that comes in is not the last one to its request. */
  #isInterim = false;

  constructor() {
    this.#requests = new MessageReader({
      onHead: (head) => this.#onRequest(head),
      onComplete: () => undefined,
    });
    this.#responses = new MessageReader({
      onHead: (head) => this.#onResponse(head),
      onComplete: () => {
        if (!this.#isInterim) this.#outstanding.shift();
        this.#isInterim = false;
      },
    });
  }

  get isOpaque(): boolean {
    return this.#isOpaque;
  }

  /** The client has begun no request that is not complete. */
  get isBetweenRequests(): boolean {
    return !this.#isOpaque && this.#requests.isBetween;
  }

  /** Every request is complete and has its complete response. */
  get isIdle(): boolean {
    return this.isBetweenRequests && this.#responses.isBetween && this.#outstanding.length === 0;
  }

  /** Takes what the client sends, up to the end of one request at most; the index after the last byte that was taken. */
  readRequest(chunk: Buffer, from: number): number {
    if (this.#isOpaque) return chunk.length;
    if (this.#requests.isBetween && !couldBeRequest(chunk, from)) this.#isOpaque = true;
    const end = this.#requests.read(chunk, from);
    if (this.#requests.isLost) this.#isOpaque = true;
    return this.#isOpaque ? chunk.length : end;
  }

  /** Takes what the server sends. */
  readResponses(chunk: Buffer): void {
    let position = 0;
    while (!this.#isOpaque && position < chunk.length) {
      // Servers announce a timeout, or greet; in any case it answers nothing.
      if (this.#outstanding.length === 0) this.#isOpaque = true;
      else position = this.#responses.read(chunk, position);
      if (this.#responses.isLost) this.#isOpaque = true;
    }
  }

  #onRequest(head: string): BodyFraming | null {
    const request = readRequestHead(head);
    if (request === null || request.method === 'CONNECT') return null;
    if (this.#outstanding.length >= MOST_OUTSTANDING) return null;
    this.#outstanding.push(request.method);
    return request.body;
  }

  #onResponse(head: string): BodyFraming | null {
    const response = readResponseHead(head);
    // 101: from here on another protocol is spoken.
    if (response === null || response.status === 101) return null;
    const { status } = response;
    this.#isInterim = status < 200;
    const hasNoBody = this.#isInterim || status === 204 || status === 304 || this.#outstanding[0] === 'HEAD';
    return hasNoBody ? NO_BODY : response.body;
  }
}

/** Whether a message that begins so can be an HTTP/1.1 request; a binary protocol is told at its first byte. */
export function couldBeRequest(chunk: Buffer, from = 0): boolean {
  return /^[\r\n]*(?:$|[A-Z][A-Z-]{0,31}(?: |$))/.test(chunk.toString('latin1', from, from + 40));
}
