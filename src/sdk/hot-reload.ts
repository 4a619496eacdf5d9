import { err, ok, type Result } from '../core/result.js';
import type { RpcStatus } from '../protocol/served-call.js';
import type { FunctionDefinition } from './function-definition.js';
import type { FunctionModules } from './function-modules.js';
import type { FunctionChange, FunctionRegistry } from './function-registry.js';
import { planModules } from './module-plan.js';

/** Reloads that wait for the one under way. A runner sends one at a time. */
const MAX_WAITING = 100;

/** A function that was not reloaded; its old version serves on, as do those of all others of the same reload. */
export interface FailedReload {
  /** null: the module could not be loaded, and had no function before. */
  readonly id: string | null;
  /** Of its module, relative to the project; null: the app gave it. */
  readonly path: string | null;
  readonly error: string;
}

export type ReloadOutcome =
  | { readonly outcome: 'reloaded'; readonly reloaded: readonly FunctionChange[] }
  | { readonly outcome: 'failed'; readonly failed: readonly FailedReload[] }
  | { readonly outcome: 'needs-restart'; readonly reason: string };

export interface HotReloadListener {
  /** `again`: something in the descriptors is different, so the agent has to know. */
  onReloaded(reloaded: readonly FunctionChange[], again: boolean): void;
  onFailed(failed: readonly FailedReload[]): void;
  onRolledBack(change: FunctionChange, again: boolean): void;
  /** Once, when the budget is used up. */
  onRestartNeeded(reason: string): void;
}

export interface HotReloadOptions {
  readonly registry: FunctionRegistry;
  readonly listener: HotReloadListener;
  /** Bytes that modules of earlier versions may hold. */
  readonly budgetBytes: number;
}

/** Puts functions in the place of others while the service runs: whole batches, one after the other, each all or nothing. */
export class HotReload {
  readonly #options: HotReloadOptions;
  /** null: the service has no function modules. */
  #modules: FunctionModules | null = null;
  /** Why modules cannot be loaded again; null: they can. */
  #refusal: string | null = 'this service has no function modules (option functions)';
  /** The module that a function came from, by id; the others were registered by the app. */
  #owners: ReadonlyMap<string, string> = new Map();
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #functionReloads = 0;
  #failedReloads = 0;

  constructor(options: HotReloadOptions) {
    this.#options = options;
  }

  get isReloading(): boolean {
    return this.#waiting > 0;
  }

  get functionReloads(): number {
    return this.#functionReloads;
  }

  get failedReloads(): number {
    return this.#failedReloads;
  }

  get leakedBytes(): number {
    return this.#modules?.memory.leakedBytes ?? 0;
  }

  get modules(): FunctionModules | null {
    return this.#modules;
  }

  /** Patterns of the files that reload() can take. */
  hotPaths(): string[] {
    return this.#refusal === null ? (this.#modules?.hotPaths() ?? []) : [];
  }

