/** One call in this time (ms), unless a section says otherwise: the first answer of a new version is seen to that precision, for all tools alike. */
const STEP_MS = 10;
export const CALLS_PER_SECOND = 1000 / STEP_MS;

export interface CallCounts {
  readonly sent: number;
  readonly lost: number;
}

/** Whoever makes the calls. */
export interface VersionCaller {
  /** The version of the code that answered; null: no answer, or a failure. */
  call(): Promise<string | null>;
  close(): void;
}

interface Search {
  readonly version: string;
  readonly found: (at: number) => void;
}

/**
 * Steady calls, and how many of them got no answer. None waits for another, and whatever a slow turn of the event loop missed is sent
 * with the next, so that the rate holds.
 */
export class SteadyCalls {
  readonly #caller: VersionCaller;
  readonly #underWay = new Set<Promise<void>>();
  readonly #startedAt = performance.now();
  readonly #stepMs: number;
  readonly #timer: NodeJS.Timeout;
  #step = 0;
  #sent = 0;
  #lost = 0;
  #search: Search | null = null;

  constructor(caller: VersionCaller, stepMs = STEP_MS) {
    this.#caller = caller;
    this.#stepMs = stepMs;
    this.#timer = setInterval(() => this.#takeSteps(), stepMs);
  }

  /**
   * When the first answer of `version` came (`performance.now()`). Null: none came within `patienceMs`.
   */
  firstAnswer(version: string, patienceMs: number): Promise<number | null> {
    return new Promise((resolve) => {
      const end = (at: number | null) => {
        clearTimeout(patience);
        this.#search = null;
        resolve(at);
      };
      const patience = setTimeout(() => end(null), patienceMs);
      this.#search = { version, found: end };
    });
  }

  /** Stops sending and waits for the calls under way. */
  async stop(): Promise<CallCounts> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#caller.close();
    return { sent: this.#sent, lost: this.#lost };
  }

  #takeSteps(): void {
    const due = (performance.now() - this.#startedAt) / this.#stepMs;
    for (; this.#step < due; this.#step++) {
      const call = this.#call();
      this.#underWay.add(call);
      void call.finally(() => this.#underWay.delete(call));
    }
  }

  async #call(): Promise<void> {
    this.#sent += 1;
    const version = await this.#caller.call();
    if (version === null) {
      this.#lost += 1;
    } else if (version === this.#search?.version) {
      this.#search.found(performance.now());
    }
  }
}
