import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import ora, { type Ora } from 'ora';
import { type CancelTimer, type Clock, systemClock } from '../core/clock.js';
import { endsMidLine } from './mid-line.js';
import { textWidth, withoutSequences } from './printable.js';
import type { StatusLine } from './status-line.js';
import type { OutputStream } from './types.js';

/** How long the status line stays away after output, so that a stream of it is not drawn over again and again. */
const REDRAW_AFTER_OUTPUT_MS = 30;
const SPINNER_INTERVAL_MS = 80;
/** Output that is kept while the terminal is used for something else; more than that goes out at once. */
const HELD_OUTPUT_BYTES = 1024 * 1024;
/** The symbol, the space after it, and the last column: a line that fills it would wrap in some terminals. */
const RESERVED_CELLS = 3;
const DEFAULT_COLUMNS = 80;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_SCREEN = '\u001b[2J\u001b[3J\u001b[H';

type Held =
  | { readonly kind: 'output'; readonly stream: OutputStream; readonly chunk: Uint8Array }
  | { readonly kind: 'lines'; readonly lines: readonly string[] };

/**
 * A terminal that is shared by the child's output, our finished lines, and one status line below them.
 *
 * ora draws the status line, but is never started: a started ora patches `write` of the standard streams and draws
 * over a line that the child left open. So here the status line is taken away before anything is written, and comes
 * back when the cursor is at the beginning of a line; what the child wrote stays as it is, byte for byte.
 */
export class Screen {
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #clock: Clock;
  readonly #compose: (width: number) => StatusLine | null;
  readonly #line: Ora;
  readonly #busy: Ora['spinner'];
  readonly #onResize = (): void => this.#redrawAtNewWidth();
  readonly #onExit = (): void => this.#showCursor();
  #drawn: { readonly frame: string; readonly columns: number } | null = null;
  #isLineOpen = false;
  #isCursorHidden = false;
  #suspensions = 0;
  #held: Held[] = [];
  #heldBytes = 0;
  #cancelRedraw: CancelTimer | null = null;
  #isClosed = false;

