import { existsSync, realpathSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { err, ok, type Result } from '../core/result.js';
import type { FunctionDefinition } from './function-definition.js';
import {
  type FunctionFolder,
  findModules,
  hotPatterns,
  kindOf,
  toModulePath,
  toShownPath,
} from './function-folder.js';
import { describeLoadFailure } from './load-failure.js';
import { definitionsOf } from './module-exports.js';
import { moduleLoading, type Superseded } from './module-loading.js';
import { ModuleMemory } from './module-memory.js';
import { findSyntaxError } from './syntax-check.js';

/** A module that waits on its top level for something that does not come would hold up every later reload, in ms. */
const LOAD_TIMEOUT_MS = 10_000;

export interface LoadedModule {
  readonly path: string;
  readonly definitions: readonly FunctionDefinition[];
}

/** A module that could not be loaded. `path` is relative to the project. */
export interface ModuleFailure {
  readonly path: string;
  readonly error: string;
}

/** Modules that were loaded and are not in use yet: commit() or discard() says what becomes of them. */
export interface ModuleBatch {
  readonly loaded: readonly LoadedModule[];
  readonly failed: readonly ModuleFailure[];
  /** Modules whose files are gone. */
  readonly removed: readonly string[];
  /** They serve from now on. */
  commit(): void;
  /**
   * They stay out of use, because these modules (paths relative to the project) are wrong: the ones before serve on. The other changes come
   * with the next batch.
   */
  discard(wrong: ReadonlySet<string>): void;
}

/** The modules of one folder of functions. */
export class FunctionModules {
  readonly folder: FunctionFolder;
  readonly memory = new ModuleMemory();
  readonly #context: unknown;
  /** Function modules, and libraries beside them, that are in use. */
  readonly #modules = new Set<string>();
  /** Changes of batches that were discarded: the files on disk are newer than what serves. */
  readonly #pending = new Set<string>();
  /** The modules that were wrong then: they are loaded again when they, or what they import, have changed, and keep no others back. */
  readonly #wrong = new Set<string>();

  /** `root` and `path` are absolute. `reloads`: modules will be loaded again, so it has to be known who imports what. */
  constructor(root: string, path: string, context: unknown, reloads: boolean) {
    this.folder = { root: realpathSync(root), path: existsSync(path) ? realpathSync(path) : path };
    this.#context = context;
    if (reloads) moduleLoading.watch();
  }

  /** Loads every module of the folder for the first time. The error says why the folder cannot be read. */
  async loadAll(): Promise<Result<ModuleBatch, string>> {
    try {
      return ok(await this.#load(await findModules(this.folder), [], null));
    } catch (error) {
      return err(error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * Loads what depends on the changed files again. The error says why that takes a restart; nothing was loaded then.
   * `paths` are relative to the project.
   */
  async reload(paths: readonly string[]): Promise<Result<ModuleBatch, string>> {
    const changed = new Set(paths.map((path) => toModulePath(this.folder, path)));
    moduleLoading.update(this.#modules);
    const refusal = this.#refusal(changed);
    if (refusal !== null) return err(refusal);
    const { entries, superseded } = this.#affectedBy(changed);
    for (const path of changed) this.#pending.add(path);
    const present = entries.filter((path) => existsSync(path)).sort();
    const removed = entries.filter((path) => this.#modules.has(path) && !existsSync(path));
    const leaves = present.length > 0 && superseded.some((path) => !moduleLoading.isCommonJs(path));
    const measured = leaves ? this.memory.measure() : () => {};
    const batch = await this.#load(present, removed, moduleLoading.supersede(superseded));
    measured();
    return ok(batch);
  }

  /** Relative to the project. */
  shown(path: string): string {
    return toShownPath(this.folder, path);
  }

  /** What reload() can take, as patterns with gitignore semantics, relative to the project. */
  hotPaths(): string[] {
    return hotPatterns(this.folder, this.#imported());
  }

  /** Absolute paths of all files that a change of can be taken, outside of the folder as well. */
  files(): string[] {
    return [...this.#imported()];
  }

  #imported(): string[] {
    moduleLoading.update(this.#modules);
    const { graph } = moduleLoading;
    return [...graph.closure(this.#modules)].filter((path) => !graph.isOfApp(path));
  }

  /** Why these changes cannot be taken; null: they can. */
  #refusal(changed: ReadonlySet<string>): string | null {
    const { graph } = moduleLoading;
    const imported = graph.closure(this.#modules);
    for (const path of changed) {
      const shown = this.shown(path);
      if (imported.has(path)) {
        if (graph.isOfApp(path))
          return `${shown} is imported by the app itself, not only by function modules`;
      } else if (kindOf(this.folder, path) === 'other' && !this.#pending.has(path)) {
        return `${shown} is neither a function module nor imported by one`;
      }
    }
    return null;
  }

  /** Which modules a change concerns, and which files have to be read again for them. */
  #affectedBy(changed: ReadonlySet<string>): { readonly entries: string[]; readonly superseded: string[] } {
    const { graph } = moduleLoading;
    const stale = new Set([...changed, ...this.#pending]);
    const affectedNow = graph.dependents(changed);
    const affected = graph.dependents(stale);
    const isMeant = (path: string) => affectedNow.has(path) || (affected.has(path) && !this.#wrong.has(path));
    const added = [...stale].filter((path) => kindOf(this.folder, path) === 'module');
    const entries = [...new Set([...this.#modules, ...added])].filter(isMeant);
    const between = [...graph.closure(entries)].filter((path) => affected.has(path));
    return { entries, superseded: [...new Set([...between, ...[...stale].filter(isMeant)])] };
  }

  async #load(
    paths: readonly string[],
    removed: readonly string[],
    superseded: Superseded | null,
  ): Promise<ModuleBatch> {
    const results = await Promise.all(paths.map((path) => this.#loadOne(path)));
    return {
      loaded: results.flatMap((result) => (result.ok ? [result.value] : [])),
      failed: results.flatMap((result) => (result.ok ? [] : [result.error])),
      removed,
      commit: () => {
        this.#pending.clear();
        this.#wrong.clear();
        for (const path of removed) this.#modules.delete(path);
        for (const path of paths) this.#modules.add(path);
        moduleLoading.update(this.#modules);
        moduleLoading.graph.commit(superseded === null ? paths : superseded.versions.keys());
      },
      discard: (wrong) => {
        for (const path of paths) {
          if (wrong.has(this.shown(path))) this.#wrong.add(path);
          else this.#wrong.delete(path);
        }
        if (superseded !== null) moduleLoading.restore(superseded);
      },
    };
  }

  async #loadOne(path: string): Promise<Result<LoadedModule, ModuleFailure>> {
    const late = new AbortController();
    const timeout = wait(LOAD_TIMEOUT_MS, null, { signal: late.signal, ref: false }).catch(() => null);
    const loaded = moduleLoading.load(path).then((exported) => definitionsOf(exported, this.#context));
    try {
      const definitions = await Promise.race([loaded, timeout]);
      if (definitions === null) return err({ path: this.shown(path), error: TOO_LATE });
      if (!definitions.ok) return err({ path: this.shown(path), error: definitions.error });
      return ok({ path, definitions: definitions.value });
    } catch (thrown) {
      const error = await describeLoadFailure(thrown, this.folder.root, () => {
        moduleLoading.update([path]);
        return findSyntaxError([...moduleLoading.graph.closure([path])]);
      });
      return err({ path: this.shown(path), error });
    } finally {
      late.abort();
    }
  }
}

const TOO_LATE = `it was not loaded within ${LOAD_TIMEOUT_MS / 1_000} s: something on its top level is waited for`;
