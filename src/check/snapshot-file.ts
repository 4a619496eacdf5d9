import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { formatSnapshot, parseSnapshot, type Snapshot } from './snapshot.js';

export const SNAPSHOT_FILE = 'croupier.snapshot.json';

/** Where the snapshot of a project is, beside its configuration. */
export function snapshotPath(root: string): string {
  return join(root, SNAPSHOT_FILE);
}

/** null: there is none. */
export async function readSnapshot(root: string): Promise<Result<Snapshot | null, UserError>> {
  let text: string;
  try {
    text = await readFile(snapshotPath(root), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ok(null);
    return err({ exitCode: 3, message: `cannot read ${SNAPSHOT_FILE}: ${messageOf(error)}` });
  }
  const snapshot = parseSnapshot(text);
  if (snapshot !== null) return ok(snapshot);
  return err({
    exitCode: 2,
    message: `${SNAPSHOT_FILE} is not what croupier check --update writes`,
    wayOut: 'Take it back from version control, or delete it and write it anew: croupier check --update',
  });
}

/** Replaces the file, whole or not at all. False: it says the same already. */
export async function writeSnapshot(root: string, snapshot: Snapshot): Promise<Result<boolean, UserError>> {
  const file = snapshotPath(root);
  const text = formatSnapshot(snapshot);
  const next = `${file}.${process.pid}`;
  try {
    const before = await readFile(file, 'utf8').catch(() => null);
    if (before === text) return ok(false);
    await writeFile(next, text);
    await rename(next, file);
    return ok(true);
  } catch (error) {
    await rm(next, { force: true });
    return err({ exitCode: 3, message: `cannot write ${SNAPSHOT_FILE}: ${messageOf(error)}` });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
