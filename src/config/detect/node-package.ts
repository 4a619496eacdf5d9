import { posix } from 'node:path';
import { type PackageJson, parseJsonObject } from '../package-json.js';
import { isRecord } from '../record.js';
import type { ProjectFolder } from './project-folder.js';

/** Lock files, and the package manager that writes each. */
const LOCK_FILES: ReadonlyMap<string, PackageManager> = new Map([
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
]);

export type PackageManager = 'npm' | 'pnpm' | 'yarn';

/** What the package says, else what its nearest lock file says, else npm. */
export async function findPackageManager(
  project: ProjectFolder,
  { packageManager }: PackageJson,
): Promise<PackageManager> {
  const named = packageManager?.split('@')[0];
  if (named === 'npm' || named === 'pnpm' || named === 'yarn') return named;
  const folder = await project.findFileAbove(...LOCK_FILES.keys());
  if (folder === null) return 'npm';
  for (const [file, manager] of LOCK_FILES) {
    if (await project.hasFile(posix.join(folder, file))) return manager;
  }
  return 'npm';
}

/** Whether a package is installed, here or in a folder above, as workspaces have it. */
export async function isInstalled(project: ProjectFolder, name: string): Promise<boolean> {
  return (await project.findFileAbove(`node_modules/${name}/package.json`)) !== null;
}

/**
 * The file of a package's program, relative to the project: node runs it directly, without the processes of a package manager
 * between us and it. null: it is not installed.
 */
export async function findProgram(
  project: ProjectFolder,
  name: string,
  program = posix.basename(name),
): Promise<string | null> {
  const above = await project.findFileAbove(`node_modules/${name}/package.json`);
  if (above === null) return null;
  const folder = posix.join(above, 'node_modules', name);
  const manifest = parseJsonObject((await project.read(posix.join(folder, 'package.json'))) ?? '');
  const bin = manifest?.bin;
  const file = typeof bin === 'string' ? bin : isRecord(bin) ? bin[program] : undefined;
  return typeof file === 'string' ? posix.join(folder, file) : null;
}

/** Whether what the package needs was never installed. Yarn can do without node_modules. */
export async function lacksModules(project: ProjectFolder, manifest: PackageJson): Promise<boolean> {
  if (!manifest.hasDependencies || (await project.findFolderAbove('node_modules')) !== null) return false;
  return (await project.findFileAbove('.pnp.cjs', '.pnp.loader.mjs')) === null;
}
