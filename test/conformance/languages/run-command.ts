import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { cleanEnvironment } from '../../support/dev-process.js';

/** For one command, which may have to fetch what it needs, in ms. */
const COMMAND_WITHIN_MS = 10 * 60_000;

/** Runs a command to its end; answers its output, and throws with it where it fails. */
export async function runCommand(
  [program, ...args]: readonly [string, ...string[]],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    timeout: COMMAND_WITHIN_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** Whether a command runs and succeeds. */
export function succeeds([program, ...args]: readonly [string, ...string[]]): boolean {
  return spawnSync(program, args, { stdio: 'ignore', env: cleanEnvironment() }).status === 0;
}
