import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ScaffoldFile } from './types.js';

/** Two folders above this file, in `src` as in `dist`. */
const TEMPLATES_FOLDER = fileURLToPath(new URL('../../templates/', import.meta.url));

/** npm leaves files called `.gitignore` out of packages, so templates have them and the like under another name. */
const RENAMED: Readonly<Record<string, string>> = {
  '_air.toml': '.air.toml',
  _gitignore: '.gitignore',
  _mvn: '.mvn',
};

/** What tools leave behind where a template was tried out in place. Names that begin with a dot are left out as well. */
const LEFTOVERS: ReadonlySet<string> = new Set([
  'node_modules',
  'target',
  '__pycache__',
  'package-lock.json',
]);

/** All files of a template as they are, sorted by path. */
export async function readTemplate(
  name: string,
  folder: string = TEMPLATES_FOLDER,
): Promise<readonly ScaffoldFile[]> {
  const files = await readFolder(join(folder, name), '');
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function readFolder(folder: string, prefix: string): Promise<ScaffoldFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries
    .filter(({ name }) => !name.startsWith('.') && !LEFTOVERS.has(name))
    .map(async (entry): Promise<readonly ScaffoldFile[]> => {
      const path = join(folder, entry.name);
      const name = RENAMED[entry.name] ?? entry.name;
      if (entry.isDirectory()) return readFolder(path, `${prefix}${name}/`);
      return [{ path: `${prefix}${name}`, content: await readFile(path, 'utf8') }];
    });
  return (await Promise.all(files)).flat();
}
