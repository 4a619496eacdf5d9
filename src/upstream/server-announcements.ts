import type { CroupierEvent } from '../core/events.js';
import type { OfferedService } from './types.js';

/** Notices that are remembered as told. Messages of the other side can all be different. */
const MAX_TOLD = 100;

/** Tells of the link in events: what the other side knows of each service, and each thing once. */
export class Announcements {
  readonly #url: string;
  readonly #publish: (event: CroupierEvent) => void;
  /** By the name of a service. */
  readonly #known = new Map<string, { readonly key: string; readonly hasFunctions: boolean }>();
  readonly #told = new Set<string>();

  constructor(url: string, publish: (event: CroupierEvent) => void) {
    this.#url = url;
    this.#publish = publish;
  }

  /** Over a new connection; the other side may have forgotten everything. */
  connected(attempt: number): void {
    this.#known.clear();
    this.#publish({ type: 'upstream.connected', url: this.#url, attempt });
  }

  lost(reason: string, attempt: number): void {
    this.#publish({ type: 'upstream.lost', url: this.#url, reason, attempt });
  }

  /** The other side has these; tells of those that it did not have so. */
  registered(services: readonly OfferedService[]): void {
    for (const { name, version, functions } of services) {
      const before = this.#known.get(name);
      const now = { key: JSON.stringify([version, functions]), hasFunctions: functions.length > 0 };
      this.#known.set(name, now);
      if (before?.key === now.key) continue;
      if (!now.hasFunctions && before?.hasFunctions !== true) continue;
      this.#publish({
        type: 'upstream.registered',
        url: this.#url,
        service: name,
        functions: functions.map((one) => ({ id: one.id, version: one.version })),
      });
    }
  }

  /** The other side has nothing of ours any more. */
  takenOut(): void {
    for (const [service, { hasFunctions }] of this.#known) {
      if (!hasFunctions) continue;
      this.#publish({ type: 'upstream.drained', url: this.#url, service, reason: 'exit' });
    }
    this.#known.clear();
  }

  warn(message: string): void {
    this.#publish({ type: 'session.notice', level: 'warn', message });
  }

  /** Something that would be the same at every reconnect. */
  warnOnce(message: string): void {
    if (this.#told.has(message)) return;
    if (this.#told.size >= MAX_TOLD) this.#told.clear();
    this.#told.add(message);
    this.warn(message);
  }
}
