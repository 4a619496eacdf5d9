import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../support/dev-process.js';
import { runCommand, succeeds } from './run-command.js';

const CACHE = join(REPOSITORY, 'node_modules', '.cache', 'croupier-conformance');

/** Whether there is a Python that the SDK runs on. */
export function hasPython(): boolean {
  return succeeds(['python3', '-c', 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10)']);
}

/**
 * The interpreter of a virtual environment with what a requirements file names, and with further packages. Made once, and kept beside
 * the node modules as long as neither the file nor the packages nor Python change.
 */
export async function pythonWith(requirements: string, packages: readonly string[] = []): Promise<string> {
  const version = await runCommand(['python3', '--version'], REPOSITORY);
  const key = createHash('sha256')
    .update(version)
    .update(readFileSync(requirements))
    .update(packages.join('\n'))
    .digest('hex');
  const venv = join(CACHE, `python-${key.slice(0, 12)}`);
  const python = join(venv, 'bin', 'python');
  const isReady = join(venv, 'is-ready');
  if (existsSync(isReady)) return python;
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  await runCommand(['python3', '-m', 'venv', venv], REPOSITORY);
  await runCommand(
    [
      python,
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      requirements,
      ...packages,
    ],
    REPOSITORY,
  );
  writeFileSync(isReady, '');
  return python;
}
