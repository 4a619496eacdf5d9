import type { Faults, RefusalCode, RpcKind } from './faults.js';
import type { Journal } from './journal.js';
import type { ServingPort } from './serving-port.js';

/** What every stand-in can be told while it runs. */
export interface CommonControl<Received> {
  /** Accepts these RPCs (all, if none are named) and answers nothing. */
  hang(kinds?: readonly RpcKind[]): void;
  /** Ends `hang`; RPCs whose callers still wait are answered now. */
  resume(): void;
  /** Refuses these RPCs, registrations if none are named. */
  refuse(code: RefusalCode, message: string, kinds?: readonly RpcKind[]): void;
  /** Ends `refuse`. */
  accept(): void;
  /** These RPCs (all, if none are named) take effect `ms` later. */
  slow(ms: number, kinds?: readonly RpcKind[]): void;
  /** Cuts all connections. */
  drop(): void;
  /** Accepts new connections and answers nothing on them. */
  holdConnections(): void;
  releaseConnections(): void;
  /** Takes no new connections; those that are open stay. */
  stopListening(): void;
  /** Listens again, on the same port. */
  listen(): Promise<void>;
  /** Open connections. */
  connections(): number;
  /** The latest 5,000 RPCs that were kept with their contents, in order; `at`: epoch ms. */
  received(): readonly (Received & { readonly at: number })[];
  /** How often each RPC came since the start. */
  counts(): Readonly<Record<string, number>>;
}

export function commonControl<Received extends { readonly rpc: string }>(
  faults: Faults,
  port: ServingPort,
  journal: Journal<Received>,
): CommonControl<Received> {
  return {
    hang: (kinds) => faults.hang(kinds),
    resume: () => faults.resume(),
    refuse: (code, message, kinds) => faults.refuse(code, message, kinds),
    accept: () => faults.accept(),
    slow: (ms, kinds) => faults.slow(ms, kinds),
    drop: () => port.drop(),
    holdConnections: () => port.holdConnections(),
    releaseConnections: () => port.releaseConnections(),
    stopListening: () => port.stopListening(),
    listen: async () => void (await port.listen()),
    connections: () => port.connections,
    received: () => journal.entries,
    counts: () => journal.counts,
  };
}
