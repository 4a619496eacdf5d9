import { closeSync, existsSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 64 * 1024;

/** Follows the file to which the game server appends `<call> <generation>` for each run, and finds calls that ran twice. */
export class Executions {
  readonly #file: string;
  readonly #seen = new Set<string>();
  readonly #twice: string[] = [];
  #offset = 0;
  /** A line whose end is not there yet. */
  #rest = '';

  constructor(file: string) {
    this.#file = file;
  }

  /** Calls that ran more than once, up to now. */
  readTwice(): readonly string[] {
    if (existsSync(this.#file)) this.#readOn();
    return this.#twice;
  }

  #readOn(): void {
    const file = openSync(this.#file, 'r');
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const length = readSync(file, chunk, 0, CHUNK_BYTES, this.#offset);
      if (length === 0) break;
      this.#offset += length;
      const lines = `${this.#rest}${chunk.toString('latin1', 0, length)}`.split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#note(line.split(' ')[0] ?? '');
    }
    closeSync(file);
  }

  #note(call: string): void {
    if (this.#seen.has(call)) this.#twice.push(call);
    this.#seen.add(call);
  }
}
