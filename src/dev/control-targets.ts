import { nearestName } from '../config/nearest-name.js';
import type { Refusal } from '../control/refusal.js';
import { err, ok, type Result } from '../core/result.js';
import type { Gateway } from '../gateway/types.js';
import type { ServiceGroup } from './service-group.js';
import type { ServiceSession } from './service-session.js';

/** What a name of the command line means. A service wins over a function of the same name. */
export type Target =
  | { readonly kind: 'service'; readonly session: ServiceSession }
  | { readonly kind: 'function'; readonly session: ServiceSession; readonly id: string };

/** Finds services and functions by their names, and says what may have been meant. */
export class Targets {
  readonly #services: ServiceGroup;
  readonly #gateway: Gateway;

  constructor(services: ServiceGroup, gateway: Gateway) {
    this.#services = services;
    this.#gateway = gateway;
  }

  find(name: string): Result<Target, Refusal> {
    const service = this.#services.find(name);
    if (service !== null) return ok({ kind: 'service', session: service });
    const owner = this.#gateway.functions().find(({ id }) => id === name);
    if (owner === undefined) {
      const what = this.#services.names.length > 1 ? 'neither a service nor a function' : 'no function';
      return err(
        unknown(`there is ${what} ${name}`, name, [...this.#services.names, ...this.#functionIds()]),
      );
    }
    const session = owner.generation === null ? null : this.#services.find(owner.service);
    if (session !== null) return ok({ kind: 'function', session, id: name });
    return err({
      code: 'not-possible',
      message: `${name} is served by ${owner.service}, which registered by itself: nobody here runs its process`,
    });
  }

  findService(name: string): Result<ServiceSession, Refusal> {
    const service = this.#services.find(name);
    if (service !== null) return ok(service);
    return err(unknown(`there is no service ${name}`, name, this.#services.names));
  }

  /** Null: somebody serves it. */
  checkFunction(id: string): Refusal | null {
    const ids = this.#functionIds();
    if (ids.includes(id)) return null;
    return { ...unknown(`there is no function ${id}`, id, ids), code: 'unknown-function' };
  }

  #functionIds(): readonly string[] {
    return [...new Set(this.#gateway.functions().map(({ id }) => id))];
  }
}

function unknown(what: string, name: string, valid: readonly string[]): Refusal {
  const nearest = nearestName(name, valid);
  const shown = [...valid].sort().slice(0, 10).join(', ');
  const wayOut =
    nearest !== null
      ? `did you mean ${nearest}?`
      : valid.length === 0
        ? 'nothing is registered'
        : `there is: ${shown}`;
  return { code: 'unknown-target', message: `${what}; ${wayOut}` };
}
