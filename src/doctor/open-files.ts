import { readFile } from 'node:fs/promises';
import { about } from './finding.js';
import type { Examination, Finding } from './types.js';

/**
 * Each held call of a caller without a shared connection, each connection through a stable port and each log takes one. With the
 * 1,000 calls that may be held by default, twice their sockets and as much again for the server itself.
 */
const COMFORTABLE = 4_096;

/** macOS gives a program so many unless somebody raises it; Node needs some hundred for itself. */
const TIGHT = 1_024;

/** How many files and sockets one process may have open. Windows has no such limit. */
export const openFiles: Examination = {
  topic: 'open-files',
  run: async () => {
    const limit = await readLimit();
    return limit === null ? [] : [judgeOpenFiles(limit)];
  },
};

export function judgeOpenFiles(limit: number): Finding {
  const { ok, note, warning } = about('open-files');
  const title = `a process may have ${Number.isFinite(limit) ? limit : 'any number of'} open files`;
  if (limit >= COMFORTABLE) return ok(title);
  const texts = {
    details: ['Held calls, connections through stable ports and files each take one.'],
    remedies: [`Raise the limit before croupier dev is started: ulimit -n ${COMFORTABLE}`],
  };
  return limit < TIGHT ? warning(title, texts) : note(title, texts);
}

/** Node raises its own soft limit to the hard one when it starts, so what it says here is what a started server may get. */
async function readLimit(): Promise<number | null> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => null);
  if (text !== null) return parseLimits(text);
  if (process.platform === 'win32') return null;
  const limits: unknown = process.report?.getReport();
  return parseReport(limits);
}

/** The soft limit in the text of /proc/self/limits; null: it is not in there. */
export function parseLimits(text: string): number | null {
  const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  return soft === undefined ? null : toNumber(soft);
}

function parseReport(report: unknown): number | null {
  const limits = at(report, 'userLimits');
  const soft = at(at(limits, 'open_files'), 'soft');
  return typeof soft === 'number' || typeof soft === 'string' ? toNumber(String(soft)) : null;
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}

function toNumber(text: string): number | null {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY;
  const number = Number(text);
  return Number.isNaN(number) ? null : number;
}
