import { mkdir, mkdtemp, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import type { PlannedWrite } from './plan.js';

/** What is needed of `node:fs/promises`; a test puts one in its place that fails. */
export type FileSystem = Pick<
  typeof import('node:fs/promises'),
  'mkdir' | 'mkdtemp' | 'rename' | 'rm' | 'rmdir' | 'writeFile'
>;

const realFileSystem: FileSystem = { mkdir, mkdtemp, rename, rm, rmdir, writeFile };

export interface WriteFailure {
  /** The system's words. */
  readonly message: string;
  /** `EACCES` and the like; null: none. */
  readonly code: string | null;
}

/** Takes back one step. */
type Undo = () => Promise<unknown>;

/**
 * Writes all files or none: everything is written beside its place first and then renamed into it. After a failure the folder is as
 * it was, also with the files that were replaced; a folder that had to be made is gone.
 */
export async function writeFiles(
  folder: string,
  writes: readonly PlannedWrite[],
  fs: FileSystem = realFileSystem,
): Promise<Result<void, WriteFailure>> {
  const undo: Undo[] = [];
  try {
    await makeFolder(folder, fs, undo);
    const staging = await fs.mkdtemp(join(folder, '.croupier-init-'));
    const removeStaging = () => fs.rm(staging, { recursive: true, force: true });
    undo.push(removeStaging);
    for (const [index, { file }] of writes.entries()) {
      await fs.writeFile(join(staging, `new-${index}`), file.content);
    }
    for (const [index, write] of writes.entries()) {
      await place(write, index, { folder, staging, fs, undo });
    }
    await removeStaging();
    return ok(undefined);
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => undefined);
    return err(toFailure(error));
  }
}

interface Placing {
  readonly folder: string;
  readonly staging: string;
  readonly fs: FileSystem;
  readonly undo: Undo[];
}

async function place({ file, replaces }: PlannedWrite, index: number, placing: Placing): Promise<void> {
  const { folder, staging, fs, undo } = placing;
  const path = join(folder, file.path);
  await makeFolder(dirname(path), fs, undo);
  if (replaces) {
    const earlier = join(staging, `old-${index}`);
    await fs.rename(path, earlier);
    undo.push(() => fs.rename(earlier, path));
  }
  await fs.rename(join(staging, `new-${index}`), path);
  if (!replaces) undo.push(() => fs.rm(path, { force: true }));
}

/** Makes a folder and those above it. What was made is taken back as long as it is empty. */
async function makeFolder(folder: string, fs: FileSystem, undo: Undo[]): Promise<void> {
  const first = await fs.mkdir(folder, { recursive: true });
  if (first === undefined) return;
  const made: string[] = [];
  for (let at = folder; at.length >= first.length; at = dirname(at)) made.push(at);
  for (const one of made.reverse()) undo.push(() => fs.rmdir(one));
}

function toFailure(error: unknown): WriteFailure {
  if (!(error instanceof Error)) return { message: String(error), code: null };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return { message: error.message, code };
}
