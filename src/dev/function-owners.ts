import type { RoutableFunction } from '../gateway/types.js';

/** Finds functions that several services of the session serve: calls can go to one of them only, and that is told once for each. */
export class FunctionOwners {
  readonly #told = new Set<string>();

  /** Sentences about what is new since the last look. */
  look(functions: readonly RoutableFunction[]): readonly string[] {
    const owners = new Map<string, string[]>();
    for (const { id, service, generation } of functions) {
      if (generation === null) continue;
      owners.set(id, [...(owners.get(id) ?? []), service]);
    }
    return [...owners].flatMap(([id, services]) => {
      const [first, ...others] = services;
      const key = `${id}\0${services.join('\0')}`;
      if (others.length === 0 || this.#told.has(key)) return [];
      this.#told.add(key);
      return [
        `the function ${id} is registered by ${services.join(' and ')}: calls go to ${first}. Give it another id in ${others.join(' and ')}`,
      ];
    });
  }
}
