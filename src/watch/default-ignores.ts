import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * What no one edits by hand, in the order of the list: dependencies, caches and outputs that have a name of their own,
 * editors' settings and temporary files, files that a running server writes. A `!pattern` in the
 * configuration takes any of them back. Names that are also used for sources (`dist`, `build`, `out`, `bin`) are not
 * here: they are ignored where .gitignore says so, or where OUTPUT_FOLDERS recognises them.
 */
export const DEFAULT_IGNORES: readonly string[] = [
  'node_modules/',
  '.venv/',
  'venv/',
  '.bundle/',
  ...['__pycache__/', '*.pyc', '*.pyo', '.pytest_cache/', '.mypy_cache/', '.ruff_cache/', '.tox/'],
  ...['*.egg-info/', '.eggs/', '.nyc_output/', '.turbo/', '.next/', '.nuxt/', '.svelte-kit/'],
  ...['.parcel-cache/', '.cache/', '.gradle/', '.dart_tool/', '.terraform/', 'CMakeFiles/', 'cmake-build-*/'],
  ...['**/bin/Debug/', '**/bin/Release/', '*.class', '*.o', '*.tsbuildinfo'],
  ...['.idea/', '.vscode/', '.vs/', '.settings/', '.fleet/', '.zed/'],
  // vim: swap files and the probe that it writes to see whether a folder is writable. Emacs: `.#x` locks, `#x#` copies.
  ...['*.swp', '*.swo', '*.swx', '*.swpx', '4913', '*~', '.#*', '\\#*\\#'],
  // JetBrains, gedit, kate, browsers, office programs, and tools that write `x.tmp.123` and rename it over `x`.
  ...[
    '*___jb_tmp___',
    '*___jb_old___',
    '.goutputstream-*',
    '*.kate-swp',
    '*.crswap',
    '~$*',
    '*.tmp',
    '*.tmp.*',
  ],
  ...['.DS_Store', 'Thumbs.db', 'desktop.ini'],
  ...['*.log', '*.pid', '*.sock', '*.db', '*.db-*', '*.sqlite', '*.sqlite-*', '*.sqlite3', '*.sqlite3-*'],
  // Written by `croupier check --update`, also beside a running session.
  'croupier.snapshot.json*',
  // Never a change by itself: what it says takes effect on what is watched.
  '.gitignore',
];

/** Version control and the runner's own folder: no pattern of the configuration takes these back. */
export const FIXED_IGNORES: readonly string[] = ['.git', '.hg', '.svn', '.jj', '.croupier'];

/** Folder names that mean an output only beside the file of the tool that writes there. */
const OUTPUT_FOLDERS: ReadonlyMap<string, RegExp> = new Map([
  ['target', /^(?:Cargo\.toml|pom\.xml|build\.sbt)$/],
  ['build', /^(?:build|settings)\.gradle(?:\.kts)?$/],
  ['bin', /\.(?:cs|fs|vb)proj$/],
  ['obj', /\.(?:cs|fs|vb)proj$/],
  ['_build', /^mix\.exs$/],
  ['deps', /^mix\.exs$/],
  ['vendor', /^composer\.json$/],
]);

/** Whether a folder is the output of a build tool, judged by its name and by the files beside it. */
export function isOutputFolder(folder: string): boolean {
  const marker = OUTPUT_FOLDERS.get(basename(folder));
  if (marker === undefined) return false;
  try {
    return readdirSync(dirname(folder)).some((name) => marker.test(name));
  } catch {
    return false;
  }
}
