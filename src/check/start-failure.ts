import type { StampedEvent } from '../core/events.js';
import type { Failure } from '../core/failure.js';

/** Why there is no build, or no process. */
export interface StartFailure {
  readonly reason: Failure['reason'];
  /** One sentence. */
  readonly message: string;
  /** Oldest line first. */
  readonly output: readonly string[];
}

/** A failure as the events of a session tell it. */
export function readFailure(
  event: Extract<StampedEvent, { type: 'build.failed' | 'generation.failed' }>,
): StartFailure {
  const { reason, message } = event;
  if (event.type === 'generation.failed') return { reason, message, output: event.outputTail };
  const text = event.output.replace(/\n+$/, '');
  return { reason, message, output: text === '' ? [] : text.split('\n') };
}
