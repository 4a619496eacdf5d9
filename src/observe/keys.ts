import { assertNever } from '../core/failure.js';
import type { Result } from '../core/result.js';
import { isInForeground } from './foreground.js';
import { InvokePrompt } from './invoke-prompt.js';
import { printable } from './printable.js';
import type { InputStream, OutputStream, Reporter, ReporterMode } from './types.js';

/** What a key asks the session to do. `interrupt` is Ctrl-C: the same as SIGINT. */
export type KeyCommand = 'reload' | 'pause' | 'quit' | 'interrupt';

export interface KeyHandlers {
  onCommand(command: KeyCommand): void;
  /** Ids that can be called now. */
  functions(): readonly string[];
  /** Calls a function with a JSON payload; the answer or the error is printed. */
  invoke(functionId: string, payload: string): Promise<Result<string, string>>;
}

export interface KeyboardOptions {
  readonly stdin: InputStream;
  readonly stderr: OutputStream;
  readonly reporter: Pick<Reporter, 'print' | 'clear' | 'suspend'>;
  readonly handlers: KeyHandlers;
  /** Stops this process as Ctrl-Z does; it goes on at SIGCONT. Default: the whole foreground group, as a terminal would. */
  readonly stopProcess?: () => void;
}

export interface Keyboard {
  /** Gives the terminal back. */
  close(): void;
}

type Action = KeyCommand | 'invoke' | 'clear' | 'help' | 'newline' | 'suspend';

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['r', 'reload'],
  ['p', 'pause'],
  ['i', 'invoke'],
  ['c', 'clear'],
  ['q', 'quit'],
  ['h', 'help'],
  ['?', 'help'],
  ['\r', 'newline'],
  ['\n', 'newline'],
  ['\u0003', 'interrupt'],
  ['\u001a', 'suspend'],
]);

const HELP = [
  'r  reload now           p  pause or resume',
  'i  invoke a function    c  clear the screen',
  'q  quit                 h  this help',
];

/** Keys that are pressed faster than we read come together; more than this at once was pasted, and means nothing. */
const MOST_KEYS_AT_ONCE = 4;
const ESCAPE = '\u001b';

/** Whether single keys can be read: a terminal in the foreground that is not the child's, and no JSON on it. */
export function canReadKeys(options: {
  readonly mode: ReporterMode;
  readonly stdin: InputStream;
  /** A service has `"stdin": true`. */
  readonly childHasStdin: boolean;
}): boolean {
  const { mode, stdin, childHasStdin } = options;
  return (
    mode === 'terminal' &&
    !childHasStdin &&
    stdin.isTTY === true &&
    stdin.setRawMode !== undefined &&
    isInForeground()
  );
}

/** Reads single keys until it is closed. Node itself puts the terminal back when the process ends in another way. */
export function openKeyboard(options: KeyboardOptions): Keyboard {
  const keyboard = new RawKeyboard(options);
  keyboard.listen();
  return keyboard;
}

class RawKeyboard implements Keyboard {
  readonly #options: KeyboardOptions;
  readonly #prompt = new InvokePrompt();
  readonly #closing = new AbortController();
  readonly #onData = (chunk: Buffer | string): void => this.#read(String(chunk));
  #isListening = false;
  #onContinue: (() => void) | null = null;

  constructor(options: KeyboardOptions) {
    this.#options = options;
  }

  listen(): void {
    if (this.#isListening || this.#closing.signal.aborted) return;
    this.#isListening = true;
    const { stdin } = this.#options;
    stdin.setRawMode?.(true);
    stdin.on('data', this.#onData);
    stdin.resume();
  }

  close(): void {
    this.#closing.abort();
    this.#ignore();
    if (this.#onContinue !== null) process.off('SIGCONT', this.#onContinue);
    this.#onContinue = null;
  }

  #ignore(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    const { stdin } = this.#options;
    stdin.off('data', this.#onData);
    stdin.setRawMode?.(false);
    // A stdin that flows keeps the process alive.
    stdin.pause();
  }

  #read(text: string): void {
    // Arrows and the like are sequences; a letter in them is not a key.
    if (text.startsWith(ESCAPE) || text.length > MOST_KEYS_AT_ONCE) return;
    for (const key of text) {
      const action = ACTIONS.get(key);
      if (action !== undefined && this.#isListening) this.#act(action);
    }
  }

  #act(action: Action): void {
    const { reporter, handlers } = this.#options;
    switch (action) {
      case 'reload':
      case 'pause':
      case 'quit':
      case 'interrupt':
        handlers.onCommand(action);
        return;
      case 'clear':
        reporter.clear();
        return;
      case 'help':
        reporter.print(HELP);
        return;
      case 'newline':
        reporter.print(['']);
        return;
      case 'invoke':
        void this.#invoke();
        return;
      case 'suspend':
        this.#suspend();
        return;
      default:
        assertNever(action);
    }
  }

  async #invoke(): Promise<void> {
    const { stdin, stderr, reporter, handlers } = this.#options;
    this.#ignore();
    const resume = reporter.suspend();
    const request = await this.#prompt.ask({
      stdin,
      output: stderr,
      functions: handlers.functions(),
      signal: this.#closing.signal,
    });
    resume();
    this.listen();
    if (request === null || this.#closing.signal.aborted) return;
    const answer = await handlers.invoke(request.functionId, request.payload);
    if (this.#closing.signal.aborted) return;
    const text = answer.ok ? answer.value : answer.error;
    const [first = '', ...rest] = text.split('\n').map(printable);
    reporter.print([`${printable(request.functionId)} ${answer.ok ? '->' : 'failed:'} ${first}`, ...rest]);
  }

  #suspend(): void {
    // Windows has no jobs to stop.
    if (process.platform === 'win32') return;
    const { reporter, stopProcess = stopForegroundGroup } = this.#options;
    this.#ignore();
    const resume = reporter.suspend();
    this.#onContinue = () => {
      this.#onContinue = null;
      resume();
      this.listen();
    };
    process.once('SIGCONT', this.#onContinue);
    stopProcess();
  }
}

/** In raw mode the terminal does not turn Ctrl-Z into a signal. The child is in a group of its own, and goes on. */
function stopForegroundGroup(): void {
  // Group 0 is our own group: the shell's job, with npm or npx in it where they started us.
  process.kill(0, 'SIGTSTP');
}
