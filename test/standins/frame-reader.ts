import { status } from '@grpc/grpc-js';
import { Refusal } from './refusal.js';

/** Before each message: compressed or not (1 byte), and its length (4 bytes). */
const PREFIX_BYTES = 5;

/** gRPC's own limit for a received message, which peers of the field leave as it is. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** A message with its prefix. */
export function frame(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Cuts what arrives into messages. */
export class FrameReader {
  #rest = Buffer.alloc(0);

  /** The messages that are complete now. */
  push(chunk: Buffer): readonly Buffer[] | Refusal {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    while (this.#rest.length >= PREFIX_BYTES) {
      const length = this.#rest.readUInt32BE(1);
      if (this.#rest[0] !== 0)
        return new Refusal(status.INTERNAL, 'a compressed message, which was not asked for');
      if (length > MAX_MESSAGE_BYTES) {
        return new Refusal(
          status.RESOURCE_EXHAUSTED,
          `received message larger than max (${length} vs. ${MAX_MESSAGE_BYTES})`,
        );
      }
      const end = PREFIX_BYTES + length;
      if (this.#rest.length < end) break;
      messages.push(this.#rest.subarray(PREFIX_BYTES, end));
      this.#rest = this.#rest.subarray(end);
    }
    return messages;
  }
}
