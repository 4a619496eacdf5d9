import { parseDuration } from '../config/duration.js';
import { err, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';

/** `croupier status`, as it was typed. */
export interface StatusArguments {
  readonly json: boolean;
  /** Only whether every service has a generation that has the calls. */
  readonly ready: boolean;
}

export interface FunctionsArguments {
  readonly json: boolean;
  /** undefined: of all. */
  readonly service: string | undefined;
}

export interface ReloadArguments {
  readonly json: boolean;
  /** Services and functions; none: every service. */
  readonly names: readonly string[];
}

export interface RollbackArguments {
  readonly json: boolean;
  readonly name: string | undefined;
}

export interface LogsArguments {
  readonly json: boolean;
  readonly service: string | undefined;
  readonly follow: boolean;
  /** A number, as it was typed. */
  readonly lines: string | undefined;
}

export interface StopArguments {
  readonly json: boolean;
  readonly force: boolean;
  /** A duration such as `2s`. */
  readonly timeout: string | undefined;
}

export interface DrainArguments {
  readonly json: boolean;
  readonly service: string | undefined;
  readonly timeout: string | undefined;
}

/** The value of `--timeout` in ms, or the default. */
export function readTimeout(text: string | undefined, defaultMs: number): Result<number, UserError> {
  if (text === undefined) return { ok: true, value: defaultMs };
  const duration = parseDuration(/^\d+$/.test(text) ? Number(text) : text);
  if (duration.ok) return duration;
  return err({ exitCode: 2, message: `--timeout is ${JSON.stringify(text)}, but ${duration.error}` });
}
