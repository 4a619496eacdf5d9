import { dirname, isAbsolute } from 'node:path';
import type { WatchConfig } from '../config/types.js';
import { DEFAULT_IGNORES, FIXED_IGNORES, isOutputFolder } from './default-ignores.js';
import { GitIgnore } from './gitignore.js';
import { type CompiledRules, firstMatch } from './match.js';
import { literalPattern, PatternSet, toRelative } from './patterns.js';
import { contains } from './targets.js';

export interface IgnoreOptions {
  readonly root: string;
  readonly config: WatchConfig;
  readonly rules: CompiledRules;
  readonly extraIgnore: readonly string[];
  readonly alwaysInclude: readonly string[];
}

/** A path of the configuration that is ignored by itself: naming it overrides what ignores it. */
interface Scope {
  readonly path: string;
  /** What patterns are relative to. */
  readonly base: string;
  readonly gitignore: boolean;
}

/**
 * Which folders are subscribed and which files count. In the order of their say: fixed ignores, `watch.ignore` (where
 * `!pattern` takes a path back in) over the defaults, outputs of build tools, .gitignore. As in git, a file cannot be
 * taken back in while a folder above it is ignored.
 */
export class IgnoreRules {
  readonly #options: IgnoreOptions;
  readonly #patterns: PatternSet;
  readonly #always: ReadonlySet<string>;
  readonly #git: GitIgnore | null;
  readonly #folders = new Map<string, boolean>();
  #scopes: readonly Scope[] = [];

  constructor(options: IgnoreOptions) {
    const { root, config, extraIgnore, alwaysInclude } = options;
    this.#options = options;
    this.#always = new Set(alwaysInclude);
    this.#git = config.gitignore ? new GitIgnore(root) : null;
    this.#patterns = new PatternSet([
      ...DEFAULT_IGNORES,
      ...config.ignore,
      ...FIXED_IGNORES,
      ...extraIgnore.map((one) => toPattern(root, one)),
    ]);
    this.#scopes = this.#resolveScopes();
  }

  /** Files outside of the service's folder that decide about what is in it. */
  get outerRuleFiles(): readonly string[] {
    return this.#git?.ruleFilesOutside(this.#options.root) ?? [];
  }

  isRuleFile(path: string): boolean {
    return this.#git?.isRuleFile(path) ?? false;
  }

  /** Whether what a rule file says has changed; from then on the new text counts. */
  reread(path: string): boolean {
    if (this.#git?.reread(path) !== true) return false;
    this.#folders.clear();
    this.#scopes = this.#resolveScopes();
    return true;
  }

  /** Whether a folder is subscribed: neither it nor one above it is ignored. */
  acceptsFolder(path: string): boolean {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const scope = this.#scopeOf(path);
    const accepted =
      path === scope.path ||
      ((!contains(scope.path, path) || this.acceptsFolder(dirname(path))) &&
        !this.#ignores(path, true, scope));
    this.#folders.set(path, accepted);
    return accepted;
  }

  /** Whether a change of a file counts. */
  acceptsFile(path: string): boolean {
    if (this.#always.has(path)) return true;
    const scope = this.#scopeOf(path);
    if (path !== scope.path) {
      if (contains(scope.path, path) && !this.acceptsFolder(dirname(path))) return false;
      if (this.#ignores(path, false, scope)) return false;
    }
    const { root, rules, config } = this.#options;
    const action = firstMatch(toRelative(root, path), rules)?.action;
    if (action === 'ignore') return false;
    // A rule that asks for something names its files itself: `extensions` is about all the others.
    if (action !== undefined || config.extensions.length === 0) return true;
    return config.extensions.some((extension) => path.endsWith(extension));
  }

  #ignores(path: string, isFolder: boolean, scope: Scope): boolean {
    const verdict = this.#patterns.test(toRelative(scope.base, path) + (isFolder ? '/' : ''));
    if (verdict === 'ignored') return true;
    if (verdict === 'included') return false;
    if (isFolder && isOutputFolder(path)) return true;
    return scope.gitignore && (this.#git?.ignores(path, isFolder) ?? false);
  }

  #scopeOf(path: string): Scope {
    const { root } = this.#options;
    return (
      this.#scopes.find((scope) => contains(scope.path, path)) ?? { path: root, base: root, gitignore: true }
    );
  }

  #resolveScopes(): readonly Scope[] {
    const { root, config } = this.#options;
    return config.paths
      .map((path) => {
        const relative = toRelative(root, path);
        const isIgnored = this.#patterns.test(`${relative}/`) === 'ignored';
        const isGitIgnored = this.#git !== null && this.#isGitIgnored(path, this.#git);
        return { path, base: isIgnored ? path : root, gitignore: !isGitIgnored };
      })
      .sort((one, other) => other.path.length - one.path.length);
  }

  #isGitIgnored(path: string, git: GitIgnore): boolean {
    if (!contains(git.top, path)) return true;
    for (let folder = path; folder !== git.top; folder = dirname(folder)) {
      if (git.ignores(folder, true)) return true;
    }
    return false;
  }
}

/** An absolute path (which may hold a `{placeholder}` for any name) or a pattern. */
function toPattern(root: string, ignored: string): string {
  if (!isAbsolute(ignored)) return ignored;
  return literalPattern(toRelative(root, ignored)).replaceAll(/\{[a-z]+\}/g, '*');
}
