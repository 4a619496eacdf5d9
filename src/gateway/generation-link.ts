import type { RawServer } from '../protocol/raw-server.js';
import type { Drain } from './drain.js';
import type { GenerationView, Presence } from './route.js';
import type { ServingProcess } from './serving-process.js';

/** One generation as its service's gate knows it. */
export class GenerationLink implements GenerationView {
  readonly number: number;
  readonly process: ServingProcess;
  /** Its own listener: whatever registers there is of this generation. */
  readonly listener: RawServer;
  state: 'open' | 'retired' | 'gone' = 'open';
  /** In clock ms. */
  lastRegistrationAt: number | null = null;
  /** Something called its listener, or registered for it elsewhere. */
  hasSpoken = false;
  /** Signature of the registrations that the supervisor was told of last. */
  announced: string | null = null;
  /** Waits that are under way; cancelled when it is routed again. */
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
