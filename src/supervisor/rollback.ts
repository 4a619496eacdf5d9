import { err, ok, type Result } from '../core/result.js';
import type { Effect, Facts, Live, Machine, ReloadRequest, State } from './state.js';
import { goBackTo, type Step, step } from './swap.js';

/** The artifact that a rollback runs again; the error says in words why there is none. */
export function rollbackTarget(facts: Facts): Result<string, string> {
  if (facts.build !== 'full')
    return err('an interpreted project has no build to go back to: the files on disk are the version');
  if (!facts.producesArtifact) {
    return err(
      'its build leaves no artifact of its own to go back to: have "build.command" write {artifact}, and "command" start it',
    );
  }
  return facts.previousGood === null
    ? err('no other build has served in this session')
    : ok(facts.previousGood);
}

/**
 * Calls go back to the generation that is kept for the one that has them now; that one is drained and ended. Where it is too late for
 * that, or something else is under way, nothing changes.
 */
export function goBack(machine: Machine, generation: number, request: ReloadRequest): Step {
  const { facts, state } = machine;
  if (state.state !== 'ready' || state.active.generation !== generation) return [machine, []];
  const kept = state.retiring.findLast((one) => one.kept);
  if (kept === undefined) return [machine, []];
  const active: Live = { generation: kept.generation, artifact: kept.artifact };
  const others = state.retiring.filter((one) => one !== kept);
  const now: State = { state: 'ready', active, retiring: [...others, { ...state.active, kept: false }] };
  const effects: readonly Effect[] = [
    { type: 'begun', request, generation: active.generation },
    { type: 'reinstate', generation: active.generation },
    { type: 'retire', generation, pinned: false },
    { type: 'expedite', generation },
    { type: 'watch-health', generation: active.generation },
    { type: 'finished', request, generation: active.generation, outcome: 'kept-old' },
  ];
  const artifacts = active.artifact === null ? {} : { lastBuilt: active.artifact };
  return step({ ...goBackTo(facts, active.artifact), ...artifacts }, now, effects);
}
