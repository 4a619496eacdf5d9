import type { FunctionSummary, StampedEvent } from '../core/events.js';
import { assertNever } from '../core/failure.js';
import type { GenerationAnswer } from './schemas.js';

/** Of each service. */
const KEPT = 50;

type GenerationEvent = Extract<StampedEvent, { readonly generation: number }>;
type LifeEvent = Extract<GenerationEvent, { type: `build.${string}` | `generation.${string}` }>;

/** What became of the generations of a session: made of its events, the last 50 of each service. */
export class GenerationHistory {
  /** By service and number. */
  readonly #services = new Map<string, Map<string, GenerationAnswer>>();
  readonly #functionsOf: (service: string) => readonly FunctionSummary[];

  /** `functionsOf`: what a service serves now. */
  constructor(functionsOf: (service: string) => readonly FunctionSummary[]) {
    this.#functionsOf = functionsOf;
  }

  /** To be called with every event of the session. */
  take(event: StampedEvent): void {
    if (!isOfGeneration(event)) return;
    const known = this.#services.get(event.service) ?? new Map<string, GenerationAnswer>();
    this.#services.set(event.service, known);
    const { instance = null } = event;
    const key = `${instance ?? ''} ${event.generation}`;
    const before = known.get(key) ?? begin(event.service, event.generation, instance);
    const after = this.#advance(before, event);
    if (after === null) return;
    known.set(key, after);
    if (known.size <= KEPT) return;
    // What still runs is never the oldest by chance: there are at most a few of those.
    const oldest = [...known].find(([, one]) => one.endedAt !== null);
    if (oldest !== undefined) known.delete(oldest[0]);
  }

  /** Oldest first; of one service, or of all in turn. */
  list(service: string | null): readonly GenerationAnswer[] {
    const chosen = service === null ? [...this.#services.values()] : [this.#services.get(service)];
    return chosen.flatMap((one) => [...(one?.values() ?? [])]);
  }

  /** Those that have the calls. One that drains has them until another does. */
  active(service: string): readonly GenerationAnswer[] {
    const list = this.list(service);
    const active = list.filter((one) => one.state === 'active');
    if (active.length > 0) return active;
    return list.filter((one) => one.state === 'draining' && one.activeAt !== null).slice(-1);
  }

  /** Null: the event says nothing about the generation itself. */
  #advance(before: GenerationAnswer, event: GenerationEvent): GenerationAnswer | null {
    switch (event.type) {
      case 'functions.changed':
      case 'functions.reloaded':
        return { ...before, functions: [...this.#functionsOf(event.service)] };
      case 'process.output':
      case 'reload.finished':
        return null;
      default:
        return advance(before, event);
    }
  }
}

function isOfGeneration(event: StampedEvent): event is GenerationEvent {
  return 'generation' in event;
}

function begin(service: string, generation: number, instance: number | null): GenerationAnswer {
  return {
    service,
    generation,
    instance,
    pid: null,
    state: 'building',
    startedAt: null,
    readyMs: null,
    activeAt: null,
    endedAt: null,
    exitCode: null,
    signal: null,
    failure: null,
    functions: [],
  };
}

function advance(before: GenerationAnswer, event: LifeEvent): GenerationAnswer {
  const { time } = event;
  switch (event.type) {
    case 'build.started':
    case 'build.finished':
      return before;
    case 'build.cancelled':
      return { ...before, state: 'stopped', endedAt: time };
    case 'build.failed': {
      const { reason, message } = event;
      return { ...before, state: 'failed', endedAt: time, failure: { reason, message } };
    }
    case 'generation.starting':
      // A build that was cancelled leaves its number to the next.
      return { ...before, state: 'starting', pid: event.pid, startedAt: time, endedAt: null, failure: null };
    case 'generation.ready':
      return { ...before, state: 'ready', readyMs: event.ms, functions: [...event.functions], failure: null };
    case 'generation.active':
      return { ...before, state: 'active', activeAt: time, functions: [...event.functions] };
    case 'generation.draining':
      return { ...before, state: before.failure === null ? 'draining' : before.state };
    case 'generation.stopped': {
      const { exitCode, signal } = event;
      const state = before.failure === null ? 'stopped' : 'failed';
      return { ...before, state, endedAt: time, exitCode, signal };
    }
    case 'generation.failed':
      return fail(before, event);
    default:
      return assertNever(event);
  }
}

function fail(
  before: GenerationAnswer,
  { reason, message, exitCode, signal, pid, time }: Extract<LifeEvent, { type: 'generation.failed' }>,
): GenerationAnswer {
  const failure = { reason, message };
  // It runs on, and may still get ready.
  if (reason === 'not-ready' && pid !== null) return { ...before, pid, failure };
  const endedAt = pid === null ? time : before.endedAt;
  return { ...before, state: 'failed', failure, exitCode, signal, endedAt };
}
