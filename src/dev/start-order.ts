import type { ServiceConfig } from '../config/types.js';

type Dependent = Pick<ServiceConfig, 'name' | 'dependsOn'>;

/** Which services may start: those whose dependencies have all been active once. */
export class StartOrder {
  /** What each service that was not started yet still waits for. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #active = new Set<string>();

  constructor(services: readonly Dependent[]) {
    for (const service of services) this.add(service);
  }

  /** A further service, or one that is not started yet and depends on others now. */
  add({ name, dependsOn }: Dependent): void {
    this.#waiting.set(name, new Set(dependsOn.filter((needed) => !this.#active.has(needed))));
  }

  remove(name: string): void {
    this.#waiting.delete(name);
    this.#active.delete(name);
  }

  isWaiting(name: string): boolean {
    return this.#waiting.has(name);
  }

  /** Services that can start now; each is named once. */
  due(): readonly string[] {
    const due = [...this.#waiting].filter(([, needed]) => needed.size === 0).map(([name]) => name);
    for (const name of due) this.#waiting.delete(name);
    return due;
  }

  /** A service is active; what can start because of that. */
  activated(name: string): readonly string[] {
    this.#active.add(name);
    for (const needed of this.#waiting.values()) needed.delete(name);
    return this.due();
  }

  /** Services that wait, and for whom. */
  get waiting(): readonly { readonly name: string; readonly needs: readonly string[] }[] {
    return [...this.#waiting].map(([name, needed]) => ({ name, needs: [...needed] }));
  }
}
