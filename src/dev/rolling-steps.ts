import type { ReloadPhases, SwapStrategy } from '../core/events.js';
import type { Result } from '../core/result.js';
import type { ReloadEnd } from '../supervisor/reload-tickets.js';
import type { Live, ReloadRequest } from '../supervisor/state.js';

/** What a roll needs of the supervisor of an instance. */
export interface RollingSupervisor {
  readonly active: Live | null;
  readonly mode: SwapStrategy;
  want(request: ReloadRequest): Promise<ReloadEnd>;
  generationOf(requestId: number): number | null;
  goBack(generation: number, request: ReloadRequest): boolean;
  unpin(): void;
  rollbackTarget(): Result<string, string>;
}

/** One of the processes of a service, as far as a roll concerns it. */
export interface RollingInstance {
  /** From 1. */
  readonly instance: number;
  readonly supervisor: RollingSupervisor;
}

/** A replaced instance, with what it ran before. */
export interface Swapped {
  readonly one: RollingInstance;
  readonly before: Live | null;
  readonly generation: number;
}

export const NO_TIME: ReloadPhases = { build: 0, drain: 0, stop: 0, start: 0, total: 0 };

/** A start without a build that nobody asked for by a change; its number is given where it is handed on. `at`: clock time, in ms. */
export function restart(rule: 'start' | 'rollback', at: number): ReloadRequest {
  const kind = rule === 'start' ? 'start' : 'manual';
  return { id: 0, trigger: { kind, paths: [] }, rule, action: 'restart', at, settled: true };
}

export function addPhases(one: ReloadPhases, other: ReloadPhases): ReloadPhases {
  return {
    build: one.build + other.build,
    drain: one.drain + other.drain,
    stop: one.stop + other.stop,
    start: one.start + other.start,
    total: one.total + other.total,
  };
}

/** Of two that wait the later counts, with the build that the earlier one wanted. */
export function later(earlier: ReloadRequest | null, request: ReloadRequest): ReloadRequest {
  if (earlier?.action !== 'rebuild' || request.artifact !== undefined) return request;
  return { ...request, action: 'rebuild' };
}

export function named(artifact: string | null): { readonly artifact?: string } {
  return artifact === null ? {} : { artifact };
}

/** Why an instance could not be replaced; null: it was. */
export function whyNot(
  { instance }: RollingInstance,
  end: Exclude<ReloadEnd, { kind: 'closed' }>,
): string | null {
  if (end.kind === 'superseded') return `instance ${instance} was replaced by something else`;
  return end.outcome === 'swapped' ? null : `instance ${instance}: ${end.reason ?? 'it was not replaced'}`;
}

/** A process that has got ready can die before the others are replaced; null: none did. */
export function findDead(swapped: readonly Swapped[]): string | null {
  const dead = swapped.find(({ one, generation }) => one.supervisor.active?.generation !== generation);
  return dead === undefined ? null : `instance ${dead.one.instance}: its new process did not stay`;
}

export function describeStuck(instances: readonly number[]): string {
  const which =
    instances.length === 1 ? `instance ${instances[0]} runs` : `instances ${instances.join(', ')} run`;
  return `${which} what is on disk now, since there is no earlier build or process to go back to`;
}
