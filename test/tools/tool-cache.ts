import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, succeeds } from '../conformance/languages/run-command.js';
import { REPOSITORY } from '../support/dev-process.js';

/** Tools that are no dependency of this package are kept here once they were fetched. */
const CACHE = join(REPOSITORY, 'node_modules', '.cache', 'croupier-tools');

/** The script of an npm package's program; the package is installed into a folder of its own, without running its scripts. */
export async function npmProgram(spec: string, script: string): Promise<string> {
  const folder = join(CACHE, spec.replaceAll(/[^\w.-]/g, '-'));
  const path = join(folder, 'node_modules', script);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  await runCommand(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', spec], folder);
  return path;
}

/** A Go program by its name: the one on the PATH, else built from its module (`path@version`). */
export async function goProgram(name: string, module: string, versionFlag: string): Promise<string> {
  if (succeeds([name, versionFlag])) return name;
  const path = join(CACHE, 'bin', name);
  if (!existsSync(path))
    await runCommand(['go', 'install', module], REPOSITORY, { GOBIN: join(CACHE, 'bin') });
  return path;
}
