import type { StampedEvent } from '../core/events.js';
import { err, ok, type Result } from '../core/result.js';

/** Resolves when every one of some services has had the calls once; the error says which could not be started, and why. */
export function awaitFirstStart(
  names: readonly string[],
  subscribe: (sink: (event: StampedEvent) => void) => () => void,
): Promise<Result<void, string>> {
  const waiting = new Set(names);
  return new Promise((resolve) => {
    const end = (result: Result<void, string>): void => {
      unsubscribe();
      resolve(result);
    };
    const unsubscribe = subscribe((event) => {
      if (!('service' in event) || event.service === undefined || !waiting.has(event.service)) return;
      if (event.type === 'generation.active') {
        waiting.delete(event.service);
        if (waiting.size === 0) end(ok(undefined));
      } else if (event.type === 'build.failed' || event.type === 'generation.failed') {
        end(err(`${event.service} is not ready: ${event.message}`));
      }
    });
  });
}
