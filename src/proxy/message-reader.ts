import type { BodyFraming } from './http-head.js';

const LF = 0x0a;
const CR = 0x0d;
/** A longer head is not understood. Servers commonly stop at 8 to 64 KiB. */
const LONGEST_HEAD = 64 * 1024;
/** A line of a chunked body: a size with extensions, or a trailer. */
const LONGEST_LINE = 16 * 1024;

type State =
  /** Between two messages. */
  | { readonly at: 'start' }
  | { readonly at: 'head' }
  | { readonly at: 'body'; left: number }
  | { readonly at: 'chunk-size' }
  | { readonly at: 'chunk'; left: number }
  | { readonly at: 'chunk-end' }
  | { readonly at: 'trailers' }
  | { readonly at: 'until-end' }
  | { readonly at: 'lost' };

export interface MessageListener {
  /** The text of a start line and headers, without the empty line after them. Null: it is not understood. */
  onHead(head: string): BodyFraming | null;
  onComplete(): void;
}

/** Follows the HTTP/1.1 messages of one direction through a stream of bytes. It looks only at what tells where a message ends. */
export class MessageReader {
  readonly #listener: MessageListener;
  #state: State = { at: 'start' };
  /** A head or line that has begun. */
  #begun: Buffer[] = [];
  #begunBytes = 0;

  constructor(listener: MessageListener) {
    this.#listener = listener;
  }

  /** Nothing of a next message has come. */
  get isBetween(): boolean {
    return this.#state.at === 'start';
  }

  /** What came is not understood; whatever follows is not looked at. */
  get isLost(): boolean {
    return this.#state.at === 'lost';
  }

  /** Takes bytes up to the end of one message at most; the index after the last one that was taken. */
  read(chunk: Buffer, from: number): number {
    let position = from;
    while (position < chunk.length) {
      const state = this.#state;
      switch (state.at) {
        case 'start':
          // An empty line before a message is to be ignored (RFC 9112, 2.2).
          if (chunk[position] === CR || chunk[position] === LF) position += 1;
          else this.#state = { at: 'head' };
          break;
        case 'head':
          position = this.#readHead(chunk, position);
          break;
        case 'body':
        case 'chunk': {
          const taken = Math.min(state.left, chunk.length - position);
          state.left -= taken;
          position += taken;
          if (state.left === 0) this.#state = state.at === 'chunk' ? { at: 'chunk-end' } : { at: 'start' };
          break;
        }
        case 'chunk-size':
        case 'chunk-end':
        case 'trailers':
          position = this.#readLine(chunk, position, state.at);
          break;
        case 'until-end':
        case 'lost':
          return chunk.length;
      }
      if (this.#state.at === 'start' && state.at !== 'start') {
        this.#listener.onComplete();
        return position;
      }
    }
    return position;
  }

  #readHead(chunk: Buffer, from: number): number {
    const before = this.#begunBytes;
    this.#keep(chunk.subarray(from));
    const text = Buffer.concat(this.#begun).toString('latin1');
    const end = text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (end === -1) {
      if (this.#begunBytes > LONGEST_HEAD) this.#state = { at: 'lost' };
      return chunk.length;
    }
    this.#forgetBegun();
    const body = this.#listener.onHead(text.slice(0, end));
    this.#state = body === null ? { at: 'lost' } : stateOf(body);
    return from + end + 4 - before;
  }

  #readLine(chunk: Buffer, from: number, at: 'chunk-size' | 'chunk-end' | 'trailers'): number {
    const end = chunk.indexOf(LF, from);
    this.#keep(chunk.subarray(from, end === -1 ? chunk.length : end));
    if (this.#begunBytes > LONGEST_LINE) this.#state = { at: 'lost' };
    if (end === -1) return chunk.length;
    const line = Buffer.concat(this.#begun).toString('latin1');
    this.#forgetBegun();
    if (this.#state.at !== 'lost')
      this.#state = line.endsWith('\r') ? after(at, line.slice(0, -1)) : { at: 'lost' };
    return end + 1;
  }

  #keep(bytes: Buffer): void {
    this.#begun.push(bytes);
    this.#begunBytes += bytes.length;
  }

  #forgetBegun(): void {
    this.#begun = [];
    this.#begunBytes = 0;
  }
}

function stateOf(body: BodyFraming): State {
  switch (body.kind) {
    case 'none':
      return { at: 'start' };
    case 'length':
      return body.bytes === 0 ? { at: 'start' } : { at: 'body', left: body.bytes };
    case 'chunked':
      return { at: 'chunk-size' };
    case 'until-end':
      return { at: 'until-end' };
  }
}

/** RFC 9112, 7.1 */
function after(at: 'chunk-size' | 'chunk-end' | 'trailers', line: string): State {
  switch (at) {
    case 'chunk-size': {
      const digits = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line)?.[1];
      if (digits === undefined) return { at: 'lost' };
      const left = Number.parseInt(digits, 16);
      return left === 0 ? { at: 'trailers' } : { at: 'chunk', left };
    }
    case 'chunk-end':
      return line === '' ? { at: 'chunk-size' } : { at: 'lost' };
    case 'trailers':
      return line === '' ? { at: 'start' } : { at: 'trailers' };
  }
}
