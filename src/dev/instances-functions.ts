import type { ReloadedFunction } from '../core/events.js';
import { err, type Result } from '../core/result.js';
import type { HotReloadFailure } from '../gateway/types.js';
import type { FunctionReload, HotReloads } from './hot-reload.js';

type Functions = Pick<HotReloads, 'reload' | 'rollback' | 'status'>;

/** The functions of a service with several processes: what is done to them is done in each. */
export class InstancesFunctions implements Functions {
  readonly #all: readonly Functions[];

  /** @param all of each instance, the first one first; at least one */
  constructor(all: readonly Functions[]) {
    this.#all = all;
  }

  /** The first one's: they run the same. */
  status(): ReturnType<HotReloads['status']> {
    return this.#first.status();
  }

  /** What could not be done in one of them has failed, with what the others could do; in words where nothing was changed there. */
  async reload(functions: readonly string[]): Promise<FunctionReload> {
    const all = await Promise.all(this.#all.map((one) => one.reload(functions)));
    return all.reduce(worse);
  }

  async rollback(functionId: string): Promise<Result<ReloadedFunction, HotReloadFailure>> {
    const all = await Promise.all(this.#all.map((one) => one.rollback(functionId)));
    const failed = all.findIndex((one) => !one.ok);
    const [first] = all;
    const answer = all[failed] ?? first;
    if (answer === undefined) throw new Error('a service has at least one instance');
    if (answer.ok) return answer;
    return err({ ...answer.error, message: `instance ${failed + 1}: ${answer.error.message}` });
  }

  get #first(): Functions {
    const [first] = this.#all;
    if (first === undefined) throw new Error('a service has at least one instance');
    return first;
  }
}

const RANK = { reloaded: 0, failed: 1, 'needs-restart': 2 } as const;

function worse(one: FunctionReload, other: FunctionReload): FunctionReload {
  return RANK[other.kind] > RANK[one.kind] ? other : one;
}
