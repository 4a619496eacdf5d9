import { mkdir, rm } from 'node:fs/promises';
import { dirname, sep } from 'node:path';

/** What stands for the number of a generation in the path of its artifact. */
const GENERATION = '{generation}';

/** The build artifacts of one service: one folder or file per generation, deleted when no longer wanted. */
export class Artifacts {
  /** By path, the part of it that belongs to its generation alone. */
  readonly #made = new Map<string, string>();

  /**
   * Makes room for the artifact of a generation: what an earlier session left there is deleted. `template` is its path with
   * `{generation}`, absolute.
   */
  async prepare(template: string, generation: number): Promise<void> {
    const path = template.replaceAll(GENERATION, String(generation));
    const own = ownPart(template, path);
    this.#made.set(path, own);
    await rm(own, { recursive: true, force: true });
    await mkdir(dirname(path), { recursive: true });
  }

  async prune(keep: readonly string[]): Promise<void> {
    for (const [path, own] of this.#made) {
      if (keep.includes(path)) continue;
      this.#made.delete(path);
      await rm(own, { recursive: true, force: true });
    }
  }
}

/** What the watcher must not look at: where the artifacts of all generations are. Absolute. */
export function artifactFolder(template: string): string {
  const segments = template.split(sep);
  const own = segments.findIndex((segment) => segment.includes(GENERATION));
  return own < 0 ? template : segments.slice(0, own).join(sep);
}

/** The path up to the segment that holds the generation's number. */
function ownPart(template: string, path: string): string {
  const own = template.split(sep).findIndex((segment) => segment.includes(GENERATION));
  const segments = path.split(sep);
  return own < 0 ? path : segments.slice(0, own + 1).join(sep);
}
