import { type Clock, delay } from '../core/clock.js';
import type { ServiceSession } from './service-session.js';

/** How often it is looked whether anything is under way (ms). */
const LOOK_EVERY_MS = 20;
/** A call that was sent here before the upstream took the service out can still be on its way for this long (ms). */
const QUIET_MS = 250;

export interface Load {
  readonly held: number;
  readonly calls: number;
  readonly jobs: number;
}

/** Waits until nothing has been under way and nothing held for a quarter of a second, or until the time is up; what is left then. */
export async function awaitQuiet(
  services: readonly Pick<ServiceSession, 'gauges'>[],
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Load> {
  const deadline = clock.now() + timeoutMs;
  let quietSince: number | null = null;
  for (;;) {
    const load = sum(services);
    const now = clock.now();
    if (load.held + load.calls + load.jobs > 0) quietSince = null;
    else quietSince ??= now;
    const isQuiet = quietSince !== null && now - quietSince >= QUIET_MS;
    if (isQuiet || now >= deadline || signal.aborted) return load;
    await delay(clock, Math.min(LOOK_EVERY_MS, deadline - now));
  }
}

function sum(services: readonly Pick<ServiceSession, 'gauges'>[]): Load {
  let [held, calls, jobs] = [0, 0, 0];
  for (const { gauges } of services) {
    held += gauges.held;
    calls += gauges.calls;
    jobs += gauges.jobs;
  }
  return { held, calls, jobs };
}
