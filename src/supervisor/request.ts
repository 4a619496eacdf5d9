import type { ReloadTrigger } from '../core/events.js';
import type { Facts, ReloadRequest } from './state.js';

/** Paths that a trigger names; more are counted by the batch, not listed. */
export const MAX_TRIGGER_PATHS = 20;

/** What restarts a crashed generation; made by the machine itself, so its id is 0. Its figures count from the crash. */
export const CRASH_REQUEST: ReloadRequest = {
  id: 0,
  trigger: { kind: 'crash', paths: [] },
  rule: 'crash',
  action: 'restart',
  at: Number.NaN,
  settled: true,
};

/**
 * A newer request in the place of an older one that nobody serves yet: it also does what the older one asked for.
 * `built` says that the older one's build was already done, so that a plain restart need not repeat it.
 */
export function supersede(older: ReloadRequest | null, built: boolean, newer: ReloadRequest): ReloadRequest {
  // An artifact that was named is what is wanted, whatever else was.
  if (older === null || older.id === newer.id || newer.artifact !== undefined) return newer;
  const action = newer.action === 'rebuild' || (older.action === 'rebuild' && !built) ? 'rebuild' : 'restart';
  const keep = older.settled ? withoutHistory(older) : older.supersedes;
  const merged: ReloadRequest = { ...newer, action, trigger: mergeTriggers(older.trigger, newer.trigger) };
  return {
    ...merged,
    ...(keep === undefined ? {} : { supersedes: keep }),
    ...(older.artifact === undefined || action === 'rebuild' ? {} : { artifact: older.artifact }),
  };
}

function withoutHistory(request: ReloadRequest): ReloadRequest {
  const { supersedes: _, ...rest } = request;
  return rest;
}

function mergeTriggers(older: ReloadTrigger, newer: ReloadTrigger): ReloadTrigger {
  if (older.kind !== 'change' || newer.kind !== 'change') return newer;
  const paths = [...new Set([...newer.paths, ...older.paths])].slice(0, MAX_TRIGGER_PATHS);
  return { kind: 'change', paths };
}

/** Whether a build has to run before a generation for this request can start. */
export function needsBuild(facts: Facts, request: ReloadRequest, somethingServes: boolean): boolean {
  if (request.artifact !== undefined) return false;
  switch (facts.build) {
    case 'none':
      return false;
    case 'check':
      // Beside a serving generation the candidate's own start is the better check, and costs nothing extra.
      return request.action === 'rebuild' && facts.mode === 'stop-first' && somethingServes;
    case 'full':
      return request.action === 'rebuild' || (facts.producesArtifact && facts.lastBuilt === null);
  }
}

/** Where the build of a generation puts its artifact; null where the project has none. */
export function artifactOf(facts: Facts, generation: number): string | null {
  return facts.artifactTemplate?.replaceAll('{generation}', String(generation)) ?? null;
}
