import type { CroupierEvent } from '../core/events.js';
import { assertNever, type Failure } from '../core/failure.js';

/** The generation that gets the calls. */
export interface Serving {
  readonly generation: number;
  readonly pid: number;
  /** Ids. */
  readonly functions: readonly string[];
}

/** What a service is busy with. */
export type Activity =
  | { readonly state: 'idle' }
  | { readonly state: 'building'; readonly generation: number }
  | { readonly state: 'starting'; readonly generation: number; readonly pid: number }
  | { readonly state: 'ready' }
  /** The serving generation finishes its calls before it stops (`stop-first`). */
  | { readonly state: 'draining'; readonly generation: number }
  | {
      readonly state: 'failed';
      readonly generation: number;
      readonly reason: Failure['reason'];
      /** The next attempt comes by itself this long after the failure; null: it waits for a change. */
      readonly retryMs: number | null;
    };

export interface ServiceStatus {
  readonly name: string;
  readonly activity: Activity;
  readonly serving: Serving | null;
  /** Generations that have been replaced and still run. */
  readonly retiring: readonly number[];
  /** How often a generation became the serving one. */
  readonly activations: number;
  /** How long the generation that got ready last took. */
  readonly lastReady: { readonly generation: number; readonly ms: number } | null;
}

export interface UpstreamView {
  readonly url: string;
  readonly state: 'connecting' | 'connected' | 'lost';
}

/** The state of a session, as far as its events tell. */
export interface SessionStatus {
  readonly gateway: string | null;
  /** null: there is none. */
  readonly upstream: UpstreamView | null;
  readonly services: readonly ServiceStatus[];
}

export function initialStatus(services: readonly string[]): SessionStatus {
  return { gateway: null, upstream: null, services: services.map(newService) };
}

/** The status when the services of the session are others: those that stay are as they were. */
export function withServices(status: SessionStatus, services: readonly string[]): SessionStatus {
  return { ...status, services: services.map((name) => findService(status, name)) };
}

export function findService(status: SessionStatus, name: string): ServiceStatus {
  return status.services.find((service) => service.name === name) ?? newService(name);
}

/** The status after an event. Pure. */
export function reduceStatus(status: SessionStatus, event: CroupierEvent): SessionStatus {
  switch (event.type) {
    case 'session.ready':
      return {
        ...status,
        gateway: event.gateway,
        upstream: event.upstream === null ? null : { url: event.upstream, state: 'connecting' },
      };
    case 'session.closed':
      return { ...status, services: status.services.map((one) => ({ ...one, activity: { state: 'idle' } })) };
    case 'upstream.connected':
      return { ...status, upstream: { url: event.url, state: 'connected' } };
    case 'upstream.lost':
      return { ...status, upstream: { url: event.url, state: 'lost' } };
    case 'upstream.replaced':
      return { ...status, upstream: null };
    case 'upstream.registered':
    case 'upstream.drained':
    case 'session.notice':
    case 'process.output':
    case 'files.changed':
    case 'functions.reloaded':
    case 'reload.finished':
      return status;
    default: {
      const before = findService(status, event.service);
      const after = reduceService(before, event);
      return status.services.includes(before)
        ? { ...status, services: status.services.map((one) => (one === before ? after : one)) }
        : { ...status, services: [...status.services, after] };
    }
  }
}

type ServiceEvent = Extract<
  CroupierEvent,
  { type: `build.${string}` | `generation.${string}` | 'functions.changed' }
>;

function reduceService(before: ServiceStatus, event: ServiceEvent): ServiceStatus {
  switch (event.type) {
    case 'build.started':
      return { ...before, activity: { state: 'building', generation: event.generation } };
    case 'build.finished':
    case 'build.cancelled':
      return isBusyWith(before, event.generation) ? rest(before) : before;
    case 'build.failed':
      return fail(before, event.generation, event.reason, null);
    case 'generation.starting':
      return { ...before, activity: { state: 'starting', generation: event.generation, pid: event.pid } };
    case 'generation.ready':
      return { ...before, lastReady: { generation: event.generation, ms: event.ms } };
    case 'generation.active':
      return activate(before, event);
    case 'generation.draining':
      return drain(before, event.generation);
    case 'generation.stopped':
      return leave(before, event.generation);
    case 'generation.failed':
      return failGeneration(before, event);
    case 'functions.changed':
      return changeFunctions(before, event);
    default:
      return assertNever(event);
  }
}

function activate(
  before: ServiceStatus,
  event: Extract<ServiceEvent, { type: 'generation.active' }>,
): ServiceStatus {
  const { activity } = before;
  // Calls went back to an older generation: what failed is still the news.
  const fellBack = activity.state === 'failed' && activity.generation > event.generation;
  return {
    ...before,
    activity: fellBack ? activity : { state: 'ready' },
    serving: { generation: event.generation, pid: event.pid, functions: event.functions.map(({ id }) => id) },
    retiring: before.retiring.filter((one) => one !== event.generation),
    activations: before.activations + 1,
  };
}

function drain(before: ServiceStatus, generation: number): ServiceStatus {
  if (before.serving?.generation === generation) {
    return { ...before, activity: { state: 'draining', generation } };
  }
  return before.retiring.includes(generation)
    ? before
    : { ...before, retiring: [...before.retiring, generation] };
}

function leave(before: ServiceStatus, generation: number): ServiceStatus {
  const after: ServiceStatus = {
    ...before,
    serving: before.serving?.generation === generation ? null : before.serving,
    retiring: before.retiring.filter((one) => one !== generation),
  };
  // A failure stays the news until something else begins.
  const wasServing = before.serving?.generation === generation && before.activity.state !== 'failed';
  return wasServing || isBusyWith(before, generation) ? rest(after) : after;
}

function failGeneration(
  before: ServiceStatus,
  event: Extract<ServiceEvent, { type: 'generation.failed' }>,
): ServiceStatus {
  if (before.retiring.includes(event.generation)) return leave(before, event.generation);
  return fail(leave(before, event.generation), event.generation, event.reason, event.retryMs);
}

function fail(
  before: ServiceStatus,
  generation: number,
  reason: Failure['reason'],
  retryMs: number | null,
): ServiceStatus {
  return { ...before, activity: { state: 'failed', generation, reason, retryMs } };
}

function changeFunctions(
  before: ServiceStatus,
  event: Extract<ServiceEvent, { type: 'functions.changed' }>,
): ServiceStatus {
  const { serving } = before;
  if (serving?.generation !== event.generation) return before;
  const gone = new Set([...event.removed, ...event.added]);
  const functions = [...serving.functions.filter((id) => !gone.has(id)), ...event.added];
  return { ...before, serving: { ...serving, functions } };
}

function isBusyWith({ activity }: ServiceStatus, generation: number): boolean {
  return (
    (activity.state === 'building' || activity.state === 'starting' || activity.state === 'draining') &&
    activity.generation === generation
  );
}

function rest(service: ServiceStatus): ServiceStatus {
  return { ...service, activity: { state: service.serving === null ? 'idle' : 'ready' } };
}

function newService(name: string): ServiceStatus {
  return {
    name,
    activity: { state: 'idle' },
    serving: null,
    retiring: [],
    activations: 0,
    lastReady: null,
  };
}
