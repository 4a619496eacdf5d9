import { assertNever } from '../core/failure.js';
import {
  becameReady,
  buildFailed,
  buildSucceeded,
  candidateFailed,
  notReady,
  overlapImpossible,
} from './candidate.js';
import { close, drained, exited, mapRetiring, retryDue, stopped } from './ending.js';
import { goBack } from './rollback.js';
import { active, type Facts, type Input, type Machine, type Settings } from './state.js';
import { type Step, step } from './swap.js';
import { settled, throwAway, wanted } from './wanted.js';

/**
 * The life of a service, as a pure function: what state follows, and what has to be done. An input that names a
 * generation which is no longer meant changes nothing.
 */
export function next(machine: Machine, input: Input): Step {
  if (machine.state.state === 'closed') return [machine, []];
  switch (input.type) {
    case 'wanted':
      return wanted(machine, input.request);
    case 'grown':
      return throwAway(machine);
    case 'settled':
      return settled(machine, input.request);
    case 'build-succeeded':
      return buildSucceeded(machine, input.generation);
    case 'build-failed':
      return buildFailed(machine, input.generation, input.failure);
    case 'start-failed':
      return candidateFailed(machine, input.generation, input.failure);
    case 'became-ready':
      return becameReady(machine, input.generation);
    case 'not-ready':
      return notReady(machine, input.generation, input.failure);
    case 'exited':
      return exited(machine, input.generation, input.failure);
    case 'drained':
      return drained(machine, input.generation, input.what);
    case 'stopped':
      return stopped(machine, input.generation);
    case 'keep-elapsed':
      return mapRetiring(machine, (one) =>
        one.generation === input.generation ? { ...one, kept: false } : one,
      );
    case 'retry-due':
      return retryDue(machine);
    case 'healthy':
      return active(machine.state)?.generation === input.generation
        ? step({ ...machine.facts, crashes: 0 }, machine.state)
        : [machine, []];
    case 'overlap-impossible':
      return overlapImpossible(machine, input.generation, input.why);
    case 'go-back':
      return goBack(machine, input.generation, input.request);
    case 'reconfigured':
      return step(reconfigure(machine.facts, input.settings), machine.state);
    case 'close':
      return close(machine);
    default:
      return assertNever(input);
  }
}

/** Generations that are under way go on as they were started; what they have built is of no use to a project that names no artifact. */
function reconfigure(facts: Facts, settings: Settings): Facts {
  const artifacts = settings.producesArtifact ? {} : { lastBuilt: null, lastGood: null, previousGood: null };
  return { ...facts, ...settings, ...artifacts };
}
