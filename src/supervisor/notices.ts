import type { CroupierEvent } from '../core/events.js';
import type { SupervisedService } from './generations.js';

type Publish = (event: CroupierEvent) => void;

/** Tells that a drain ran out of time, and how to give it more; nothing if nothing was cut. */
export function reportCut(
  service: Pick<SupervisedService, 'name' | 'drain'>,
  publish: Publish,
  drained: { readonly generation: number; readonly what: 'calls' | 'jobs'; readonly cut: number },
): void {
  const { generation, what, cut } = drained;
  if (cut === 0) return;
  const [noun, were] = cut === 1 ? [what.slice(0, -1), 'was'] : [what, 'were'];
  const message = `${cut} ${noun} of generation ${generation} did not end within ${service.drain[what]} ms and ${were} cut (drain-timeout). More time: "drain": { "${what}": "60s" }`;
  publish({ type: 'session.notice', service: service.name, level: 'warn', message });
}

/** Says once why overlap is not used, with the line that makes it permanent. */
export function explainStopFirst(name: string, publish: Publish, why: string): void {
  const message = `${why}: from now on the old generation is stopped before the new one starts. To make it so from the beginning: "restart": { "strategy": "stop-first" }`;
  publish({ type: 'session.notice', service: name, level: 'warn', message });
}

export function reportWaiting(name: string, publish: Publish, generation: number): void {
  const message = `generation ${generation} is ready and waits: two earlier generations still finish their calls and jobs`;
  publish({ type: 'session.notice', service: name, level: 'info', message });
}
