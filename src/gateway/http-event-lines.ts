const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts a stream of bytes into lines that end with LF or CRLF, whatever pieces it comes in. (Event streams may end lines with CR alone,
 * which no known server does.)
 */
export class EventLines {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** @param limit longest line that is taken, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A line that has begun is longer than the limit. */
  get isTooLong(): boolean {
    return this.#bytes > this.#limit;
  }

  /** The lines that this piece completes, as text without their ends. */
  read(chunk: Buffer): readonly string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      this.#append(chunk.subarray(from, end));
      lines.push(this.rest());
      from = end + 1;
    }
    this.#append(chunk.subarray(from));
    return lines;
  }

  /** What has begun and has no end yet; it is taken out. */
  rest(): string {
    const line = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    return line.toString('utf8', 0, line.at(-1) === CR ? line.length - 1 : line.length);
  }

  #append(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }
}
