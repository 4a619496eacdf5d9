import type { StampedEvent } from '../core/events.js';
import { readFailure, type StartFailure } from './start-failure.js';

/** What came of one part of a service's start. */
export type StartPhase =
  | { readonly kind: 'done'; readonly ms: number }
  /** There was nothing to do. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'failed';
      readonly ms: number;
      readonly failure: StartFailure;
    }
  /** It was never come to. */
  | { readonly kind: 'unreached'; readonly why: string };

/** How one service comes up for the first time, from the events of its session. Each part is told once. */
export class ServiceStart {
  readonly built: Promise<StartPhase>;
  /** The process was started, and still ran when it got ready or its time for that was over. */
  readonly booted: Promise<StartPhase>;
  readonly ready: Promise<StartPhase>;
  readonly #name: string;
  readonly #now: () => number;
  readonly #tell: Readonly<Record<'built' | 'booted' | 'ready', (phase: StartPhase) => void>>;
  /** When the present part began, ms. */
  #since: number;
  #bootMs = 0;

  /** `now`: a clock in ms. */
  constructor(name: string, now: () => number) {
    this.#name = name;
    this.#now = now;
    this.#since = now();
    const tell = { built: ignore, booted: ignore, ready: ignore };
    this.built = new Promise((resolve) => {
      tell.built = resolve;
    });
    this.booted = new Promise((resolve) => {
      tell.booted = resolve;
    });
    this.ready = new Promise((resolve) => {
      tell.ready = resolve;
    });
    this.#tell = tell;
  }

  /** To be called with every event of the session. */
  take(event: StampedEvent): void {
    if (!('service' in event) || event.service !== this.#name) return;
    switch (event.type) {
      case 'build.started':
        this.#since = this.#now();
        break;
      case 'build.finished':
        this.#tell.built({ kind: 'done', ms: event.ms });
        this.#since = this.#now();
        break;
      case 'build.failed':
        this.#tell.built({ kind: 'failed', ms: event.ms, failure: readFailure(event) });
        this.giveUp('there is no build to start');
        break;
      case 'generation.starting':
        this.#tell.built({ kind: 'none' });
        this.#bootMs = this.#now() - this.#since;
        this.#since = this.#now();
        break;
      case 'generation.active':
        this.#tell.booted({ kind: 'done', ms: this.#bootMs });
        this.#tell.ready({ kind: 'done', ms: this.#now() - this.#since });
        break;
      case 'generation.failed':
        this.#failed(readFailure(event));
        break;
    }
  }

  /** Nothing more will come of it. */
  giveUp(why: string): void {
    for (const tell of Object.values(this.#tell)) tell({ kind: 'unreached', why });
  }

  #failed(failure: StartFailure): void {
    const ms = this.#now() - this.#since;
    this.#tell.built({ kind: 'none' });
    if (failure.reason === 'not-ready') {
      this.#tell.booted({ kind: 'done', ms: this.#bootMs });
      this.#tell.ready({ kind: 'failed', ms, failure });
    } else {
      this.#tell.booted({ kind: 'failed', ms: this.#bootMs + ms, failure });
    }
    this.giveUp('the process is gone');
  }
}

function ignore(_: StartPhase): void {}