  /** Loads all modules for the first time. `refusal`: why they cannot be loaded again later. The error says what is wrong with which. */
  async loadModules(modules: FunctionModules, refusal: string | null): Promise<Result<null, string>> {
    const batch = await modules.loadAll();
    if (!batch.ok) return batch;
    const plan = planModules(batch.value, modules, this.#owners, this.#options.registry);
    if (!plan.ok) return err(plan.error.map((one) => `${one.path}: ${one.error}`).join('\n'));
    this.#options.registry.swap(plan.value.definitions);
    this.#owners = plan.value.owners;
    batch.value.commit();
    this.#modules = modules;
    this.#refusal = refusal;
    return ok(null);
  }

  /**
   * Loads what depends on the changed files again, and the modules of these functions. `paths` are relative to the project. The error says
   * that too much is waiting.
   */
  async reload(paths: readonly string[], ids: readonly string[]): Promise<Result<ReloadOutcome, RpcStatus>> {
    if (this.#waiting >= MAX_WAITING) {
      return err({ code: 'RESOURCE_EXHAUSTED', message: `${MAX_WAITING} reloads are waiting already` });
    }
    this.#waiting += 1;
    const turn = this.#queue.then(() => this.#reload(paths, ids));
    this.#queue = turn.catch(() => {});
    try {
      return ok(await turn);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Puts definitions of the app's own, which were checked, in the place of registered functions. */
  replace(definitions: readonly FunctionDefinition[]): readonly FunctionChange[] {
    return this.#swap(definitions, []);
  }

  /** Nothing was changed because of these. */
  fail(failed: readonly FailedReload[]): ReloadOutcome {
    this.#failedReloads += 1;
    this.#options.listener.onFailed(failed);
    return { outcome: 'failed', failed };
  }

  /** Puts the version before the present one back. */
  rollback(id: string): Result<FunctionChange, RpcStatus> {
    const { registry, listener } = this.#options;
    const before = fingerprint(registry);
    const change = registry.rollback(id);
    if (change.ok) listener.onRolledBack(change.value, fingerprint(registry) !== before);
    return change;
  }

  async #reload(paths: readonly string[], ids: readonly string[]): Promise<ReloadOutcome> {
    const modules = this.#modules;
    if (modules === null || this.#refusal !== null) {
      return { outcome: 'needs-restart', reason: this.#refusal ?? '' };
    }
    const overdue = this.#restartReason();
    if (overdue !== null) return { outcome: 'needs-restart', reason: overdue };
    const found = this.#modulesOf(ids, modules);
    if (!found.ok) return found.error;
    const batch = await modules.reload([...paths, ...found.value]);
    if (!batch.ok) return { outcome: 'needs-restart', reason: batch.error };
    const plan = planModules(batch.value, modules, this.#owners, this.#options.registry);
    let outcome: ReloadOutcome;
    if (plan.ok) {
      batch.value.commit();
      this.#owners = plan.value.owners;
      outcome = { outcome: 'reloaded', reloaded: this.#swap(plan.value.definitions, plan.value.removed) };
    } else {
      batch.value.discard(new Set(plan.error.flatMap(({ path }) => path ?? [])));
      outcome = this.fail(plan.error);
    }
    const reason = this.#restartReason();
    if (reason !== null) this.#options.listener.onRestartNeeded(reason);
    return outcome;
  }

  /** The files of the modules that define these functions. */
  #modulesOf(ids: readonly string[], modules: FunctionModules): Result<string[], ReloadOutcome> {
    const { registry } = this.#options;
    const paths = new Set<string>();
    for (const id of ids) {
      const owner = this.#owners.get(id);
      if (owner !== undefined) {
        paths.add(modules.shown(owner));
      } else if (registry.has(id)) {
        const reason = `function ${id} is registered by the app itself, not by a function module`;
        return err({ outcome: 'needs-restart', reason });
      } else {
        const error = `no function ${JSON.stringify(id)} is registered here`;
        return err(this.fail([{ id, path: null, error }]));
      }
    }
    return ok([...paths]);
  }

  #swap(definitions: readonly FunctionDefinition[], removed: readonly string[]): readonly FunctionChange[] {
    const { registry, listener } = this.#options;
    const before = fingerprint(registry);
    const changes = registry.swap(definitions, removed);
    this.#functionReloads += changes.length;
    if (changes.length > 0) listener.onReloaded(changes, fingerprint(registry) !== before);
    return changes;
  }

  #restartReason(): string | null {
    const { budgetBytes } = this.#options;
    if (this.leakedBytes <= budgetBytes) return null;
    const [leaked, budget] = [this.leakedBytes, budgetBytes].map((bytes) => Math.round(bytes / 1024 / 1024));
    return `earlier versions of modules, which Node never lets go, hold ${leaked} MB (restartBudget: ${budget} MB)`;
  }
}

function fingerprint(registry: FunctionRegistry): string {
  return JSON.stringify(registry.descriptors());
}
