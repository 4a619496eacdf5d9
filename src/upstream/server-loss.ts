import { assertNever } from '../core/failure.js';
import { isSameLoss, type Loss } from './loss.js';
import type { LinkMemory, ServerEffect, ServerState, Step } from './server-state.js';

/** A connection that held so long was a good one: the next pause is the shortest again. */
export const HEALTHY_MS = 10_000;

/** The attempt failed, or the connection is lost: the next one follows after a pause. Told once for each reason. */
export function lose(state: ServerState, loss: Loss, at: number): Step {
  switch (state.state) {
    case 'pausing':
    case 'leaving':
    case 'closed':
      return [state, []];
    case 'left':
      return [state, [{ type: 'abandon', connection: state.link.connection }]];
    case 'dialling':
    case 'reached':
    case 'registering':
    case 'opening-tunnel':
      return pause(state.link, state.link.failures + 1, loss);
    case 'connected': {
      const held = at - state.since >= HEALTHY_MS;
      const [paused, effects] = pause(state.link, held ? 1 : state.link.failures + 1, loss);
      // The attempts to come are those of another connection.
      return [{ ...paused, link: { ...paused.link, attempt: 0 } }, effects];
    }
    default:
      return assertNever(state);
  }
}

function pause(link: LinkMemory, failures: number, loss: Loss): Step {
  const abandon: ServerEffect = { type: 'abandon', connection: link.connection };
  const isNew = !isSameLoss(link.told, loss);
  const lost: readonly ServerEffect[] = isNew
    ? [{ type: 'tell-lost', attempt: link.attempt, reason: loss.reason }]
    : [];
  return [
    { state: 'pausing', link: { ...link, failures, told: isNew ? loss : link.told } },
    [abandon, ...lost, { type: 'pause', failures }],
  ];
}

/** The next attempt. */
export function dialAgain(before: LinkMemory): Step {
  const link: LinkMemory = {
    ...before,
    connection: before.connection + 1,
    attempt: before.attempt + 1,
  };
  return [{ state: 'dialling', link }, [{ type: 'dial', connection: link.connection }]];
}
