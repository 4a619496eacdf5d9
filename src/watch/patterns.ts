import { relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** What a set of gitignore patterns says of a path; `none`: no pattern speaks of it. */
export type PatternVerdict = 'ignored' | 'included' | 'none';

// Git compares case-sensitively where the file system does; macOS and Windows usually do not.
const IGNORE_CASE = process.platform === 'darwin' || process.platform === 'win32';

// `ignore` keeps the answer for every path that it was asked about. For 50,000 files that is some 10 MB a set, so
// the answers are thrown away after this many questions; the compiled patterns stay.
const KEPT_ANSWERS = 4096;

// `ignore` refuses `..`, and a pattern such as `.*` would match it: a name that no pattern means by accident.
const PARENT = '%parent%';

/** Patterns with gitignore semantics over paths relative to one folder, where paths outside of it start with `../`. */
export class PatternSet {
  #matcher: Ignore;
  #answers = 0;

  constructor(patterns: readonly string[]) {
    this.#matcher = ignore({ ignorecase: IGNORE_CASE }).add(patterns.map(normalizePattern));
  }

  /** `path` is relative, `/` as separator; a folder ends in `/`. Ignored parents make everything below them ignored. */
  test(path: string): PatternVerdict {
    if (path === '' || path === '/') return 'none';
    if (++this.#answers > KEPT_ANSWERS) {
      this.#matcher = ignore({ ignorecase: IGNORE_CASE }).add(this.#matcher);
      this.#answers = 0;
    }
    const { ignored, unignored } = this.#matcher.test(renameParents(path));
    if (ignored) return 'ignored';
    return unignored ? 'included' : 'none';
  }
}

/** The path as patterns, events and people see it: relative to `root`, `/` as separator. */
export function toRelative(root: string, path: string): string {
  const result = relative(root, path);
  return sep === '/' ? result : result.split(sep).join('/');
}

/** A pattern that matches exactly this relative path and what lies below it, whatever characters it holds. */
export function literalPattern(path: string): string {
  const escaped = path.replace(/[\\*?[\]!# ]/g, '\\$&');
  return path.startsWith('../') ? escaped : `/${escaped}`;
}

function normalizePattern(pattern: string): string {
  const negated = pattern.startsWith('!');
  const body = negated ? pattern.slice(1) : pattern;
  // Git has no `./`, but people write it and mean the folder that the patterns belong to.
  const anchored = body.startsWith('./') ? body.slice(1) : renameParents(body);
  return negated ? `!${anchored}` : anchored;
}

function renameParents(path: string): string {
  if (!path.startsWith('../')) return path;
  return path.replace(/^(?:\.\.\/)+/, (parents) => `${PARENT}/`.repeat(parents.length / 3));
}
