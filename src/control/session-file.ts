import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import { parseSession } from './parse-session.js';
import type { Session } from './types.js';

/** What can change while a session runs. */
export type SessionChange = Partial<Omit<Session, 'pid' | 'startTime' | 'startedAt'>>;

/** Says in words why the file could not be written. */
export type WriteResult = Result<undefined, string>;

export interface ReadOptions {
  /** Whether the runner of a session still runs. Default: whether its pid is in use. */
  readonly isAlive?: (session: Session) => boolean | Promise<boolean>;
  /** A file that is there and not usable, in words. */
  readonly onNotice?: (message: string) => void;
}

const FOLDER = '.croupier';
const FILE = 'session.json';
/** A session file has a few hundred bytes for each group; this is not one of ours. */
const LARGEST_FILE = 1024 * 1024;

// All of it is synchronous: the file is tiny, changes never overlap, and a group is on disk before its process can
// outlive us.

/** Writes `<root>/.croupier/session.json`, readable by the user alone, whole or not at all. */
export function writeSession(root: string, session: Session): WriteResult {
  const folder = join(root, FOLDER);
  const file = join(folder, FILE);
  const next = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    ignoreInGit(folder);
    writeFileSync(next, `${JSON.stringify(session, null, 2)}\n`, { mode: 0o600 });
    // The mode above is for new files only, and a crash may have left one.
    chmodSync(next, 0o600);
    renameSync(next, file);
    return ok(undefined);
  } catch (error) {
    discard(next);
    return err(`cannot write ${file}: ${messageOf(error)}`);
  }
}

/** Changes our session's file. Fails if the file is gone, or is another runner's. */
export function updateSession(
  root: string,
  owner: Pick<Session, 'pid' | 'startTime'>,
  change: SessionChange,
): WriteResult {
  const current = readFile(root);
  if (current.kind !== 'session') return err(`the session file in ${join(root, FOLDER)} is gone`);
  if (!isSame(current.session, owner)) {
    return err(`the session file in ${join(root, FOLDER)} belongs to process ${current.session.pid}`);
  }
  return writeSession(root, { ...current.session, ...change });
}

/** Takes our session's file away; another runner's stays. */
export function removeSession(root: string, owner: Pick<Session, 'pid' | 'startTime'>): void {
  const current = readFile(root);
  if (current.kind !== 'session' || !isSame(current.session, owner)) return;
  // Where that fails (a folder that was made read-only), the next start finds a stale file and says so.
  discard(join(root, FOLDER, FILE));
}

/** The nearest session whose runner is alive, from a folder upward; null: there is none. */
export async function readSession(cwd: string, options: ReadOptions = {}): Promise<Session | null> {
  const isAlive = options.isAlive ?? runs;
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = readAndReport(folder, options);
    if (found !== null && (await isAlive(found))) return found;
    if (folder === dirname(folder)) return null;
  }
}

/** What a runner that is gone has left behind in this folder; null: nothing, or its runner is alive. */
export async function readStale(root: string, options: ReadOptions = {}): Promise<Session | null> {
  const found = readAndReport(root, options);
  return found === null || (await (options.isAlive ?? runs)(found)) ? null : found;
}

function discard(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It may never have been there.
  }
}

type FileContent =
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'none' }
  | { readonly kind: 'unusable'; readonly message: string };

function readAndReport(root: string, { onNotice }: ReadOptions): Session | null {
  const content = readFile(root);
  if (content.kind === 'unusable') onNotice?.(content.message);
  return content.kind === 'session' ? content.session : null;
}

function readFile(root: string): FileContent {
  const file = join(root, FOLDER, FILE);
  try {
    const { size } = statSync(file);
    if (size > LARGEST_FILE)
      return { kind: 'unusable', message: `${file} is not a session file: ${size} bytes` };
    const parsed = parseSession(readFileSync(file, 'utf8'));
    return parsed.ok
      ? { kind: 'session', session: parsed.value }
      : { kind: 'unusable', message: `${file} is not a session file: ${parsed.error}` };
  } catch (error) {
    return isAbsent(error)
      ? { kind: 'none' }
      : { kind: 'unusable', message: `cannot read ${file}: ${messageOf(error)}` };
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function isSame(session: Session, owner: Pick<Session, 'pid' | 'startTime'>): boolean {
  return session.pid === owner.pid && session.startTime === owner.startTime;
}

function runs({ pid }: Session): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process, which we may not signal, is alive as well.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The folder ignores itself, so that nobody has to name it in the project's own `.gitignore`. */
function ignoreInGit(folder: string): void {
  try {
    writeFileSync(join(folder, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