  /** `compose` says what the status line is, in at most `width` cells after its symbol; null: there is none. */
  constructor(options: {
    readonly stdout: OutputStream;
    readonly stderr: OutputStream;
    readonly compose: (width: number) => StatusLine | null;
    readonly clock?: Clock;
  }) {
    this.#stdout = options.stdout;
    this.#stderr = options.stderr;
    this.#compose = options.compose;
    this.#clock = options.clock ?? systemClock;
    this.#line = ora({
      stream: options.stderr,
      isEnabled: true,
      discardStdin: false,
      hideCursor: false,
      color: false,
    });
    this.#busy = this.#line.spinner;
    this.#stderr.on('resize', this.#onResize);
    process.once('exit', this.#onExit);
  }

  get columns(): number {
    return this.#stderr.columns || DEFAULT_COLUMNS;
  }

  /** The child's bytes, as they are. */
  write(stream: 'stdout' | 'stderr', chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const target = stream === 'stdout' ? this.#stdout : this.#stderr;
    if (target.isTTY !== true) {
      target.write(chunk);
      return;
    }
    if (this.#suspensions > 0) {
      this.#hold({ kind: 'output', stream: target, chunk }, chunk.length);
      return;
    }
    this.#writeToTerminal(target, chunk);
    this.#redrawLater(REDRAW_AFTER_OUTPUT_MS);
  }

  /** Finished lines of our own, above the status line. */
  print(lines: readonly string[]): void {
    if (lines.length === 0) return;
    if (this.#suspensions > 0) {
      this.#hold({ kind: 'lines', lines }, lines.join('\n').length);
      return;
    }
    this.#printToTerminal(lines);
    this.#draw();
  }

  /** What the status line says may have changed. */
  refresh(): void {
    // Right after output the line is away; it comes back with the timer that is set.
    if (this.#drawn !== null || this.#cancelRedraw === null) this.#draw();
  }

  clear(): void {
    if (this.#isClosed || this.#suspensions > 0) return;
    this.#erase();
    this.#stderr.write(CLEAR_SCREEN);
    this.#isLineOpen = false;
    this.#draw();
  }

  /** Leaves the terminal to somebody else until the returned function is called. */
  suspend(): () => void {
    this.#erase();
    this.#endOpenLine();
    this.#showCursor();
    this.#suspensions += 1;
    let isSuspended = true;
    return () => {
      if (!isSuspended) return;
      isSuspended = false;
      this.#suspensions -= 1;
      if (this.#suspensions > 0) return;
      this.#isLineOpen = false;
      this.#release();
      this.#draw();
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#erase();
    this.#release();
    this.#isClosed = true;
    this.#cancelRedraw?.();
    this.#cancelRedraw = null;
    this.#showCursor();
    this.#stderr.off('resize', this.#onResize);
    process.off('exit', this.#onExit);
  }

  #writeToTerminal(stream: OutputStream, chunk: Uint8Array): void {
    this.#erase();
    stream.write(chunk);
    this.#isLineOpen = endsMidLine(chunk, this.#isLineOpen);
  }

  #printToTerminal(lines: readonly string[]): void {
    this.#erase();
    this.#endOpenLine();
    this.#stderr.write(`${lines.join('\n')}\n`);
  }

  #endOpenLine(): void {
    if (this.#isLineOpen) this.#stderr.write('\n');
    this.#isLineOpen = false;
  }

  #hold(what: Held, bytes: number): void {
    this.#held.push(what);
    this.#heldBytes += bytes;
    if (this.#heldBytes > HELD_OUTPUT_BYTES) this.#release();
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const one of held) {
      if (one.kind === 'output') this.#writeToTerminal(one.stream, one.chunk);
      else this.#printToTerminal(one.lines);
    }
  }

  #draw(): void {
    this.#cancelRedraw?.();
    this.#cancelRedraw = null;
    if (this.#isClosed || this.#suspensions > 0 || this.#isLineOpen) return;
    const content = this.#compose(Math.max(1, this.columns - RESERVED_CELLS));
    if (content === null) {
      this.#erase();
      return;
    }
    const isBusy = content.symbol === 'busy';
    this.#setSymbol(content.symbol);
    this.#line.text = content.text;
    const frame = this.#line.frame();
    if (this.#drawn?.frame !== frame || this.#drawn.columns !== this.columns) {
      this.#hideCursor();
      this.#line.render();
      this.#drawn = { frame, columns: this.columns };
    }
    if (isBusy) this.#redrawLater(SPINNER_INTERVAL_MS);
  }

  #setSymbol(symbol: StatusLine['symbol']): void {
    if (symbol === 'busy') {
      // Setting it begins the animation anew.
      if (this.#line.spinner !== this.#busy) this.#line.spinner = this.#busy;
      return;
    }
    this.#line.spinner = { frames: [symbol.paint(symbol.text)] };
  }

  #redrawLater(ms: number): void {
    if (this.#isClosed || this.#cancelRedraw !== null) return;
    this.#cancelRedraw = this.#clock.after(ms, () => this.#draw());
  }

  /**
   * A terminal that became narrower has broken the status line into several rows, with the cursor in the last one.
   * (So do all terminals in wide use but xterm itself, where the row above is lost instead.)
   */
  #redrawAtNewWidth(): void {
    if (this.#drawn === null) return;
    const cells = textWidth(withoutSequences(this.#drawn.frame));
    const rows = Math.ceil(cells / this.columns);
    if (rows > 1) {
      moveCursor(this.#stderr, 0, 1 - rows);
      cursorTo(this.#stderr, 0);
      clearScreenDown(this.#stderr);
    }
    this.#draw();
  }

  #erase(): void {
    if (this.#drawn === null) return;
    this.#line.clear();
    this.#drawn = null;
  }

  #hideCursor(): void {
    if (this.#isCursorHidden) return;
    this.#stderr.write(HIDE_CURSOR);
    this.#isCursorHidden = true;
  }

  #showCursor(): void {
    if (!this.#isCursorHidden) return;
    this.#stderr.write(SHOW_CURSOR);
    this.#isCursorHidden = false;
  }
}
