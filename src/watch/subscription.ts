import type { WatchConfig } from '../config/types.js';
import type { CancelTimer, Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import type { Backend, BackendFailure, BackendOptions } from './backend.js';
import { type BackendKind, type BackendSource, chooseBackend, describeLimit } from './backend-choice.js';
import { contains, kindOf, resolveTargets } from './targets.js';
import type { WatchHandlers } from './types.js';

export interface SubscriptionOptions {
  readonly root: string;
  readonly config: WatchConfig;
  readonly clock: Clock;
  readonly source: BackendSource;
  /** Single files to subscribe besides the paths of the configuration. */
  readonly files: readonly string[];
  acceptsFolder(path: string): boolean;
  acceptsFile(path: string): boolean;
  onFound(folder: string, names: readonly string[]): void;
  onTouched(path: string): void;
  /** Everything is subscribed (again); `latency` as of the backend. */
  onStarted(latency: number): void;
  /** Changes may have gone unnoticed: all files have to be looked at. */
  onMissed(): void;
  readonly onNotice: WatchHandlers['onNotice'];
}

/** How often paths that are not there are looked for, in ms. */
const RETURN_CHECK = 1000;

/** Keeps the paths of one service subscribed: chooses the backend, and replaces it when it fails or when the rules change. */
export class Subscription {
  readonly ready: Promise<void>;
  readonly #options: SubscriptionOptions;
  readonly #unreadable = new Set<string>();
  readonly #missing = new Set<string>();
  #kind: BackendKind;
  #backend: Backend | null = null;
  /** Older backends, which go on until the new one is ready. */
  #retiring: Backend[] = [];
  #missed = false;
  #cancelReturnCheck: CancelTimer | null = null;
  #cancelSecondLook: CancelTimer | null = null;
  #resolveReady: () => void = () => {};
  #closed = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    const { kind, notice } = chooseBackend(
      options.config.polling,
      options.config.paths,
      options.source,
      options.acceptsFolder,
    );
    this.#kind = kind;
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
    if (notice !== null) options.onNotice('warn', notice);
    this.#start();
  }

  /** Subscribes anew. `missed`: changes may have gone unnoticed. */
  restart(missed: boolean): void {
    if (this.#closed) return;
    this.#missed ||= missed;
    if (this.#backend !== null) this.#retiring.push(this.#backend);
    this.#start();
  }

  /** Whether a path lies in a watched folder that is gone as a whole. */
  isGone(path: string): boolean {
    return this.#options.config.paths.some(
      (one) => contains(one, path) && one !== path && kindOf(one) === 'none',
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelReturnCheck?.();
    this.#cancelSecondLook?.();
    const backends = [...this.#retiring, ...(this.#backend === null ? [] : [this.#backend])];
    this.#retiring = [];
    await Promise.all(backends.map((backend) => backend.close()));
    this.#resolveReady();
  }

  #start(): void {
    const { config, files, source } = this.#options;
    const { targets, missing } = resolveTargets(config.paths, files);
    this.#noteMissing(missing);
    const backend = source.create(this.#kind, {
      targets,
      acceptsFolder: this.#options.acceptsFolder,
      acceptsFile: this.#options.acceptsFile,
      handlers: this.#handlers(() => this.#backend === backend),
    });
    this.#backend = backend;
    void backend.ready.then(() => this.#onReady(backend));
  }

  #handlers(isCurrent: () => boolean): BackendOptions['handlers'] {
    const { onFound, onTouched } = this.#options;
    return {
      onFound,
      onTouched,
      onUnreadable: (folder) => this.#onUnreadable(folder),
      onFailure: (failure) => {
        if (isCurrent() && !this.#closed) this.#onFailure(failure);
      },
    };
  }

  #onReady(backend: Backend): void {
    if (this.#closed || this.#backend !== backend) return;
    for (const old of this.#retiring) void old.close();
    this.#retiring = [];
    const { clock, onMissed, onStarted } = this.#options;
    if (this.#missed) onMissed();
    this.#missed = false;
    onStarted(backend.latency);
    this.#cancelSecondLook?.();
    if (backend.secondLook !== null) this.#cancelSecondLook = clock.after(backend.secondLook, onMissed);
    this.#resolveReady();
  }

  #onFailure(failure: BackendFailure): void {
    switch (failure.reason) {
      case 'limit':
        if (this.#kind === 'polling') return;
        this.#kind = 'polling';
        this.#options.onNotice('warn', describeLimit(failure.code));
        this.restart(true);
        return;
      case 'changes-lost':
      case 'target-gone':
        this.restart(true);
        return;
      default:
        assertNever(failure);
    }
  }

  #noteMissing(missing: readonly string[]): void {
    const { root, onNotice, clock } = this.#options;
    for (const path of missing) {
      if (this.#missing.has(path)) continue;
      this.#missing.add(path);
      onNotice(
        path === root ? 'error' : 'warn',
        `${path} is not there: nothing is watched in it until it comes back.`,
      );
    }
    for (const path of this.#missing) {
      if (missing.includes(path)) continue;
      this.#missing.delete(path);
      onNotice('info', `${path} is back and watched again.`);
    }
    this.#cancelReturnCheck?.();
    this.#cancelReturnCheck =
      missing.length === 0 ? null : clock.after(RETURN_CHECK, () => this.#checkReturn());
  }

  #checkReturn(): void {
    if ([...this.#missing].some((path) => kindOf(path) !== 'none')) this.restart(true);
    else this.#cancelReturnCheck = this.#options.clock.after(RETURN_CHECK, () => this.#checkReturn());
  }

  #onUnreadable(folder: string): void {
    if (this.#closed || this.#unreadable.has(folder)) return;
    this.#unreadable.add(folder);
    const isTarget = this.#options.config.paths.includes(folder);
    const consequence = isTarget ? 'no change in it will be noticed' : 'the rest is watched';
    this.#options.onNotice(
      isTarget ? 'error' : 'warn',
      `${folder} may not be read: ${consequence}. Give yourself access, or list it under "watch": { "ignore": [...] }.`,
    );
  }
}
