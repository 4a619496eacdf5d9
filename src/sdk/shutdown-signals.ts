const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
type ShutdownSignal = (typeof SIGNALS)[number];

/** One Ctrl-C reaches the app twice, once from the terminal and once from npm; both come within this time, in ms. */
const SAME_PRESS_MS = 300;
/**
 * The event loop runs empty within a turn or two once our server and channels are closed. What is still open after this
 * time (ms) stays open: a timer of the game's loop, a listening socket.
 */
export const EXIT_GRACE_MS = 25;

type Listener = (signal: ShutdownSignal) => void;

/** The parts of `process` that are used here. */
export interface SignalledProcess {
  readonly pid: number;
  readonly exitCode?: NodeJS.Process['exitCode'];
  on(signal: ShutdownSignal, listener: Listener): unknown;
  off(signal: ShutdownSignal, listener: Listener): unknown;
  listenerCount(signal: ShutdownSignal): number;
  kill(pid: number, signal: ShutdownSignal): unknown;
  exit(code: NodeJS.Process['exitCode']): unknown;
}

type State =
  | { readonly state: 'armed' }
  | { readonly state: 'closing'; readonly since: number }
  | { readonly state: 'closed' };

/**
 * Closes every service of the process on the first SIGTERM or SIGINT; a second signal ends the process at once.
 * Where the app listens to the signal itself, ending the process is left to it.
 */
export class ShutdownSignals {
  readonly #process: SignalledProcess;
  readonly #now: () => number;
  readonly #closers = new Set<() => Promise<void>>();
  #state: State = { state: 'armed' };

  constructor(target: SignalledProcess, now: () => number = () => performance.now()) {
    this.#process = target;
    this.#now = now;
  }

  /** `close` is called at the first signal; the returned function takes it away again. */
  add(close: () => Promise<void>): () => void {
    if (this.#closers.size === 0 && this.#state.state === 'armed') {
      for (const signal of SIGNALS) this.#process.on(signal, this.#onSignal);
    }
    this.#closers.add(close);
    return () => {
      this.#closers.delete(close);
      if (this.#closers.size === 0 && this.#state.state === 'armed') this.#uninstall();
    };
  }

  readonly #onSignal = (signal: ShutdownSignal): void => {
    switch (this.#state.state) {
      case 'armed':
        this.#state = { state: 'closing', since: this.#now() };
        void this.#close(signal);
        return;
      case 'closing':
        if (this.#now() - this.#state.since >= SAME_PRESS_MS) this.#endNow(signal);
        return;
      case 'closed':
        return;
    }
  };

  async #close(signal: ShutdownSignal): Promise<void> {
    // A rejection is the app's own `onClose` that threw: unhandled, it ends the process with its stack and code 1.
    await Promise.all([...this.#closers].map((close) => close()));
    const appListens = this.#appListens(signal);
    this.#uninstall();
    this.#state = { state: 'closed' };
    if (appListens) return;
    // By listening we took away the signal's own effect, so it is on us to end a process that something keeps alive.
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

  #uninstall(): void {
    for (const signal of SIGNALS) this.#process.off(signal, this.#onSignal);
  }
}

/** Signals come to a process, not to a service: all services of a process share this one. */
export const shutdownSignals = new ShutdownSignals(process);
