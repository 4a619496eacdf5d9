import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';

const CROUPIER_FOLDER = '.croupier';
const OWN_NAME = /^check-(\d+)-[0-9a-f]+$/;

/** What one check writes is below this folder, and is gone with it. */
export interface OwnFolder {
  /** Absolute. */
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * A folder in the project's `.croupier/`, made if it is `needed`. What checks left there that were killed is taken away. The error says why it
 * cannot be made.
 */
export async function openOwnFolder(root: string, needed: boolean): Promise<Result<OwnFolder, UserError>> {
  const folder = join(root, CROUPIER_FOLDER);
  const path = join(folder, `check-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await removeAbandoned(folder);
    if (needed) {
      await mkdir(path, { recursive: true });
      await ignoreInGit(folder);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return err({
      exitCode: 3,
      message: `cannot write into ${folder}: ${why}`,
      wayOut: 'Builds are put there. Make the folder writable.',
    });
  }
  return ok({ path, remove: () => rm(path, { recursive: true, force: true }) });
}

/** The folder ignores itself, so that nobody has to name it in the project's own `.gitignore`. */
async function ignoreInGit(folder: string): Promise<void> {
  try {
    await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const pid = OWN_NAME.exec(name)?.[1];
    if (pid !== undefined && !runs(Number(pid)))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process, which we may not signal, is alive as well.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
