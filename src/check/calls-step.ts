import type { CheckCall, SessionConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { LocalCalls } from '../gateway/types.js';
import { formatDuration } from '../observe/duration.js';
import { makeSmokeCall, type SmokeOutcome } from './smoke-call.js';
import { failed, passed, type StepOutcome, skipped } from './step.js';

export interface CallsResult {
  readonly outcome: StepOutcome;
  /** Calls that were answered as they should be, and may be made again: no jobs. */
  readonly repeatable: readonly CheckCall[];
}

/** Makes the calls of `check.invoke`, one after the other. */
export async function makeCalls(
  calls: LocalCalls,
  invoke: readonly CheckCall[],
  config: Pick<SessionConfig, 'file'>,
  clock: Clock,
): Promise<CallsResult> {
  if (invoke.length === 0) {
    const outcome = skipped(
      'no calls are configured',
      'Name some under "check.invoke" in the configuration.',
    );
    return { outcome, repeatable: [] };
  }
  const made: { readonly call: CheckCall; readonly outcome: SmokeOutcome }[] = [];
  for (const call of invoke) made.push({ call, outcome: await makeSmokeCall(calls, call, clock) });
  const repeatable = made.flatMap(({ call, outcome }) =>
    outcome.kind === 'answered' && !call.job ? [call] : [],
  );
  const told = made.filter(({ outcome }) => outcome.kind === 'answered').map(describeAnswered);
  const wrong = made.flatMap(({ call, outcome }) =>
    outcome.kind === 'answered' ? [] : [{ call, ...outcome }],
  );
  if (wrong.length === 0) return { outcome: passed(...told), repeatable };
  const outcome = failed(wrong.map(({ call, message }) => `${call.function}: ${message}`).join('\n'), {
    wayOut: wayOutOf(new Set(wrong.map(({ kind }) => kind))),
    remarks: passed(...told).remarks,
    position: config.file === null ? null : { file: config.file, line: null, column: null },
  });
  return { outcome, repeatable };
}

function describeAnswered({ call, outcome }: { call: CheckCall; outcome: SmokeOutcome }): string {
  return `${call.function} ${call.job ? 'was done' : 'answered'} in ${formatDuration(outcome.ms)}`;
}

function wayOutOf(kinds: ReadonlySet<SmokeOutcome['kind']>): string {
  const ways = ['Correct the function, or its entry in "check.invoke".'];
  if (kinds.has('slow')) ways.push('A slower answer is allowed for by its "timeout".');
  return ways.join('\n');
}
