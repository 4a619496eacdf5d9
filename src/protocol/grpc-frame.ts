import { err, ok, type Result } from '../core/result.js';
import type { RpcStatus } from './grpc-status.js';
import { STATUS_CODES } from './status-codes.js';

/** Compression flag (1 byte) and length (4 bytes, big-endian) before each message. */
const PREFIX_BYTES = 5;

export function messagePrefix(length: number): Buffer {
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  prefix.writeUInt8(0, 0);
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

/** Cuts a byte stream into messages. A failure is final: nothing after it can be understood. */
export class MessageReader {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Length of the message that is being received, once its prefix is there. */
  #expected: number | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** True in the middle of a message. */
  get isPartial(): boolean {
    return this.#buffered > 0 || this.#expected !== null;
  }

  /** The messages that this chunk completes, in order. */
  push(chunk: Buffer): Result<readonly Buffer[], RpcStatus> {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const messages: Buffer[] = [];
    for (;;) {
      if (this.#expected === null) {
        if (this.#buffered < PREFIX_BYTES) break;
        const prefix = this.#take(PREFIX_BYTES);
        if (prefix.readUInt8(0) !== 0) {
          return err({
            code: STATUS_CODES.INTERNAL,
            message: 'sent a compressed message, which was not asked for',
          });
        }
        const length = prefix.readUInt32BE(1);
        if (length > this.#maxBytes) {
          return err({
            code: STATUS_CODES.RESOURCE_EXHAUSTED,
            message: `sent a message of ${length} bytes; at most ${this.#maxBytes} are accepted`,
          });
        }
        this.#expected = length;
      }
      if (this.#buffered < this.#expected) break;
      messages.push(this.#take(this.#expected));
      this.#expected = null;
    }
    return ok(messages);
  }

  /** Joins as late and as little as possible: a 64 MiB message is copied once. */
  #take(length: number): Buffer {
    this.#buffered -= length;
    const first = this.#chunks[0];
    if (first !== undefined && first.length > length) {
      this.#chunks[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    const taken: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) throw new Error('took more bytes than were buffered');
      if (chunk.length > missing) {
        taken.push(chunk.subarray(0, missing));
        this.#chunks.unshift(chunk.subarray(missing));
        break;
      }
      taken.push(chunk);
      missing -= chunk.length;
    }
    const [only] = taken;
    return taken.length === 1 && only !== undefined ? only : Buffer.concat(taken);
  }
}
