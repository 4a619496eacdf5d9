import type { ServiceConfig } from '../config/types.js';
import type { SwapStrategy } from '../core/events.js';
import { debuggerPorts } from '../process/debugger-ports.js';

export interface InitialMode {
  readonly mode: SwapStrategy;
  /** Why `auto` does not begin with overlap; null where it does, or was not asked. */
  readonly why: string | null;
}

/** How the first swap will be done. `auto` is overlap, unless the command fixes a debugger's port, which only one process can have. */
export function initialMode(service: Pick<ServiceConfig, 'restart' | 'command'>): InitialMode {
  if (service.restart.strategy !== 'auto') return { mode: service.restart.strategy, why: null };
  const { argv, shell } = service.command;
  const words = shell ? argv.flatMap((text) => text.split(/\s+/)) : argv;
  // Port 0 lets each process take one of its own.
  const port = [...debuggerPorts(words)].find((one) => one !== 0);
  if (port === undefined) return { mode: 'overlap', why: null };
  return { mode: 'stop-first', why: `the command fixes the debugger's port (${port})` };
}
