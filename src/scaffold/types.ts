import type { CommandLine, ReadyConfig, RestartStrategy } from '../config/types.js';

/** A file of a project that is about to be made. */
export interface ScaffoldFile {
  /** Relative to the project's folder, with `/`. */
  readonly path: string;
  readonly content: string;
}

/** How an existing project is run: what detection found, or the user said. */
export interface DetectedRun {
  readonly command: CommandLine;
  /** Where it comes from, for people: `package.json scripts.start`. */
  readonly source: string;
  /** What is run before a start; null: nothing. */
  readonly build: { readonly command: CommandLine; readonly checkOnly: boolean } | null;
  /** With leading dot; empty: every file. */
  readonly extensions: readonly string[];
  readonly ignore: readonly string[];
  /** null: as for any process. */
  readonly ready: ReadyConfig | null;
  /** null: the default. */
  readonly strategy: RestartStrategy | null;
}

/** What lies at a path; a link counts as what it leads to, and as a file where it leads nowhere. */
export type EntryKind = 'file' | 'folder';
