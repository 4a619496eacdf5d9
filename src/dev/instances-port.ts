import type { ProxyDrain, StablePort } from '../proxy/types.js';

/** A stable port as the supervisor of one instance uses it. */
export type RoutedPort = Pick<StablePort, 'route' | 'hold' | 'fail' | 'drain' | 'gone'>;

/** What the instances share. */
type SharedPort = Pick<StablePort, 'routeAmong' | 'hold' | 'fail' | 'drain' | 'gone'>;

type Lane =
  | { readonly kind: 'holding' }
  | {
      readonly kind: 'routed';
      readonly generation: number;
      readonly destination: number;
      readonly port: number;
    }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * One stable port in front of several instances: connections go in turn to those that have a generation for them. They wait only while none
 * has, and are refused only when all have failed.
 */
export class InstancesPort {
  readonly #port: SharedPort;
  readonly #lanes: Lane[];
  /** By instance and generation, what the port knows it by: generations of different instances have the same numbers. */
  readonly #destinations = new Map<string, number>();
  #nextDestination = 1;

  constructor(port: SharedPort, instances: number) {
    this.#port = port;
    this.#lanes = Array.from({ length: instances }, () => ({ kind: 'holding' }));
  }

  /** @param index of the instance, from 0 */
  lane(index: number): RoutedPort {
    const set = (lane: Lane): void => {
      this.#lanes[index] = lane;
      this.#apply();
    };
    const leave = (generation: number): void => {
      const lane = this.#lanes[index];
      if (lane?.kind === 'routed' && lane.generation === generation) set({ kind: 'holding' });
    };
    return {
      route: (generation, port) => {
        const destination = this.#destination(index, generation);
        set({ kind: 'routed', generation, destination, port });
      },
      hold: () => set({ kind: 'holding' }),
      fail: (message) => set({ kind: 'failed', message }),
      drain: (generation, timeoutMs): Promise<ProxyDrain> => {
        leave(generation);
        return this.#port.drain(this.#destination(index, generation), timeoutMs);
      },
      gone: (generation) => {
        leave(generation);
        this.#port.gone(this.#destination(index, generation));
        this.#destinations.delete(`${index} ${generation}`);
      },
    };
  }

  #destination(index: number, generation: number): number {
    const key = `${index} ${generation}`;
    const known = this.#destinations.get(key) ?? this.#nextDestination++;
    this.#destinations.set(key, known);
    return known;
  }

  #apply(): void {
    const routed = this.#lanes.flatMap((lane) =>
      lane.kind === 'routed' ? [{ generation: lane.destination, port: lane.port }] : [],
    );
    const failed = this.#lanes.flatMap((lane) => (lane.kind === 'failed' ? [lane.message] : []));
    const [message] = failed;
    if (routed.length > 0) this.#port.routeAmong(routed);
    else if (message !== undefined && failed.length === this.#lanes.length) this.#port.fail(message);
    else this.#port.hold();
  }
}
