import { err, ok, type Result } from '../core/result.js';
import type { LocalFunctionDescriptor } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { RpcStatus } from '../protocol/served-call.js';
import type { FunctionDefinition } from './function-definition.js';

/** Versions before the present one that a function can be taken back to. */
export const KEPT_VERSIONS = 5;

/** What a swap did to one function; null: it was not there before, or is not there any more. */
export interface FunctionChange {
  readonly id: string;
  readonly oldVersion: string | null;
  readonly newVersion: string | null;
}

interface Entry {
  present: FunctionDefinition;
  /** The oldest first. */
  readonly earlier: FunctionDefinition[];
}

/** The functions and jobs of one service, by id, in the order of their registration, each with its latest versions. */
export class FunctionRegistry {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Throws a TypeError when the id is taken. */
  add(definition: FunctionDefinition): void {
    const { id } = definition.descriptor;
    if (this.#entries.has(id)) throw new TypeError(`function ${id} is registered already`);
    this.#entries.set(id, { present: definition, earlier: [] });
  }

  get(id: string): Result<FunctionDefinition, RpcStatus> {
    const found = this.#entries.get(id);
    if (found !== undefined) return ok(found.present);
    return err({ code: 'NOT_FOUND', message: `no function ${JSON.stringify(id)} is registered here` });
  }

  descriptors(): LocalFunctionDescriptor[] {
    return [...this.#entries.values()].map((one) => one.present.descriptor);
  }

  /**
   * Puts the definitions in the place of those with their ids, adds those that are new, and removes `removed`: all in one step, so
   * that no call ever sees a part of it.
   */
  swap(definitions: readonly FunctionDefinition[], removed: readonly string[] = []): FunctionChange[] {
    const gone = removed.map((id): FunctionChange => {
      const oldVersion = this.#entries.get(id)?.present.descriptor.version ?? null;
      this.#entries.delete(id);
      return { id, oldVersion, newVersion: null };
    });
    return [...definitions.map((definition) => this.#put(definition)), ...gone];
  }

  /** Puts the version before the present one back; the present one is forgotten. */
  rollback(id: string): Result<FunctionChange, RpcStatus> {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      return err({ code: 'NOT_FOUND', message: `no function ${JSON.stringify(id)} is registered here` });
    }
    const earlier = entry.earlier.pop();
    if (earlier === undefined) {
      return err({ code: 'FAILED_PRECONDITION', message: `function ${id} has no earlier version` });
    }
    const oldVersion = entry.present.descriptor.version;
    entry.present = earlier;
    return ok({ id, oldVersion, newVersion: earlier.descriptor.version });
  }

  #put(definition: FunctionDefinition): FunctionChange {
    const { id, version } = definition.descriptor;
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      this.#entries.set(id, { present: definition, earlier: [] });
      return { id, oldVersion: null, newVersion: version };
    }
    const oldVersion = entry.present.descriptor.version;
    entry.earlier.push(entry.present);
    if (entry.earlier.length > KEPT_VERSIONS) entry.earlier.shift();
    entry.present = definition;
    return { id, oldVersion, newVersion: version };
  }
}
