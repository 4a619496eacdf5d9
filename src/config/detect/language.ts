import type { CommandLine } from '../types.js';

/** A way to run a project that was found in its folder. */
export interface Candidate {
  readonly command: CommandLine;
  /** Where it comes from, for people: `package.json scripts.start`, `server.js`. */
  readonly source: string;
  /** What is run before a start; null: nothing. */
  readonly build: { readonly command: CommandLine; readonly checkOnly: boolean } | null;
  /** File extensions that matter, with leading dot; empty: every file. */
  readonly extensions: readonly string[];
  /** Patterns in the notation of .gitignore that the language adds to the watcher's own. */
  readonly ignore: readonly string[];
  /** What else is to be said about the choice, as a sentence; null: nothing. */
  readonly explanation: string | null;
}

export interface Detection {
  /** Best first. */
  readonly candidates: readonly Candidate[];
  /** What was seen and not taken, and why; a sentence each. */
  readonly rejected: readonly string[];
}

/** Finds out how projects of one language are run. */
export interface Language {
  readonly name: string;
  /** What detect() looks for, for people. */
  readonly looksFor: readonly string[];
  /** `folder` is absolute. Reads only; a broken file is a rejection, never an error. */
  detect(folder: string): Promise<Detection>;
}
