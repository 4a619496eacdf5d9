import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PatternSet, toRelative } from './patterns.js';

interface RuleFile {
  readonly text: string;
  readonly patterns: PatternSet;
}

/**
 * The .gitignore files from the repository's top (without a repository: from the service's folder) down, and
 * .git/info/exclude. Each is read when the first path below it is asked about.
 */
export class GitIgnore {
  /** The folder with `.git`, or the given folder when there is none above it. */
  readonly top: string;
  readonly #excludeFile: string | null;
  readonly #files = new Map<string, RuleFile | null>();

  constructor(folder: string) {
    const repository = findRepository(folder);
    this.top = repository ?? folder;
    this.#excludeFile = repository === null ? null : excludeFileOf(repository);
  }

  /** Rule files that lie outside of `folder` and yet decide about what is in it. */
  ruleFilesOutside(folder: string): readonly string[] {
    const files = this.#excludeFile === null ? [] : [this.#excludeFile];
    for (let parent = folder; parent !== this.top && parent !== dirname(parent); ) {
      parent = dirname(parent);
      files.push(join(parent, '.gitignore'));
    }
    return files;
  }

  isRuleFile(path: string): boolean {
    return basename(path) === '.gitignore' || path === this.#excludeFile;
  }

  /** Whether a rule file that was in use now says something else; every rule file is then read again. */
  reread(path: string): boolean {
    const known = this.#files.get(path);
    if (known === undefined || readText(path) === (known?.text ?? null)) return false;
    this.#files.clear();
    return true;
  }

  /** Whether git ignores an absolute path. Its parents are taken to be included unless a pattern speaks of them. */
  ignores(path: string, isFolder: boolean): boolean {
    if (path === this.top) return false;
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      const verdict = this.#verdict(join(folder, '.gitignore'), folder, path, isFolder);
      if (verdict !== 'none') return verdict === 'ignored';
      if (folder === this.top || folder === dirname(folder)) break;
    }
    if (this.#excludeFile === null) return false;
    return this.#verdict(this.#excludeFile, this.top, path, isFolder) === 'ignored';
  }

  #verdict(file: string, base: string, path: string, isFolder: boolean) {
    let known = this.#files.get(file);
    if (known === undefined) {
      const text = readText(file);
      known = text === null ? null : { text, patterns: new PatternSet(text.split(/\r?\n/)) };
      this.#files.set(file, known);
    }
    if (known === null) return 'none';
    return known.patterns.test(toRelative(base, path) + (isFolder ? '/' : ''));
  }
}

function findRepository(folder: string): string | null {
  for (let current = folder; ; current = dirname(current)) {
    if (existsSync(join(current, '.git'))) return current;
    if (current === dirname(current)) return null;
  }
}

/** In a worktree `.git` is a file that points to the real folder, which points to the one that all worktrees share. */
function excludeFileOf(repository: string): string {
  let folder = join(repository, '.git');
  if (statSync(folder, { throwIfNoEntry: false })?.isFile() === true) {
    const pointed = /^gitdir: (.+)$/m.exec(readText(folder) ?? '')?.[1];
    if (pointed !== undefined) folder = resolve(repository, pointed.trim());
    const common = readText(join(folder, 'commondir'));
    if (common !== null) folder = resolve(folder, common.trim());
  }
  return join(folder, 'info', 'exclude');
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
