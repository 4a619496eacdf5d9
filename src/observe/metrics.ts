import type { StampedEvent } from '../core/events.js';

/** What is counted of the events. */
export type CountedEvent =
  | Extract<StampedEvent, { type: 'reload.finished' }>
  | Extract<StampedEvent, { type: 'functions.reloaded' }>;

/** One service at this moment. */
export interface ServiceGauges {
  readonly name: string;
  /** The newest that has the calls; null: none. */
  readonly generation: number | null;
  readonly functions: number;
  readonly inFlight: { readonly calls: number; readonly jobs: number };
  readonly held: number;
  /** Totals of the session. */
  readonly calls: {
    readonly held: number;
    readonly drained: number;
    readonly replayed: number;
    readonly lost: number;
    readonly answered: number;
  };
}

/** The session at this moment. */
export interface SessionGauges {
  readonly version: string;
  /** In seconds since 1970. */
  readonly startedAt: number;
  readonly isPaused: boolean;
  readonly services: readonly ServiceGauges[];
  /** null: there is none. */
  readonly upstream: { readonly url: string; readonly state: string; readonly reconnects: number } | null;
}

export interface RenderedMetrics {
  readonly contentType: string;
  /** In the text format of Prometheus. */
  readonly text: string;
}

interface Registry {
  count(event: CountedEvent): void;
  render(gauges: SessionGauges, crashes: ReadonlyMap<string, number>): Promise<RenderedMetrics>;
}

/** Events that wait until somebody asks for the figures. */
const MOST_WAITING = 1000;

/**
 * The figures of a session. The library that makes them is loaded when they are asked for first; until then what there is to count is
 * kept, and few sessions have more than some hundred reloads.
 */
export class SessionMetrics {
  readonly #crashes = new Map<string, number>();
  /** Keys of the generations that have the calls, or had them. */
  readonly #served = new Set<string>();
  #waiting: CountedEvent[] = [];
  #registry: Promise<Registry> | null = null;

  /** To be called with every event of the session. */
  take(event: StampedEvent): void {
    switch (event.type) {
      case 'generation.active':
        this.#served.add(keyOf(event));
        return;
      case 'generation.stopped':
        this.#served.delete(keyOf(event));
        return;
      case 'generation.failed':
        if (this.#served.delete(keyOf(event))) {
          this.#crashes.set(event.service, this.crashes(event.service) + 1);
        }
        return;
      case 'reload.finished':
      case 'functions.reloaded':
        this.#waiting.push(event);
        if (this.#waiting.length > MOST_WAITING) void this.#count();
        return;
      default:
        return;
    }
  }

  /** How often a process of a service that had the calls died by itself. */
  crashes(service: string): number {
    return this.#crashes.get(service) ?? 0;
  }

  async render(gauges: SessionGauges): Promise<RenderedMetrics> {
    const registry = await this.#count();
    return registry.render(gauges, this.#crashes);
  }

  async #count(): Promise<Registry> {
    this.#registry ??= import('./metrics-registry.js').then(({ MetricsRegistry }) => new MetricsRegistry());
    const registry = await this.#registry;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const event of waiting) registry.count(event);
    return registry;
  }
}

function keyOf(event: {
  readonly service: string;
  readonly instance?: number;
  readonly generation: number;
}): string {
  return `${event.service} ${event.instance ?? ''} ${event.generation}`;
}
