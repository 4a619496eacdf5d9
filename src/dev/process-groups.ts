import type { InstanceRef } from '../gateway/instance-key.js';
import type { GenerationRef } from '../gateway/types.js';

/** A process group of the session, as the session file keeps it. */
export interface Group {
  readonly pid: number;
  readonly startTime: number;
  readonly marker: string;
}

/** What the system knows the generations of one instance by. */
export class ProcessGroups {
  readonly #groups = new Map<number, Group>();
  /** `PORT`. */
  readonly #ports = new Map<number, number>();

  get all(): readonly Group[] {
    return [...this.#groups.values()];
  }

  /** By generation, newest last, to find out whose a connection is. */
  owners(
    of: InstanceRef,
  ): readonly { readonly pgid: number; readonly marker: string; readonly ref: GenerationRef }[] {
    return [...this.#groups].map(([generation, { pid, marker }]) => ({
      pgid: pid,
      marker,
      ref: { ...of, generation },
    }));
  }

  /** null: the generation was never started, or is gone. */
  portOf(generation: number): number | null {
    return this.#ports.get(generation) ?? null;
  }

  setPort(generation: number, port: number): void {
    this.#ports.set(generation, port);
  }

  add(generation: number, group: Group): void {
    this.#groups.set(generation, group);
  }

  remove(generation: number): void {
    this.#groups.delete(generation);
    this.#ports.delete(generation);
  }
}
