import { clearLine, clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** One piece of what a terminal is sent: a sequence with its parameters and final letter, or a single character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
const PIECE = /\u001b\[([0-9;?]*)([A-Za-z])|[\s\S]/gu;

/**
 * A terminal without end: knows lines, the cursor, wrapping at the last column, and the sequences that the status line
 * is made of. Anything else that would move the cursor is an error, so that no test passes by not understanding it.
 */
export class VirtualTerminal {
  columns: number;
  isCursorVisible = true;
  /** All that was written, in order. */
  written = '';
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns = 80) {
    this.columns = columns;
  }

  /** Lines as they are seen, without colours and without the empty ones at the end. */
  get lines(): readonly string[] {
    const lines = this.#lines.map((line) => line.trimEnd());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  write(text: string): void {
    this.written += text;
    for (const [piece, parameters = '', final] of text.matchAll(PIECE)) {
      if (final === undefined) this.#put(piece);
      else this.#control(parameters, final);
    }
  }

  /** As most terminals do it: a line that is now too long continues in the next row, and the cursor with it. */
  resize(columns: number): void {
    this.columns = columns;
    const reflowed: string[] = [];
    let row = this.#row;
    for (const [index, line] of this.#lines.entries()) {
      const rows = Math.max(1, Math.ceil(line.length / columns));
      for (let part = 0; part < rows; part++) reflowed.push(line.slice(part * columns, (part + 1) * columns));
      if (index < this.#row) row += rows - 1;
      if (index === this.#row) {
        const at = Math.min(rows - 1, Math.floor(this.#column / columns));
        row += at;
        this.#column -= at * columns;
      }
    }
    this.#lines = reflowed;
    this.#row = row;
  }

  #put(character: string): void {
    if (character === '\n') {
      // The line discipline of a terminal turns a newline into both.
      this.#column = 0;
      this.#moveTo(this.#row + 1);
    } else if (character === '\r') {
      this.#column = 0;
    } else if (character >= ' ') {
      if (this.#column >= this.columns) {
        this.#column = 0;
        this.#moveTo(this.#row + 1);
      }
      const line = (this.#lines[this.#row] ?? '').padEnd(this.#column);
      this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
      this.#column += 1;
    } else {
      throw new Error(`the terminal was sent ${JSON.stringify(character)}`);
    }
  }

  #control(parameters: string, final: string): void {
    const count = Number(parameters === '' ? 1 : parameters);
    switch (final + (parameters.startsWith('?') ? parameters : '')) {
      case 'm':
      case 'h?2026':
      case 'l?2026':
        return;
      case 'h?25':
        this.isCursorVisible = true;
        return;
      case 'l?25':
        this.isCursorVisible = false;
        return;
      case 'A':
        this.#row = Math.max(0, this.#row - count);
        return;
      case 'B':
        this.#moveTo(this.#row + count);
        return;
      case 'G':
        this.#column = count - 1;
        return;
      case 'H':
        this.#row = 0;
        this.#column = 0;
        return;
      case 'K':
        this.#clearLine(parameters);
        return;
      case 'J':
        this.#clearBelow(parameters);
        return;
      default:
        throw new Error(`the terminal was sent CSI ${parameters}${final}`);
    }
  }

  #clearLine(parameters: string): void {
    const line = this.#lines[this.#row] ?? '';
    if (parameters === '2') this.#lines[this.#row] = '';
    else if (parameters === '1') this.#lines[this.#row] = line.slice(this.#column).padStart(line.length);
    else this.#lines[this.#row] = line.slice(0, this.#column);
  }

  #clearBelow(parameters: string): void {
    if (parameters === '2' || parameters === '3') {
      this.#lines = [''];
      return;
    }
    this.#lines.length = this.#row + 1;
    this.#clearLine('0');
  }

  #moveTo(row: number): void {
    this.#row = row;
    while (this.#lines.length <= row) this.#lines.push('');
  }
}

/** stdout or stderr on a virtual terminal; several streams may share one, as they do in life. */
export class TerminalStream extends Writable {
  readonly isTTY = true;
  readonly #terminal: VirtualTerminal;
  readonly #decoder = new StringDecoder('utf8');

  constructor(terminal: VirtualTerminal) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  override write(chunk: string | Uint8Array): boolean {
    this.#terminal.write(typeof chunk === 'string' ? chunk : this.#decoder.write(Buffer.from(chunk)));
    return true;
  }

  cursorTo(column: number): boolean {
    return cursorTo(this, column);
  }

  moveCursor(columns: number, rows: number): boolean {
    return moveCursor(this, columns, rows);
  }

  clearLine(direction: -1 | 0 | 1): boolean {
    return clearLine(this, direction);
  }

  clearScreenDown(): boolean {
    return clearScreenDown(this);
  }
}

/** A stream that is no terminal, and keeps what was written. */
export class CapturedStream extends Writable {
  readonly #chunks: Buffer[] = [];

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString();
  }

  override write(chunk: string | Uint8Array): boolean {
    this.#chunks.push(Buffer.from(chunk));
    return true;
  }
}
