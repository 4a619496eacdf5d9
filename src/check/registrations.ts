import type { CancelTimer, Clock } from '../core/clock.js';
import type { StampedEvent } from '../core/events.js';
import type { Gateway, RegisteredFunction } from '../gateway/types.js';

/** A registration may come in several parts. After the last change it counts as complete, in ms. */
const SETTLED_AFTER_MS = 300;
/** Functions that are expected and missing are waited for so long after the last change, in ms. */
const MISSING_AFTER_MS = 1000;

/** What a service has registered, when nothing has changed for a moment. */
export interface AwaitedRegistrations {
  readonly service: string;
  /** Ids that are waited for a little longer. */
  readonly expected: readonly string[];
  readonly gateway: Pick<Gateway, 'functions'>;
  readonly clock: Clock;
  subscribe(sink: (event: StampedEvent) => void): () => void;
}

export function functionsOf(
  gateway: Pick<Gateway, 'functions'>,
  service: string,
): readonly RegisteredFunction[] {
  return gateway.functions().filter((one) => one.service === service && one.generation !== null);
}

/** Resolves with what is registered once that has settled. */
export function awaitRegistrations({
  service,
  expected,
  gateway,
  clock,
  subscribe,
}: AwaitedRegistrations): Promise<readonly RegisteredFunction[]> {
  return new Promise((resolve) => {
    let cancelTimer: CancelTimer = () => {};
    const unsubscribe = subscribe((event) => {
      if (event.type === 'functions.changed' && event.service === service) wait();
    });
    const wait = (): void => {
      cancelTimer();
      const has = new Set(functionsOf(gateway, service).map(({ id }) => id));
      const isComplete = expected.every((id) => has.has(id));
      cancelTimer = clock.after(isComplete ? SETTLED_AFTER_MS : MISSING_AFTER_MS, settle);
    };
    const settle = (): void => {
      unsubscribe();
      resolve(functionsOf(gateway, service));
    };
    wait();
  });
}
