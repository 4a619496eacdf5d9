import { assertNever } from '../core/failure.js';
import { closeAtOnce } from './agent-closing.js';
import { drop, type Effect, type Facts, type Input, type Machine, type Step } from './agent-state.js';
import { isSameLoss, type Loss } from './loss.js';

/** The upstream said that it is a session like this one: if it is gone its address is free for whoever is left. */
export function mayTakePort(facts: Facts): boolean {
  return facts.canTakePort && facts.peer === 'session';
}

/** The connection broke, or something over it failed or hung: it is given up, and another one is tried after a pause. */
export function lose(machine: Machine, loss: Loss): Step {
  const { facts, state } = machine;
  switch (state.state) {
    case 'dialling': {
      const { connection, attempt } = state;
      const explain: Effect = { type: 'explain', connection, attempt, loss };
      return retry(facts, attempt, [drop(facts), explain]);
    }
    case 'meeting': {
      const [told, effects] = tellLost(facts, loss, state.attempt);
      return retry(told, state.attempt, [drop(facts), ...effects]);
    }
    case 'registering': {
      const [told, effects] = tellLost(facts, loss, state.link.attempt);
      return retry(told, state.link.attempt, [drop(facts), ...effects]);
    }
    case 'connected': {
      const [told, effects] = tellLost(facts, loss, state.link.attempt);
      return retry(told, 0, [drop(facts), ...effects]);
    }
    case 'closing':
      return closeAtOnce(facts);
    case 'waiting':
    case 'taking-port':
    case 'succeeded':
    case 'closed':
      return [machine, []];
    default:
      return assertNever(state);
  }
}

/** `failed`: attempts that failed in a row; 0: a connection that worked was lost. */
function retry(facts: Facts, failed: number, effects: readonly Effect[]): Step {
  const isSuccession = failed === 0 && mayTakePort(facts);
  return [
    { facts, state: { state: 'waiting', attempt: failed + 1 } },
    [...effects, { type: 'wait', attempt: Math.max(1, failed), isSuccession }],
  ];
}

function tellLost(facts: Facts, loss: Loss, attempt: number): readonly [Facts, readonly Effect[]] {
  if (isSameLoss(facts.lost, loss)) return [facts, []];
  const { url } = facts;
  const { reason } = loss;
  return [
    { ...facts, lost: loss },
    [{ type: 'publish', event: { type: 'upstream.lost', url, reason, attempt } }],
  ];
}

export function explained(machine: Machine, input: Extract<Input, { type: 'explained' }>): Step {
  const { facts, state } = machine;
  const isOver =
    state.state === 'succeeded' || state.state === 'closing' || input.connection < facts.lastWorking;
  if (isOver) return [machine, []];
  const [told, effects] = tellLost(facts, input.loss, input.attempt);
  return [{ ...machine, facts: told }, effects];
}
