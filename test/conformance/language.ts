/** A text in a file and what takes its place. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
}

/** How one language's SDK is brought under the suite. */
export interface Language {
  readonly name: 'node' | 'python' | 'go';
  /** What the machine lacks for it; null: nothing. */
  findMissing(): string | null;
  /** Copies the app into the folder, with the SDK as it stands in this checkout, and makes it ready to run. */
  prepare(folder: string): Promise<void>;
  /** Program and arguments, to be run in the folder. */
  command(folder: string): readonly [string, ...string[]];
  /** The file of a function module, relative to the folder. */
  moduleFile(name: string): string;
  /** What `pair` has its greeting from, relative to the folder. */
  readonly greetingFile: string;
  /** A file of the program that is no function module. */
  readonly programFile: string;
  /** A statement on the module's top level that fails while it is loaded. */
  readonly failingStatement: string;
  /** A module that loads, but has no function. */
  emptyModule(name: string): string;
  /** The source of module `echo` as that of a further module, with this function in it. */
  furtherModule(echo: string, name: string, functionId: string): string;
  /** Makes the descriptor of a module invalid: an id with spaces. */
  invalidId(functionId: string): Replacement;
  /** How long a reload takes at most on an idle machine, in ms: calls that are to outlast one take longer. */
  readonly reloadMs: number;
  /** Reloads under load. */
  readonly reloads: number;
}

/** Reloads under load that a run asks for; null: as many as the language does by itself. */
export function askedReloads(): number | null {
  const text = process.env.CONFORMANCE_RELOADS;
  if (text === undefined || text === '') return null;
  const reloads = Number(text);
  if (Number.isInteger(reloads) && reloads > 0) return reloads;
  throw new Error(`CONFORMANCE_RELOADS is a number, 1 or more; got ${JSON.stringify(text)}`);
}
