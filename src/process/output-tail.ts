import { StringDecoder } from 'node:string_decoder';
import { OUTPUT_TAIL_LINES } from '../core/failure.js';

/** Longer lines are cut here, in characters: a line of minified code says nothing more after that. */
const LONGEST_LINE = 4096;

/** Cuts a stream of bytes into lines, whatever pieces it comes in. A long line's rest is dropped and marked with an ellipsis. */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8');
  #unfinished = '';
  #isCut = false;

  /** Takes the next piece; returns the lines that it completes, without their line ends. */
  read(chunk: Buffer): readonly string[] {
    const lines: string[] = [];
    const text = this.#decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#append(text.slice(from, Math.min(end, from + LONGEST_LINE + 1)));
      lines.push(this.unfinished.replace(/\r$/, ''));
      this.#unfinished = '';
      this.#isCut = false;
      from = end + 1;
    }
    this.#append(text.slice(from, from + LONGEST_LINE + 1));
    return lines;
  }

  /** The line that has begun and has no end yet; empty at the start of a line. */
  get unfinished(): string {
    return this.#isCut ? `${this.#unfinished}…` : this.#unfinished;
  }

  #append(text: string): void {
    const whole = this.#unfinished + text;
    this.#isCut ||= whole.length > LONGEST_LINE;
    this.#unfinished = whole.slice(0, LONGEST_LINE);
  }
}

/** The last lines of stdout and stderr together, in the order in which they were completed. */
export class OutputTail {
  readonly #readers = { stdout: new LineReader(), stderr: new LineReader() };
  #lines: string[] = [];

  add(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#lines.push(...this.#readers[stream].read(chunk));
    if (this.#lines.length > OUTPUT_TAIL_LINES) this.#lines = this.#lines.slice(-OUTPUT_TAIL_LINES);
  }

  /** Oldest line first; a line that has no end yet counts as the last one. At most 50. */
  lines(): readonly string[] {
    const unfinished = [this.#readers.stdout.unfinished, this.#readers.stderr.unfinished];
    return [...this.#lines, ...unfinished.filter((line) => line !== '')].slice(-OUTPUT_TAIL_LINES);
  }
}
