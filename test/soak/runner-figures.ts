import { readdirSync, readFileSync } from 'node:fs';

/** What the runner holds of the machine. */
export interface RunnerFigures {
  /** Resident memory in MB. */
  readonly residentMb: number;
  readonly openFiles: number;
  /** Direct children that live: generations and the guardian. */
  readonly children: number;
}

/** Reads the figures of a process from /proc (Linux). */
export function readRunner(pid: number): RunnerFigures {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const residentKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(isAlive);
  return {
    residentMb: residentKb / 1024,
    openFiles: readdirSync(`/proc/${pid}/fd`).length,
    children: children.length,
  };
}

function isAlive(pid: string): boolean {
  if (pid.trim() === '') return false;
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
