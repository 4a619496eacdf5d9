import type { CommandLine, ReadyConfig, RestartStrategy } from '../types.js';
import type { ProjectFolder } from './project-folder.js';
import type { Tools } from './tools.js';

/**
 * How sure a candidate is. `certain`: the project says by itself how it is run, or its content shows it. `likely`: a file has a
 * name that programs of its language usually have.
 */
export type Strength = 'certain' | 'likely';

export interface CandidateBuild {
  readonly command: CommandLine;
  /** Changes nothing but caches: a syntax check. */
  readonly checkOnly: boolean;
}

/** A way to run a project that was found in its folder. */
export interface Candidate {
  /** Name of the language, for people. */
  readonly language: string;
  /** The file that gave the project away, such as `go.mod`. */
  readonly marker: string;
  readonly strength: Strength;
  readonly command: CommandLine;
  /** Where it comes from, for people: `package.json scripts.start`, `server.js`. */
  readonly source: string;
  /** What is run before a start; null: nothing. */
  readonly build: CandidateBuild | null;
  /** What runs the project in one step, where `command` needs the build before it; null: `command` does. */
  readonly byHand: CommandLine | null;
  /** File extensions that matter, with leading dot; empty: every file. */
  readonly extensions: readonly string[];
  /** Patterns in the notation of .gitignore that the language adds to the watcher's own. */
  readonly ignore: readonly string[];
  /** When a generation is ready, where the framework has an answer of its own; null: as for any process. */
  readonly ready: ReadyConfig | null;
  /** Set where two generations cannot live side by side; null: as configured. */
  readonly strategy: RestartStrategy | null;
  /** Programs that have to be in PATH. */
  readonly tools: readonly string[];
  /** What else is to be said about the choice, in sentences; null: nothing. */
  readonly explanation: string | null;
}

/** What one language makes of a folder. */
export interface Detection {
  /** Best first. */
  readonly candidates: readonly Candidate[];
  /** What was seen and not taken, and why; a sentence each. */
  readonly rejected: readonly string[];
}

export const NOTHING_FOUND: Detection = { candidates: [], rejected: [] };

/** Finds out how projects of one language are run. */
export interface Language {
  readonly name: string;
  /** What detect() looks for, for people. */
  readonly looksFor: readonly string[];
  /** Why a project of this language gives way to one that comes before it in LANGUAGES: a clause that follows "because". */
  readonly besideOthers: string;
  /** Reads only; a broken file is a rejection, never an error. */
  detect(project: ProjectFolder, tools: Tools): Promise<Detection>;
}
