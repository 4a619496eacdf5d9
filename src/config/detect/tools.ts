import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Looks programs up in PATH, as a shell's `which` does. Nothing is run. */
export class Tools {
  readonly #folders: readonly string[] | null;
  readonly #known = new Map<string, boolean>();

  /** `searchPath` is the PATH that commands get; undefined: it is not known, and every program is taken to be there. */
  constructor(searchPath: string | undefined) {
    this.#folders = searchPath === undefined ? null : searchPath.split(delimiter).filter((one) => one !== '');
  }

  /** Whether a program is in PATH. */
  has(name: string): boolean {
    const known = this.#known.get(name) ?? this.#look(name);
    this.#known.set(name, known);
    return known;
  }

  /** The first of some programs that is in PATH; the first of all where none is, so that its absence is what is said. */
  prefer(first: string, ...others: readonly string[]): string {
    return [first, ...others].find((name) => this.has(name)) ?? first;
  }

  #look(name: string): boolean {
    if (this.#folders === null) return true;
    return this.#folders.some((folder) => fileNames(name).some((file) => isProgram(join(folder, file))));
  }
}

/** Windows knows programs by their extension, Unix by permission. */
function fileNames(name: string): readonly string[] {
  return process.platform === 'win32' ? ['.exe', '.cmd', '.bat', '.com'].map((end) => name + end) : [name];
}

function isProgram(path: string): boolean {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
