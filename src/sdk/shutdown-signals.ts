import { assertNever } from '../core/failure.js';
import { hearsMessages, type ManagedProcess, SHUTDOWN_MESSAGE } from './process-manager.js';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** nodemon's: it restarts the app when the signal has ended it. */
const RESTART_SIGNAL = 'SIGUSR2';

type StopSignal = (typeof STOP_SIGNALS)[number];
type ShutdownSignal = StopSignal | typeof RESTART_SIGNAL;

/** One Ctrl-C reaches the app twice, once from the terminal and once from npm; both come within this time, in ms. */
const SAME_PRESS_MS = 300;
/**
 * The event loop runs empty within a turn or two once our server and channels are closed. What is still open after this
 * time (ms) stays open: a timer of the game's loop, a listening socket.
 */
export const EXIT_GRACE_MS = 25;

/** What asks the process to end. */
export type ShutdownCause = ShutdownSignal | typeof SHUTDOWN_MESSAGE;

/** The parts of `process` that are used here. */
export interface SignalledProcess extends ManagedProcess {
  readonly pid: number;
  readonly exitCode?: NodeJS.Process['exitCode'];
  on(event: ShutdownSignal, listener: (signal: ShutdownSignal) => void): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: ShutdownSignal, listener: (signal: ShutdownSignal) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
  listenerCount(event: string): number;
  kill(pid: number, signal: ShutdownSignal): unknown;
  exit(code: NodeJS.Process['exitCode']): unknown;
}

type State =
  | { readonly state: 'armed' }
  | { readonly state: 'closing'; readonly since: number }
  | { readonly state: 'closed' };

/**
 * Closes every service of the process on the first SIGTERM, SIGINT, SIGUSR2 (nodemon) or message of PM2's; a second SIGTERM or SIGINT
 * ends the process at once. Where the app listens to the signal itself, ending the process is left to it, and SIGUSR2 altogether:
 * it means other things to other apps.
 */
export class ShutdownSignals {
  readonly #process: SignalledProcess;
  readonly #now: () => number;
  readonly #closers = new Set<(cause: ShutdownCause) => Promise<void>>();
  #state: State = { state: 'armed' };

  constructor(target: SignalledProcess, now: () => number = () => performance.now()) {
    this.#process = target;
    this.#now = now;
  }

  /** `close` is called when the process is asked to end; the returned function takes it away again. */
  add(close: (cause: ShutdownCause) => Promise<void>): () => void {
    if (this.#closers.size === 0 && this.#state.state === 'armed') this.#install();
    this.#closers.add(close);
    return () => {
      this.#closers.delete(close);
      if (this.#closers.size === 0 && this.#state.state === 'armed') this.#uninstall();
    };
  }

  readonly #onStopSignal = (signal: ShutdownSignal): void => {
    switch (this.#state.state) {
      case 'armed':
        this.#begin(signal);
        return;
      case 'closing':
        if (this.#now() - this.#state.since >= SAME_PRESS_MS) this.#endNow(signal);
        return;
      case 'closed':
        return;
      default:
        assertNever(this.#state);
    }
  };

  /** nodemon sends it again when more is saved meanwhile: what is under way has its time all the same. */
  readonly #onRestartSignal = (): void => {
    if (this.#state.state === 'armed' && !this.#appListens(RESTART_SIGNAL)) this.#begin(RESTART_SIGNAL);
  };

  readonly #onMessage = (message: unknown): void => {
    if (this.#state.state === 'armed' && message === SHUTDOWN_MESSAGE) this.#begin(SHUTDOWN_MESSAGE);
  };

  #begin(cause: ShutdownCause): void {
    this.#state = { state: 'closing', since: this.#now() };
    void this.#close(cause);
  }

  async #close(cause: ShutdownCause): Promise<void> {
    // A rejection is the app's own `onClose` that threw: unhandled, it ends the process with its stack and code 1.
    await Promise.all([...this.#closers].map((close) => close(cause)));
    const appListens = cause !== SHUTDOWN_MESSAGE && this.#appListens(cause);
    this.#uninstall();
    this.#state = { state: 'closed' };
    if (appListens) return;
    if (cause === RESTART_SIGNAL) this.#process.kill(this.#process.pid, cause);
    // By listening we took away the signal's own effect, so it is on us to end a process that something keeps alive. As the first
    // process of a container it outlives the signal that it sent to itself.
    setTimeout(() => this.#process.exit(this.#process.exitCode ?? 0), EXIT_GRACE_MS).unref();
  }

  /** Gives the signal its own effect back and sends it once more. */
  #endNow(signal: ShutdownSignal): void {
    if (this.#appListens(signal)) return;
    this.#uninstall();
    this.#process.kill(this.#process.pid, signal);
  }

  #appListens(signal: ShutdownSignal): boolean {
    return this.#process.listenerCount(signal) > 1;
  }

  #install(): void {
    for (const signal of STOP_SIGNALS) this.#process.on(signal, this.#onStopSignal);
    this.#process.on(RESTART_SIGNAL, this.#onRestartSignal);
    if (hearsMessages(this.#process)) this.#process.on('message', this.#onMessage);
  }

  #uninstall(): void {
    for (const signal of STOP_SIGNALS) this.#process.off(signal, this.#onStopSignal);
    this.#process.off(RESTART_SIGNAL, this.#onRestartSignal);
    this.#process.off('message', this.#onMessage);
  }
}

/** Signals come to a process, not to a service: all services of a process share this one. */
export const shutdownSignals = new ShutdownSignals(process);
