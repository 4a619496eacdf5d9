import type { Clock } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import { err, ok, type Result } from '../core/result.js';
import type { ReloadRequest } from '../supervisor/state.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { ChangeBatch, WatchHandlers } from '../watch/types.js';
import type { HotChange } from './hot-reload.js';

/** Paths that events and requests name; a checkout of 1,000 files need not be listed. */
const LISTED_PATHS = 20;

export interface ChangeFeedOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly supervisor: Pick<Supervisor, 'dispatch'>;
  publish(event: CroupierEvent): void;
  /** Asks the process to load changed functions by itself; false: the normal swap has to take the change. */
  hot(change: HotChange): Promise<boolean>;
  /** Runs the commands of `run` rules in order; false: one failed, and was told about. */
  run(runs: ChangeBatch['runs']): Promise<boolean>;
}

/** Turns what the watcher sees, and what the user asks for, into requests to the supervisor. */
export class ChangeFeed implements WatchHandlers {
  readonly #options: ChangeFeedOptions;
  #nextId = 1;
  /** The open batch: its request's id, when its first change was seen, and whether work was begun for it. */
  #open: { readonly id: number; readonly at: number; readonly isBegun: boolean } | null = null;
  /** Until the service is started, nothing is: it may have to wait for others. */
  #state: 'waiting' | 'open' | 'closed' = 'waiting';

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'open';
    this.#want({ kind: 'start', paths: [] }, 'start', 'rebuild');
  }

  reload(): void {
    if (this.#state !== 'open') return;
    this.#want({ kind: 'manual', paths: [] }, 'manual', 'rebuild');
  }

  /** Runs the build before the present one again. The generation is the one that is started for it; the error says in words why not. */
  rollBack(
    supervisor: Pick<Supervisor, 'rollbackTarget' | 'generationOf'>,
  ): Result<{ readonly generation: number }, string> {
    const artifact = supervisor.rollbackTarget();
    if (!artifact.ok) return artifact;
    const id = this.#nextId;
    if (this.#state === 'open') {
      this.#want({ kind: 'manual', paths: [] }, 'rollback', 'restart', artifact.value);
    }
    const generation = supervisor.generationOf(id);
    return generation === null ? err('the service is being ended') : ok({ generation });
  }

  /** Settings changed so that another process is needed. `paths` are relative to the service's folder. */
  settingsChanged(paths: readonly string[], rule: string, action: 'restart' | 'rebuild'): void {
    if (this.#state !== 'open') return;
    this.#options.publish({ type: 'files.changed', service: this.#options.name, paths, rule });
    this.#want({ kind: 'change', paths }, rule, action);
  }

  /** Nothing more is passed on. */
  close(): void {
    this.#state = 'closed';
  }

  onOpen(batch: ChangeBatch): void {
    if (this.#state !== 'open') return;
    const id = this.#nextId++;
    const action = batch.action === 'none' || batch.action === 'hot' ? null : batch.action;
    // What a `run` rule makes has to be there first, so nothing is begun early then.
    const isBegun = action !== null && batch.runs.length === 0;
    this.#open = { id, at: this.#options.clock.now(), isBegun };
    if (!isBegun) return;
    const request = this.#request(id, batch, action, false);
    this.#options.supervisor.dispatch({ type: 'wanted', request });
  }

  onGrow(): void {
    if (this.#state !== 'open') return;
    this.#options.supervisor.dispatch({ type: 'grown' });
  }

  onBatch(batch: ChangeBatch): void {
    if (this.#state !== 'open') return;
    void this.#settle(batch);
  }

  onNotice(level: 'info' | 'warn' | 'error', message: string): void {
    this.#options.publish({ type: 'session.notice', service: this.#options.name, level, message });
  }

  async #settle(batch: ChangeBatch): Promise<void> {
    const open = this.#open ?? { id: this.#nextId++, at: this.#options.clock.now(), isBegun: false };
    this.#open = null;
    if (batch.paths.length > 0) {
      const paths = batch.paths.slice(0, LISTED_PATHS);
      this.#options.publish({ type: 'files.changed', service: this.#options.name, paths, rule: batch.rule });
    }
    const ran = batch.runs.length === 0 || (await this.#options.run(batch.runs));
    if (this.#state !== 'open') return;
    const { action } = batch;
    if (action === 'hot' && ran) return this.#reloadInPlace(batch, open);
    const request =
      action === 'none' || action === 'hot' || !ran
        ? null
        : { ...this.#request(open.id, batch, action, true), at: open.at };
    this.#options.supervisor.dispatch({ type: 'settled', request });
  }

  async #reloadInPlace(
    batch: ChangeBatch,
    { id, at, isBegun }: { readonly id: number; readonly at: number; readonly isBegun: boolean },
  ): Promise<void> {
    const { supervisor, hot } = this.#options;
    // What was begun for its first file is not wanted any more.
    if (isBegun) supervisor.dispatch({ type: 'settled', request: null });
    const request = { ...this.#request(id, batch, 'rebuild', true), at };
    const { trigger, rule } = request;
    if (await hot({ trigger, rule, at, paths: batch.paths })) return;
    if (this.#state === 'open') supervisor.dispatch({ type: 'wanted', request });
  }

  #request(id: number, batch: ChangeBatch, action: 'restart' | 'rebuild', settled: boolean): ReloadRequest {
    const paths = batch.paths.slice(0, LISTED_PATHS);
    return {
      id,
      trigger: { kind: 'change', paths },
      rule: batch.rule,
      action,
      at: this.#options.clock.now(),
      settled,
    };
  }

  #want(
    trigger: ReloadRequest['trigger'],
    rule: string,
    action: 'restart' | 'rebuild',
    artifact?: string,
  ): void {
    const request = {
      ...(artifact === undefined ? {} : { artifact }),
      id: this.#nextId++,
      trigger,
      rule,
      action,
      at: this.#options.clock.now(),
      settled: true,
    };
    this.#options.supervisor.dispatch({ type: 'wanted', request });
  }
}
