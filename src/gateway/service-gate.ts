import type { HoldLimits } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import type { DialTarget } from '../protocol/address.js';
import { formatTarget } from '../protocol/address.js';
import type { RegisterLocalRequest } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { RawServer } from '../protocol/raw-server.js';
import { CallCounters } from './call-counters.js';
import type { Dispatcher, Pool } from './dispatcher.js';
import { awaitDrained, type Drain } from './drain.js';
import type { Jobs } from './jobs.js';
import type { GateMode, GenerationView, Presence, ServiceView } from './route.js';
import { ServingProcess } from './serving-process.js';
import type {
  DrainOutcome,
  GateCounters,
  GateHandlers,
  GateOptions,
  GenerationRef,
  RegisteredFunction,
  ServiceGate,
} from './types.js';

/** What a process that is gone may still have in the connection's buffers is read for at most this long. */
const LAST_READ_MS = 250;

/** What the gate needs of the gateway around it. */
export interface GateSurroundings {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly jobs: Jobs;
  /** Opens a loopback listener that knows whose it is. */
  openListener(generation: GenerationRef): Promise<RawServer>;
  closeListener(listener: RawServer): void;
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
}

/** One generation as the gate knows it. */
export class GenerationLink implements GenerationView {
  readonly number: number;
  readonly process: ServingProcess;
  readonly listener: RawServer;
  state: 'open' | 'retired' | 'gone' = 'open';
  lastRegistrationAt: number | null = null;
  hasSpoken = false;
  /** What onRegistered was last called with. */
  announced: string | null = null;
  readonly drains = new Set<Drain>();

  constructor(number: number, process: ServingProcess, listener: RawServer) {
    this.number = number;
    this.process = process;
    this.listener = listener;
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  presence(functionId: string): Presence {
    return this.process.presence(functionId);
  }
}

/** One supervised service: its generations and where its calls go. */
export class SupervisedService implements ServiceGate, ServiceView, Pool {
  readonly name: string;
  readonly hold_limits: HoldLimits;
}
