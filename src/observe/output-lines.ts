const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Bytes of a line that are kept at most; a longer one goes out in pieces. */
export const LINE_LIMIT = 64 * 1024;

/** Cuts a byte stream into lines. Bytes are not changed; a character is never cut but by the limit. */
export class OutputLines {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(limit: number = LINE_LIMIT) {
    this.#limit = limit;
  }

  /** The lines that this chunk completes, without their line end. */
  push(chunk: Uint8Array): readonly Buffer[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: Buffer[] = [];
    let from = 0;
    while (from < bytes.length) {
      const end = bytes.indexOf(NEWLINE, from);
      const to = end === -1 ? bytes.length : end;
      const room = this.#limit - this.#length;
      if (to - from > room) {
        this.#keep(bytes.subarray(from, from + room));
        lines.push(this.#take());
        from += room;
        continue;
      }
      this.#keep(bytes.subarray(from, to));
      if (end !== -1) lines.push(withoutCarriageReturn(this.#take()));
      from = to + 1;
    }
    return lines;
  }

  /** What came after the last line end; nothing is left behind. */
  end(): readonly Buffer[] {
    return this.#length === 0 ? [] : [this.#take()];
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    // A copy: the chunk's memory belongs to whoever reads the pipe.
    this.#pieces.push(Buffer.from(piece));
    this.#length += piece.length;
  }

  #take(): Buffer {
    const line = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    return line;
  }
}

function withoutCarriageReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
