import type { ModuleMessage } from './module-hooks.js';

/**
 * Who imports whom among the app's own files, by path, as the module loader reported it.
 *
 * What was loaded before the reports began is not known file by file, but it shows: a module that is imported without being loaded was
 * there already, and so is the app's.
 */
export class ImportGraph {
  /** Every import of a file since its last commit, and those of that. */
  readonly #imports = new Map<string, Set<string>>();
  /** Those since the file was loaded last. */
  readonly #latest = new Map<string, Set<string>>();
  readonly #importers = new Map<string, Set<string>>();
  readonly #loaded = new Set<string>();
  /** Who imports for us, not for the app. */
  readonly #self: string;

  constructor(self: string) {
    this.#self = self;
  }

  note(message: ModuleMessage): void {
    switch (message.type) {
      case 'load':
        this.#loaded.add(message.path);
        this.expect([message.path]);
        return;
      case 'import':
        this.#link(message.parent ?? '', message.path);
        return;
    }
  }

  /** What a CommonJS module has required, which the loader's hooks do not see. `by`: on our behalf, or by the app itself. */
  noteRequires(path: string, required: Iterable<string>, by: 'us' | 'app'): void {
    if (by === 'us') this.#loaded.add(path);
    for (const child of required) this.#link(path, child);
  }

  /** The files are about to be loaded again: what they import is learned anew. */
  expect(paths: Iterable<string>): void {
    for (const path of paths) this.#latest.set(path, new Set());
  }

  /** Whether it was loaded after the reports had begun. */
  hasSeen(path: string): boolean {
    return this.#loaded.has(path);
  }

  /** The files were loaded well: what they imported in earlier versions alone does not count any more. */
  commit(paths: Iterable<string>): void {
    for (const path of paths) {
      const latest = this.#latest.get(path);
      if (latest === undefined) continue;
      for (const child of this.#imports.get(path) ?? []) {
        if (!latest.has(child)) this.#importers.get(child)?.delete(path);
      }
      this.#imports.set(path, new Set(latest));
    }
  }

  /** The files themselves and all that they import, at any depth. */
  closure(entries: Iterable<string>): Set<string> {
    return reach(entries, (path) => this.#imports.get(path));
  }

  /** The files themselves and all that import them, at any depth. */
  dependents(changed: Iterable<string>): Set<string> {
    return reach(changed, (path) => this.#importers.get(path));
  }

  /**
   * Whether the app itself imports the file: it was there before the reports began, or what was there imports it now. Another version
   * of it would stand beside the one that the app keeps.
   */
  isOfApp(path: string): boolean {
    const above = this.dependents([path]);
    above.delete(this.#self);
    return [...above].some((one) => !this.#loaded.has(one));
  }

  #link(parent: string, child: string): void {
    add(this.#imports, parent, child);
    add(this.#latest, parent, child);
    add(this.#importers, child, parent);
  }
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, new Set([value]));
  else values.add(value);
}

function reach(start: Iterable<string>, next: (path: string) => Iterable<string> | undefined): Set<string> {
  const reached = new Set(start);
  // A set that grows while it is walked is walked to its end.
  for (const path of reached) for (const one of next(path) ?? []) reached.add(one);
  return reached;
}
