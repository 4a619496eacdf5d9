import { mkdir, rm } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import type { BuildConfig } from '../config/types.js';

/** The build artifacts of one service: one folder or file per generation, deleted when no longer wanted. */
export class Artifacts {
  readonly #build: BuildConfig;
  readonly #made = new Set<string>();

  constructor(build: BuildConfig) {
    this.#build = build;
  }

  /** What the watcher must not look at: where the artifacts of all generations are. Absolute. */
  get folder(): string {
    const segments = this.#build.artifact.split(sep);
    const own = segments.findIndex((segment) => segment.includes('{generation}'));
    return own < 0 ? this.#build.artifact : segments.slice(0, own).join(sep);
  }

  pathOf(generation: number): string {
    return this.#build.artifact.replaceAll('{generation}', String(generation));
  }

  /** Makes room for the artifact of a generation: what an earlier session left there is deleted. */
  async prepare(generation: number): Promise<void> {
    const path = this.pathOf(generation);
    this.#made.add(path);
    await rm(this.#ownPart(path), { recursive: true, force: true });
    await mkdir(dirname(path), { recursive: true });
  }

  async prune(keep: readonly string[]): Promise<void> {
    for (const path of this.#made) {
      if (keep.includes(path)) continue;
      this.#made.delete(path);
      await rm(this.#ownPart(path), { recursive: true, force: true });
    }
  }

  /** The part of the path that belongs to this generation alone: up to the segment that holds its number. */
  #ownPart(path: string): string {
    const own = this.#build.artifact.split(sep).findIndex((segment) => segment.includes('{generation}'));
    return own < 0
      ? path
      : path
          .split(sep)
          .slice(0, own + 1)
          .join(sep);
  }
}
