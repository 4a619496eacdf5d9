import { basename, dirname, join, sep } from 'node:path';
import type { KnownContent } from './content.js';

/** What is known of each watched file, by folder: names are short and folders few, so 50,000 files fit in some 10 MB. */
export class ContentIndex {
  readonly #folders = new Map<string, Map<string, KnownContent>>();

  /** Undefined: no such file, as far as is known. */
  get(path: string): KnownContent | undefined {
    return this.#folders.get(dirname(path))?.get(basename(path));
  }

  set(path: string, content: KnownContent): void {
    const folder = dirname(path);
    let files = this.#folders.get(folder);
    if (files === undefined) {
      files = new Map();
      this.#folders.set(folder, files);
    }
    files.set(basename(path), content);
  }

  delete(path: string): void {
    const folder = dirname(path);
    const files = this.#folders.get(folder);
    if (files?.delete(basename(path)) === true && files.size === 0) this.#folders.delete(folder);
  }

  /** Records files that were found in a folder, except where more is known already. */
  addUnread(folder: string, names: readonly string[], since: number): void {
    if (names.length === 0) return;
    const files = this.#folders.get(folder) ?? new Map<string, KnownContent>();
    this.#folders.set(folder, files);
    const unread: KnownContent = { kind: 'unread', since };
    for (const name of names) if (!files.has(name)) files.set(name, unread);
  }

  /** Absolute paths of the known files directly in a folder. */
  filesIn(folder: string): string[] {
    return [...(this.#folders.get(folder)?.keys() ?? [])].map((name) => join(folder, name));
  }

  /** Absolute paths of the known files in a folder and below it. */
  filesBelow(folder: string): string[] {
    const prefix = folder.endsWith(sep) ? folder : folder + sep;
    return [...this.#folders.keys()]
      .filter((one) => one === folder || one.startsWith(prefix))
      .flatMap((one) => this.filesIn(one));
  }

  get folders(): readonly string[] {
    return [...this.#folders.keys()];
  }
}
