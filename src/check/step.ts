import type { ExitCode, UserError } from '../core/user-error.js';

/** The steps of a check, in the order in which they are taken. */
export const STEP_NAMES = [
  'config',
  'tools',
  'ports',
  'build',
  'boot',
  'ready',
  'registrations',
  'calls',
  'reload',
  'drain',
  'stop',
] as const;

export type StepName = (typeof STEP_NAMES)[number];

/** The steps that are taken with a running session. */
export const SESSION_STEPS = [
  'build',
  'boot',
  'ready',
  'registrations',
  'calls',
  'reload',
  'drain',
  'stop',
] as const satisfies readonly StepName[];

/** Something that a step has to tell beside its result. */
export interface Remark {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

/** A place in a file of the project. Lines and columns count from 1. */
export interface FilePosition {
  /** Absolute. */
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
}

export interface StepPassed {
  readonly result: 'passed';
  readonly remarks: readonly Remark[];
}

export interface StepFailed {
  readonly result: 'failed';
  /** What went wrong, one or more lines. */
  readonly reason: string;
  /** What to do about it, one sentence or command a line. */
  readonly wayOut: string | null;
  /** What the whole check exits with, if no earlier step failed. */
  readonly exitCode: ExitCode;
  /** Lines of a child's output that explain it, oldest first. */
  readonly output: readonly string[];
  /** Where to look; null: nowhere in particular. */
  readonly position: FilePosition | null;
  readonly remarks: readonly Remark[];
}

export interface StepSkipped {
  readonly result: 'skipped';
  readonly reason: string;
  readonly wayOut: string | null;
}

export type StepOutcome = StepPassed | StepFailed | StepSkipped;

/** One step of one service, as it is told. */
export interface StepReport {
  readonly step: StepName;
  /** null: the step is about the whole session. */
  readonly service: string | null;
  /** Whole ms; 0 for what was skipped. */
  readonly ms: number;
  readonly outcome: StepOutcome;
}

export function passed(...remarks: readonly (string | Remark)[]): StepPassed {
  return { result: 'passed', remarks: remarks.map(toRemark) };
}

export function failed(
  reason: string,
  details: Partial<Omit<StepFailed, 'result' | 'reason'>> = {},
): StepFailed {
  return {
    result: 'failed',
    reason,
    wayOut: details.wayOut ?? null,
    exitCode: details.exitCode ?? 1,
    output: details.output ?? [],
    position: details.position ?? null,
    remarks: details.remarks ?? [],
  };
}

export function skipped(reason: string, wayOut: string | null = null): StepSkipped {
  return { result: 'skipped', reason, wayOut };
}

export function warning(text: string): Remark {
  return { level: 'warn', text };
}

/** A step that failed because of something that the user can put right. */
export function failedBy(error: UserError, position: FilePosition | null = null): StepFailed {
  return failed(error.message, { wayOut: error.wayOut ?? null, exitCode: error.exitCode, position });
}

function toRemark(remark: string | Remark): Remark {
  return typeof remark === 'string' ? { level: 'info', text: remark } : remark;
}
