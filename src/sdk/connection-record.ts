import type { ConnectionStatus } from './reload-status.js';

/** What became of the connection to the agent so far. */
export class ConnectionRecord {
  #status: Exclude<ConnectionStatus, 'reloading'> = 'disconnected';
  #reconnects = 0;
  #lastReconnect: Date | null = null;
  #wasLost = false;

  get status(): Exclude<ConnectionStatus, 'reloading'> {
    return this.#status;
  }

  /** Registrations after a loss. */
  get reconnects(): number {
    return this.#reconnects;
  }

  get lastReconnect(): Date | null {
    return this.#lastReconnect;
  }

  /** True: registered again after a loss. */
  registered(now: Date): boolean {
    this.#status = 'connected';
    if (!this.#wasLost) return false;
    this.#wasLost = false;
    this.#reconnects += 1;
    this.#lastReconnect = now;
    return true;
  }

  lost(): void {
    // One that was never there cannot come back, and giving up stays told until there is a connection.
    if (this.#status === 'connected') {
      this.#wasLost = true;
      this.#status = 'disconnected';
    }
  }

  gaveUp(): void {
    this.#status = 'error';
  }
}
