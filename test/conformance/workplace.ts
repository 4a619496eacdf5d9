import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Language, Replacement } from './language.js';

const FUNCTIONS = 'functions';

/** The version that every module has until it is edited. */
export const FIRST_VERSION = '1.0.0';

/** A language's app in a folder of its own, and what is done to its files. */
export class Workplace {
  readonly language: Language;
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-conformance-')));
  /** The functions as they came. */
  readonly #original = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-conformance-original-')));

  private constructor(language: Language) {
    this.language = language;
  }

  static async prepare(language: Language): Promise<Workplace> {
    const workplace = new Workplace(language);
    try {
      await language.prepare(workplace.folder);
      cpSync(join(workplace.folder, FUNCTIONS), workplace.#original, { recursive: true });
      return workplace;
    } catch (error) {
      workplace.remove();
      throw error;
    }
  }

  /** All functions as they came. */
  restore(): void {
    rmSync(join(this.folder, FUNCTIONS), { recursive: true, force: true });
    cpSync(this.#original, join(this.folder, FUNCTIONS), { recursive: true });
  }

  /** A file as it came; `path` is relative to the folder and below `functions`. */
  original(path: string): string {
    return readFileSync(join(this.#original, path.slice(FUNCTIONS.length + 1)), 'utf8');
  }

  /** Saves a file; answers its path. */
  write(path: string, text: string): string {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
    return path;
  }

  /** Saves a file as it came with these texts replaced, wherever they stand; answers its path. */
  edit(path: string, ...replacements: readonly Replacement[]): string {
    let text = this.original(path);
    for (const { from, to } of replacements) {
      if (!text.includes(from)) throw new Error(`${path} has no ${JSON.stringify(from)}:\n${text}`);
      text = text.replaceAll(from, to);
    }
    return this.write(path, text);
  }

  /** Saves a module as one of this version; answers its path. */
  editVersion(module: string, version: string): string {
    return this.edit(this.language.moduleFile(module), { from: FIRST_VERSION, to: version });
  }

  /** Saves a module with a further statement at its end; answers its path. */
  append(module: string, statement: string): string {
    const path = this.language.moduleFile(module);
    return this.write(path, `${this.original(path)}\n${statement}\n`);
  }

  /** Deletes a file or a folder; answers its path. */
  delete(path: string): string {
    rmSync(join(this.folder, path), { recursive: true });
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.#original, { recursive: true, force: true });
  }
}
