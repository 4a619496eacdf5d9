import type { FunctionError } from './function-error.js';

/** One handler under way. */
export interface Running {
  /** Aborted by the caller (through abort) or by the end of a shutdown's patience. */
  readonly signal: AbortSignal;
  /** Resolves if the answer can be awaited no longer, although the handler still runs. */
  readonly cut: Promise<FunctionError>;
  abort(reason: FunctionError): void;
  /** The handler has settled. */
  end(): void;
}

interface Entry {
  readonly controller: AbortController;
  readonly cut: (reason: FunctionError) => void;
}

/** The handlers under way: calls and jobs alike, each until its handler settles, whether or not anybody still waits. */
export class InFlight {
  readonly #entries = new Set<Entry>();
  readonly #idle = new Set<() => void>();

  get count(): number {
    return this.#entries.size;
  }

  begin(): Running {
    const controller = new AbortController();
    let cut: (reason: FunctionError) => void = () => {};
    const whenCut = new Promise<FunctionError>((resolve) => {
      cut = resolve;
    });
    const entry: Entry = { controller, cut };
    this.#entries.add(entry);
    return {
      signal: controller.signal,
      cut: whenCut,
      abort: (reason) => controller.abort(reason),
      end: () => {
        this.#entries.delete(entry);
        if (this.#entries.size === 0) this.#becomeIdle();
      },
    };
  }

  /** Resolves when nothing is under way; at once if nothing is. */
  whenIdle(): Promise<void> {
    if (this.#entries.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.add(resolve);
    });
  }

  /** Asks every handler under way to stop. */
  abortAll(reason: FunctionError): void {
    for (const entry of this.#entries) entry.controller.abort(reason);
  }

  /** Answers everything under way without its handler. */
  cutAll(reason: FunctionError): void {
    for (const entry of this.#entries) entry.cut(reason);
  }

  #becomeIdle(): void {
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}
