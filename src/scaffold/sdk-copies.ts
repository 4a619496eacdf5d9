import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readModule, SDK_FOLDER, SDK_LANGUAGES, type SdkLanguage } from './sdk-language.js';
import { parseManifest, SDK_MANIFEST, type SdkManifest } from './sdk-manifest.js';
import { readSdkSource } from './sdk-source.js';

/** An SDK that lives as source in a project. */
export interface SdkCopy {
  /** The project's folder, absolute: the SDK is in its folder `croupier`. */
  readonly project: string;
  readonly language: SdkLanguage;
  /** The project's module, for Go. */
  readonly module: string | null;
  /** null: there is none, or none that can be read. */
  readonly manifest: SdkManifest | null;
}

/** Services of a repository lie so deep at most. */
const DEPTH = 3;

/** A repository with more folders than this down to that depth is not searched to its end. */
const MOST_FOLDERS = 2_000;

const FOREIGN = new Set(['node_modules', 'vendor', 'venv', 'env', 'target', 'dist', 'build', '__pycache__']);

/** A folder of this name may be anything. One of ours has at least so much of the files of the SDK. */
const ENOUGH = 0.5;

/** The copies in a folder and below it, those nearest to the top first. `templates`: see readSdkSource(). */
export async function findSdkCopies(top: string, templates?: string): Promise<readonly SdkCopy[]> {
  const copies: SdkCopy[] = [];
  let level: readonly string[] = [top];
  let seen = 0;
  for (let depth = 0; depth <= DEPTH && level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      if (++seen > MOST_FOLDERS) return copies;
      const names = await subfolders(folder);
      const copy = names.includes(SDK_FOLDER) ? await readCopy(folder, templates) : null;
      if (copy !== null) copies.push(copy);
      const others = names.filter((name) => copy === null || name !== SDK_FOLDER);
      next.push(...others.map((name) => join(folder, name)));
    }
    level = next;
  }
  return copies;
}

/** The copy of the project that a folder is in: in the folder itself or one above it, up to the repository's top. null: there is none. */
export async function findSdkCopyAbove(folder: string): Promise<SdkCopy | null> {
  for (let at = folder; ; at = dirname(at)) {
    const copy = await readCopy(at);
    if (copy !== null) return copy;
    const isTop = (await stat(join(at, '.git')).catch(() => null)) !== null;
    if (isTop || at === dirname(at)) return null;
  }
}

async function readCopy(project: string, templates?: string): Promise<SdkCopy | null> {
  const folder = join(project, SDK_FOLDER);
  const text = await readText(join(folder, SDK_MANIFEST));
  const manifest = text === null ? null : parseManifest(text);
  const goMod = await readText(join(project, 'go.mod'));
  const language = manifest?.language ?? (await recognize(folder, goMod !== null, templates));
  if (language === null) return null;
  const module = language === 'go' && goMod !== null ? readModule(goMod) : null;
  return { project, language, module, manifest };
}

/** Which SDK a folder without a manifest holds; null: none. */
async function recognize(
  folder: string,
  hasGoMod: boolean,
  templates: string | undefined,
): Promise<SdkLanguage | null> {
  for (const language of SDK_LANGUAGES) {
    const marker = language === 'go' ? hasGoMod : (await readText(join(folder, '__init__.py'))) !== null;
    if (!marker) continue;
    const paths = [...(await readSdkSource(language, null, templates)).keys()];
    const there = await Promise.all(paths.map((path) => stat(join(folder, path)).catch(() => null)));
    const count = there.filter((found) => found?.isFile() === true).length;
    if (count > 0 && count >= paths.length * ENOUGH) return language;
  }
  return null;
}

async function subfolders(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !FOREIGN.has(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

async function readText(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}
