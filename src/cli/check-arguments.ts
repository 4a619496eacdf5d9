import { resolve } from 'node:path';
import type { CheckOptions } from '../check/check-options.js';
import { type Plan, planSteps } from '../check/plan.js';
import { parseDuration } from '../config/duration.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';

/** `croupier check`, as it was typed. */
export interface CheckArguments {
  readonly names: readonly string[];
  readonly options: CheckFlags;
}

/** As commander names them. */
export interface CheckFlags {
  readonly config?: string;
  readonly upstream?: string;
  readonly port?: string;
  readonly only?: string;
  readonly skip?: string;
  readonly timeout?: string;
  readonly update?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly junit?: string;
  /** False with `--no-color`. */
  readonly color: boolean;
}

/** How long a whole check may take where nobody says it, in ms: a cold build, and some. */
const DEFAULT_TIMEOUT_MS = 10 * 60_000;

/** What `check` is to do. The values that belong to the configuration are checked with it. */
export interface CheckRequest {
  readonly options: CheckOptions;
  readonly plan: Plan;
  readonly json: boolean;
  /** Where the JUnit file goes, absolute; null: nowhere. */
  readonly junit: string | null;
  /** undefined: as the environment and the terminal say. */
  readonly color: boolean | undefined;
}

export function readCheckArguments(
  { names, options }: CheckArguments,
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Result<CheckRequest, UserError> {
  const { config, upstream, port, only, skip, update = false, strict = false, json = false, junit } = options;
  const plan = planSteps({ only, skip, update });
  if (!plan.ok) return plan;
  const timeout = readTimeout(options.timeout);
  if (!timeout.ok) return timeout;
  const timeoutMs = timeout.value;
  return ok({
    options: { cwd, env, names, config, upstream, port, update, strict, timeoutMs },
    plan: plan.value,
    json,
    junit: junit === undefined ? null : resolve(cwd, junit),
    color: options.color ? undefined : false,
  });
}

function readTimeout(text: string | undefined): Result<number, UserError> {
  if (text === undefined) return ok(DEFAULT_TIMEOUT_MS);
  const ms = parseDuration(text);
  if (ms.ok && ms.value > 0) return ms;
  const complaint = ms.ok ? 'it must be longer than nothing' : ms.error;
  return err({
    exitCode: 2,
    message: `--timeout is ${JSON.stringify(text)}, but ${complaint}`,
    wayOut: 'For example: --timeout 5m',
  });
}
