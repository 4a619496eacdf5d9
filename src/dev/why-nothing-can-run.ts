import type { SessionConfig } from '../config/types.js';
import type { StampedEvent } from '../core/events.js';
import type { UserError } from '../core/user-error.js';

/** A command that cannot be started at all will not start after an edit either: there is nothing to wait for. null: it is not that. */
export function whyNothingCanRun(
  event: StampedEvent,
  { services, file }: Pick<SessionConfig, 'services' | 'file'>,
): UserError | null {
  if (event.type !== 'generation.failed' || event.reason !== 'spawn-failed' || event.generation !== 1)
    return null;
  // The others go on without it; and what the configuration has got wrong while the session runs can be corrected there.
  const [first, ...others] = services;
  if (others.length > 0 || event.service !== first?.name) return null;
  const wayOut =
    file === null
      ? 'Name what to run: croupier dev -- node server.js'
      : `Change "command" in ${file}, or name what to run: croupier dev -- node server.js`;
  return { exitCode: 3, message: event.message, wayOut };
}
