import { closeSync, existsSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** Linux: what the kernel tells about processes can be read as files. Elsewhere everything here says "nothing there". */
export const procIsReadable: boolean = process.platform === 'linux' && existsSync('/proc/self/stat');

/** What we read of `/proc/<pid>/stat`. */
export interface ProcessStat {
  readonly pid: number;
  /** One letter; `Z` and `X` are dead. */
  readonly state: string;
  /** Process group. */
  readonly group: number;
  readonly threads: number;
  /** Clock ticks since boot (field 22): together with the pid it names a process for good. */
  readonly startTime: number;
}

/** Longer than a slice of this many ms, a scan lets the event loop turn: calls must not wait for it. */
const SLICE_MS = 2;

/** More of an environment than this is not read; the kernel's own limit for one string is 128 KiB. */
const READ_LIMIT = 4 * 1024 * 1024;

let shared = Buffer.allocUnsafe(64 * 1024);

/**
 * Reads a small kernel file in one go. Synchronous on purpose: it comes from memory, in about 15 us, where the asynchronous way
 * costs four times that. The answer is valid until the next call.
 */
function readKernelFile(path: string): Buffer | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    let length = 0;
    for (;;) {
      if (length === shared.length) {
        if (length >= READ_LIMIT) break;
        shared = Buffer.concat([shared], length * 2);
      }
      const read = readSync(file, shared, length, shared.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return shared.subarray(0, length);
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

/** Null: there is no such process (or no /proc). */
export function readStat(pid: number): ProcessStat | null {
  if (!procIsReadable) return null;
  const text = readKernelFile(`/proc/${pid}/stat`)?.toString('latin1');
  return text === undefined ? null : parseStat(text);
}

/** The name in field 2 is the program's to choose: it can hold blanks, parentheses and line breaks. */
export function parseStat(text: string): ProcessStat | null {
  const afterName = text.lastIndexOf(') ');
  const pid = Number.parseInt(text, 10);
  if (afterName === -1 || Number.isNaN(pid)) return null;
  const fields = text.slice(afterName + 2).split(' ');
  const [state, group, threads, startTime] = [fields[0], fields[2], fields[17], fields[19]];
  if (state === undefined || group === undefined || startTime === undefined) return null;
  return { pid, state, group: Number(group), threads: Number(threads), startTime: Number(startTime) };
}

/**
 * A zombie has ended: it only waits for its parent to take note. But while other threads of it have not ended yet, they hold its
 * files and ports.
 */
export function isRunning(stat: ProcessStat | null): stat is ProcessStat {
  if (stat === null) return false;
  return (stat.state !== 'Z' && stat.state !== 'X') || stat.threads > 1;
}

/** Whether the process was started with `NAME=value` in its environment. False where that may not be read. */
export function environmentHolds(pid: number, entry: string): boolean {
  if (!procIsReadable) return false;
  const environment = readKernelFile(`/proc/${pid}/environ`);
  if (environment === null) return false;
  const at = environment.indexOf(`${entry}\0`);
  if (at === -1) return false;
  return at === 0 || environment[at - 1] === 0 || environment.includes(`\0${entry}\0`);
}

/** The command line of a process; empty for kernel threads, null for processes that are gone. */
export function readArguments(pid: number): readonly string[] | null {
  if (!procIsReadable) return null;
  const text = readKernelFile(`/proc/${pid}/cmdline`)?.toString('utf8');
  if (text === undefined) return null;
  return text === '' ? [] : text.replace(/\0+$/, '').split('\0');
}

/** Inodes of the sockets that a process has open; empty where that may not be read. */
export function readSocketInodes(pid: number): readonly number[] {
  const folder = `/proc/${pid}/fd`;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const inodes: number[] = [];
  for (const name of names) {
    try {
      const target = readlinkSync(`${folder}/${name}`);
      if (target.startsWith('socket:[')) inodes.push(Number(target.slice(8, -1)));
    } catch {
      // Closed in the meantime.
    }
  }
  return inodes;
}

/** Every process that there is now. */
export function listProcesses(): readonly number[] {
  if (!procIsReadable) return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid));
}

/** How many processes and threads were made since boot; null where that is not told. */
export function countForks(): number | null {
  const text = procIsReadable ? readKernelFile('/proc/stat')?.toString('latin1') : undefined;
  const found = text === undefined ? null : /^processes (\d+)$/m.exec(text);
  return found?.[1] === undefined ? null : Number(found[1]);
}

/** Process ids start again from the low end after this one. */
export function largestProcessId(): number {
  const text = readKernelFile('/proc/sys/kernel/pid_max')?.toString('latin1');
  return text === undefined ? 32_768 : Number(text);
}

/** Goes through processes in slices, so that the event loop is never held for long; returns those that were picked. */
export async function pickProcesses(
  pids: readonly number[],
  isPicked: (pid: number) => boolean,
): Promise<number[]> {
  const picked: number[] = [];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const pid of pids) {
    if (performance.now() > sliceEnd) {
      await setImmediate();
      sliceEnd = performance.now() + SLICE_MS;
    }
    if (isPicked(pid)) picked.push(pid);
  }
  return picked;
}
