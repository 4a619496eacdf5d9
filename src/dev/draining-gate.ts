import type { DrainPolicy } from '../config/types.js';
import type { GatePort } from '../supervisor/ports.js';

/** The upstream, as far as the swaps of one service concern it. */
export interface SwapWatch {
  /** Calls would have to wait here from now on: the upstream may send them elsewhere. Resolves when that is settled. */
  gapBegins(): Promise<void>;
  /** A generation has the calls (again). */
  routed(generation: number): void;
}

/**
 * The gate with the upstream told about swaps: before the generation that has the calls is drained, and when one has them again.
 * The supervisor knows nothing of it. `policy`: as it is configured now.
 */
export function drainingGate(gate: GatePort, policy: () => DrainPolicy, watch: SwapWatch): GatePort {
  let routed: number | null = null;
  return {
    route(generation) {
      gate.route(generation);
      routed = generation;
      watch.routed(generation);
    },
    async drain(generation, what, timeoutMs) {
      // Jobs drain first, and only where the generation that has the calls is going to stop before the next one starts.
      if (policy() !== 'hold' && what === 'jobs' && generation === routed && timeoutMs > 0)
        await watch.gapBegins();
      return gate.drain(generation, what, timeoutMs);
    },
    hold: (what) => gate.hold(what),
    fail: (reason, message) => gate.fail(reason, message),
    inFlight: (generation) => gate.inFlight(generation),
    retire: (generation) => gate.retire(generation),
    gone: (generation) => gate.gone(generation),
    functions: (generation) => gate.functions(generation),
    counters: () => gate.counters(),
  };
}
