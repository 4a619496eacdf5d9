import type { ServiceConfig } from '../config/types.js';
import type { CroupierEvent } from '../core/events.js';
import type { GatePort } from '../supervisor/ports.js';
import { drainingGate, type SwapWatch } from './draining-gate.js';
import type { RoutedPort } from './instances-port.js';
import { proxiedGate } from './proxied-gate.js';

export interface SwapGateOptions {
  /** As it is configured now. */
  service(): ServiceConfig;
  readonly gate: GatePort;
  /** null: there is no upstream. */
  readonly swapWatch: SwapWatch | null;
  readonly stablePorts: readonly RoutedPort[];
  /** The `PORT` of a generation; null: it was never started. */
  portOf(generation: number): number | null;
  publish(event: CroupierEvent): void;
}

/** The gate of a service with everything beside it that has to know of swaps as calls do. */
export function swapGate(options: SwapGateOptions): GatePort {
  const { service, swapWatch, stablePorts, portOf, publish } = options;
  const policy = () => service().drain.policy;
  const gate = swapWatch === null ? options.gate : drainingGate(options.gate, policy, swapWatch);
  if (stablePorts.length === 0) return gate;
  const { name } = service();
  return proxiedGate(gate, {
    name,
    stablePorts,
    portOf,
    onCut: (generation, connections, timeoutMs) => {
      const were = connections === 1 ? '1 connection' : `${connections} connections`;
      const message = `${were} to generation ${generation} did not end within ${timeoutMs} ms and had to be cut. More time: "drain": { "calls": "60s" }`;
      publish({ type: 'session.notice', service: name, level: 'warn', message });
    },
  });
}
