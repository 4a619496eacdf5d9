import { posix } from 'node:path';
import type { ProjectFolder } from './project-folder.js';

/** Files that a project of some language begins with. */
const MARKER =
  /^(?:go\.mod|Cargo\.toml|pom\.xml|build\.gradle(?:\.kts)?|.+\.(?:cs|fs)proj|mix\.exs|Gemfile|artisan|composer\.json|pyproject\.toml|requirements\.txt|manage\.py|package\.json|CMakeLists\.txt)$/;

/** How deep is looked: `services/game`. */
const DEPTH = 2;

/**
 * Folders below that look like projects, each with the file that says so. For a folder that holds several services: which of
 * them is meant is not guessed.
 */
export async function findProjectsBelow(project: ProjectFolder): Promise<readonly string[]> {
  const found: string[] = [];
  let level: readonly string[] = ['.'];
  for (let depth = 0; depth < DEPTH; depth++) {
    const next: string[] = [];
    for (const parent of level) {
      for (const name of await project.folders(parent)) {
        const folder = posix.join(parent, name);
        const marker = (await project.files(folder)).find((file) => MARKER.test(file));
        if (marker === undefined) next.push(folder);
        else found.push(`${folder} (${marker})`);
      }
    }
    level = next;
  }
  return found;
}
