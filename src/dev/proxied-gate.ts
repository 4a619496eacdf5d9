import type { GatePort } from '../supervisor/ports.js';
import type { RoutedPort } from './instances-port.js';

export interface ProxiedGateOptions {
  /** Name of the service. */
  readonly name: string;
  readonly stablePorts: readonly RoutedPort[];
  /** The `PORT` of a generation; null: it was never started. */
  portOf(generation: number): number | null;
  /** Connections did not end in the time that a drain allows. */
  onCut(generation: number, connections: number, timeoutMs: number): void;
}

/** The gate with the service's stable ports beside it: connections wait, drain and go on as calls do. */
export function proxiedGate(gate: GatePort, options: ProxiedGateOptions): GatePort {
  const { name, stablePorts, portOf, onCut } = options;
  const drainConnections = async (generation: number, timeoutMs: number): Promise<void> => {
    const drained = await Promise.all(stablePorts.map((port) => port.drain(generation, timeoutMs)));
    const cut = drained.reduce((sum, one) => sum + one.cut, 0);
    if (cut > 0) onCut(generation, cut, timeoutMs);
  };
  return {
    route(generation) {
      gate.route(generation);
      const port = portOf(generation);
      if (port === null) throw new Error(`generation ${generation} of ${name} has no PORT`);
      for (const one of stablePorts) one.route(generation, port);
    },
    hold(what) {
      gate.hold(what);
      if (what === 'all') for (const one of stablePorts) one.hold();
    },
    fail(reason, message) {
      gate.fail(reason, message);
      for (const one of stablePorts) one.fail(`${name}: ${message}`);
    },
    async drain(generation, what, timeoutMs) {
      const connections = what === 'calls' ? drainConnections(generation, timeoutMs) : undefined;
      const [drained] = await Promise.all([gate.drain(generation, what, timeoutMs), connections]);
      return drained;
    },
    async gone(generation) {
      for (const one of stablePorts) one.gone(generation);
      await gate.gone(generation);
    },
    inFlight: (generation) => gate.inFlight(generation),
    retire: (generation) => gate.retire(generation),
    functions: (generation) => gate.functions(generation),
    counters: () => gate.counters(),
  };
}
