import type { Candidate } from './language.js';
import { LANGUAGES } from './languages.js';
import { ProjectFolder } from './project-folder.js';
import { findProjectsBelow } from './projects-below.js';
import { Tools } from './tools.js';

/** What was found out about a folder. */
export interface ProjectDetection {
  /** Best first: by strength, then by LANGUAGES, then as the language has them. The same folder always gives the same order. */
  readonly candidates: readonly Candidate[];
  /** What was seen and not taken, and why; a sentence each. */
  readonly rejected: readonly string[];
  /** Programs that the best candidate needs and that are not in PATH. */
  readonly missingTools: readonly string[];
  /** Where nothing was found: folders below that look like projects, such as `services/game (go.mod)`. */
  readonly below: readonly string[];
}

/**
 * Asks every language how the project in a folder (absolute) is run. Reads a bounded number of small files and runs nothing.
 * `searchPath` is the PATH that the command will have; undefined: not known.
 */
export async function detect(folder: string, searchPath: string | undefined): Promise<ProjectDetection> {
  const project = new ProjectFolder(folder);
  const tools = new Tools(searchPath);
  const detections = await Promise.all(LANGUAGES.map((language) => language.detect(project.share(), tools)));
  const candidates = detections
    .flatMap((detection) => detection.candidates)
    // Sorting keeps the order of what is equal.
    .sort((a, b) => weight(a) - weight(b));
  const [best] = candidates;
  return {
    candidates,
    rejected: detections.flatMap((detection) => detection.rejected),
    missingTools: best === undefined ? [] : await missing(best, tools),
    below: best === undefined ? await findProjectsBelow(project.share()) : [],
  };
}

function weight({ strength }: Candidate): number {
  return strength === 'certain' ? 0 : 1;
}

async function missing({ tools: needed }: Candidate, tools: Tools): Promise<readonly string[]> {
  const isThere = await Promise.all(needed.map((name) => tools.has(name)));
  return needed.filter((_, index) => isThere[index] === false);
}
