import type { RunnerFigures } from './runner-figures.js';
import type { CallFigures } from './session-under-load.js';

/** The runner's memory may grow by this much after the first restarts (MB): compiled code, and garbage that waits. */
const MAX_GROWTH_MB = 50;
/** Connections come and go, so open files may differ by some at any moment. */
const MAX_MORE_FILES = 20;

export interface Outcome {
  readonly calls: CallFigures;
  /** Restarts that did not end with a swap. */
  readonly failures: readonly string[];
  /** After the first restarts, and at the end, when everything has settled. */
  readonly warm: RunnerFigures;
  readonly last: RunnerFigures;
  /** Processes after the end of the session. */
  readonly processesLeft: number;
}

/** What is wrong with a run, one sentence each; empty: nothing. */
export function judge({ calls, failures, warm, last, processesLeft }: Outcome): readonly string[] {
  const problems: string[] = [];
  const lost = calls.sent - calls.answered;
  if (lost !== 0) problems.push(`${lost} calls were lost, such as ${calls.losses.slice(0, 5).join('; ')}`);
  if (calls.twice.length > 0) problems.push(`${calls.twice.length} calls ran twice`);
  if (calls.outOfOrder > 0)
    problems.push(`${calls.outOfOrder} answers came from a generation that was replaced`);
  if (failures.length > 0)
    problems.push(`${failures.length} restarts failed: ${failures.slice(0, 5).join('; ')}`);
  const growth = last.residentMb - warm.residentMb;
  if (growth > MAX_GROWTH_MB) problems.push(`the runner's memory grew by ${growth.toFixed(0)} MB`);
  const files = last.openFiles - warm.openFiles;
  if (files > MAX_MORE_FILES)
    problems.push(`the runner has ${files} more files open than after its first restarts`);
  if (processesLeft > 0) problems.push(`${processesLeft} processes are left`);
  return problems;
}
