import type { Clock } from '../core/clock.js';
import type { DialTarget } from '../protocol/address.js';
import type { RawServer } from '../protocol/raw-server.js';
import type { TlsMaterial } from '../protocol/tls.js';
import type { Dispatcher } from './dispatcher.js';
import type { Jobs } from './jobs.js';
import type { GenerationRef } from './types.js';

/** What the gate needs of the gateway around it. */
export interface GateSurroundings {
  readonly clock: Clock;
  /** How processes are dialled; null: in plain text. */
  readonly childTls: TlsMaterial | null;
  readonly dispatcher: Dispatcher;
  readonly jobs: Jobs;
  /** The target is a listener of this gateway: registered as a child, it would call itself. */
  isOwn(target: DialTarget): boolean;
  /** Opens a loopback listener that knows whose it is. */
  openListener(generation: GenerationRef): Promise<RawServer>;
  closeListener(listener: RawServer): void;
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
}
