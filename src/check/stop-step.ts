import type { ServiceConfig } from '../config/types.js';
import type { StampedEvent } from '../core/events.js';
import { formatDuration } from '../observe/duration.js';
import { failed, passed, type StepOutcome } from './step.js';

type Stopped = Extract<StampedEvent, { type: 'generation.stopped' }>;

/** Every generation of a service that was stopped, in order. */
export class StopLog {
  readonly #stopped: Stopped[] = [];

  /** To be called with every event of the session. */
  take(event: StampedEvent): void {
    if (event.type === 'generation.stopped') this.#stopped.push(event);
  }

  of(service: string): readonly Stopped[] {
    return this.#stopped.filter((one) => one.service === service);
  }
}

/** Whether each generation ended by its stop signal alone, in time, with all that belonged to it. `leftovers`: what was found after the end. */
export function judgeStops(
  { restart }: Pick<ServiceConfig, 'restart'>,
  stopped: readonly Stopped[],
  leftovers: readonly string[],
): StepOutcome & { readonly ms: number } {
  const ms = Math.max(0, ...stopped.map((one) => one.ms));
  const killed = stopped.filter((one) => one.killed === true);
  const left = stopped.flatMap(({ generation, leftBehind = [] }) =>
    leftBehind.map((one) => `generation ${generation} left ${one} behind`),
  );
  const reasons = [
    ...killed.map(
      ({ generation }) =>
        `generation ${generation} was still there ${formatDuration(restart.stopTimeout)} after ${restart.signal} and had to be killed`,
    ),
    ...left,
    ...leftovers,
  ];
  const times = stopped.map((one) => `generation ${one.generation} in ${formatDuration(one.ms)}`);
  if (reasons.length === 0) return { ...passed(...times), ms };
  const ways = [
    ...(killed.length > 0
      ? [`End at ${restart.signal}, or allow more: "restart": { "stopTimeout": "20s" }`]
      : []),
    ...(left.length + leftovers.length > 0
      ? ['End children before the process ends: here croupier did that, elsewhere they would stay.']
      : []),
  ];
  return { ...failed(reasons.join('\n'), { wayOut: ways.join('\n') }), ms };
}
