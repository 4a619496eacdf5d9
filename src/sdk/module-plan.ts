import { err, ok, type Result } from '../core/result.js';
import type { FunctionDefinition } from './function-definition.js';
import type { FunctionModules, LoadedModule, ModuleBatch } from './function-modules.js';
import type { FunctionRegistry } from './function-registry.js';
import type { FailedReload } from './hot-reload.js';

/** What a batch of loaded modules changes. */
export interface ModulePlan {
  readonly definitions: readonly FunctionDefinition[];
  /** Ids of functions that no module defines any more. */
  readonly removed: readonly string[];
  /** The module of each function, by id, from then on. */
  readonly owners: ReadonlyMap<string, string>;
}

/** Looks whether all of the batch can be taken over. `owners`: the module of each function, by id, as it is. */
export function planModules(
  batch: ModuleBatch,
  modules: Pick<FunctionModules, 'shown'>,
  owners: ReadonlyMap<string, string>,
  registry: Pick<FunctionRegistry, 'has'>,
): Result<ModulePlan, readonly FailedReload[]> {
  const idsOf = (path: string) => [...owners].filter(([, owner]) => owner === path).map(([id]) => id);
  const failed: FailedReload[] = batch.failed.flatMap(({ path, error }) => {
    const ids = [...owners].filter(([, owner]) => modules.shown(owner) === path).map(([id]) => id);
    return (ids.length === 0 ? [null] : ids).map((id) => ({ id, path, error }));
  });

  const touched = new Set([...batch.removed, ...batch.loaded.map((one) => one.path)]);
  const next = new Map([...owners].filter(([, owner]) => !touched.has(owner)));
  for (const module of batch.loaded) {
    const path = modules.shown(module.path);
    const before = idsOf(module.path);
    if (before.length > 0 && module.definitions.length === 0) {
      failed.push(...before.map((id) => ({ id, path, error: lacksFunctions(before) })));
    }
    for (const id of idsIn(module)) {
      const owner = next.get(id);
      const isOfApp = registry.has(id) && !owners.has(id);
      if (owner !== undefined) failed.push({ id, path, error: isTaken(id, modules.shown(owner)) });
      else if (isOfApp) failed.push({ id, path, error: isTaken(id, 'the app itself') });
      else next.set(id, module.path);
    }
  }
  if (failed.length > 0) return err(failed);
  return ok({
    definitions: batch.loaded.flatMap((module) => module.definitions),
    removed: [...owners.keys()].filter((id) => !next.has(id)),
    owners: next,
  });
}

function idsIn(module: LoadedModule): string[] {
  return module.definitions.map((definition) => definition.descriptor.id);
}

function lacksFunctions(before: readonly string[]): string {
  return `it exports no function by default any more, and had ${before.join(', ')}; delete the file to remove them`;
}

function isTaken(id: string, by: string): string {
  return `function ${id} is registered by ${by} already`;
}
