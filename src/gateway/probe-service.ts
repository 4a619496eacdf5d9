import type { Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import type { CallOutcome, ChildCall } from '../protocol/child-call.js';
import type { ChildChannel } from '../protocol/child-channel.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import { NO_METADATA } from '../protocol/wire-metadata.js';

/** The names under which game servers serve their functions, most frequent first. The messages are the same. */
export const FUNCTION_SERVICES = [
  'croupier.sdk.v1.InvokerService',
  'croupier.function.v1.FunctionService',
  'croupier.sdk.v1.FunctionService',
] as const;

export type FunctionServiceName = (typeof FUNCTION_SERVICES)[number];

/**
 * Harmless calls that tell whether a service is served: a job with an empty id, and, for a child that has no jobs at all, a
 * function with an empty id.
 */
const PROBE_METHODS = ['CancelJob', 'Invoke'] as const;

/** A child that takes this long for an empty call is not ready. */
const PROBE_TIMEOUT_MS = 3000;

export type ProbeResult =
  | { readonly kind: 'serves'; readonly service: FunctionServiceName }
  /** It is there, and has none of them. */
  | { readonly kind: 'serves-none' }
  /** The connection broke or no answer came: unknown. */
  | { readonly kind: 'interrupted' };

type Verdict = 'pending' | 'served' | 'missing' | 'interrupted';

/**
 * Asks for the most frequent name alone, since a process that has just started answers one call noticeably sooner than three, and
 * then for the others at once.
 */
export async function probeService(channel: ChildChannel, clock: Clock): Promise<ProbeResult> {
  const [first, ...others] = FUNCTION_SERVICES;
  for (const method of PROBE_METHODS) {
    for (const services of [[first], others]) {
      const result = await probeMethod(channel, clock, services, method);
      if (result.kind !== 'serves-none') return result;
    }
  }
  return { kind: 'serves-none' };
}

/** Done as soon as the most preferred of these services that is served is known. */
function probeMethod(
  channel: ChildChannel,
  clock: Clock,
  services: readonly FunctionServiceName[],
  method: string,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const verdicts: Verdict[] = services.map(() => 'pending');
    const calls: ChildCall[] = [];
    const finish = (result: ProbeResult): void => {
      cancelTimer();
      for (const call of calls) call.cancel();
      resolve(result);
    };
    const cancelTimer = clock.after(PROBE_TIMEOUT_MS, () => finish({ kind: 'interrupted' }));
    services.forEach((service, index) => {
      const request = {
        path: `/${service}/${method}`,
        message: Buffer.alloc(0),
        metadata: NO_METADATA,
        timeoutMs: PROBE_TIMEOUT_MS,
      };
      calls.push(
        channel.startOrWait(request, {
          onOutcome(outcome) {
            verdicts[index] = judge(outcome);
            const result = conclude(services, verdicts);
            if (result !== null) finish(result);
          },
        }),
      );
    });
  });
}

function judge(outcome: CallOutcome): Verdict {
  switch (outcome.kind) {
    case 'answered':
      return outcome.answer.status.code === STATUS_CODES.UNIMPLEMENTED ? 'missing' : 'served';
    case 'refused':
    case 'lost':
    case 'cancelled':
      return 'interrupted';
    default:
      return assertNever(outcome);
  }
}

/** Null: it depends on an answer that is not there yet. */
function conclude(
  services: readonly FunctionServiceName[],
  verdicts: readonly Verdict[],
): ProbeResult | null {
  for (const [index, verdict] of verdicts.entries()) {
    const service = services[index];
    if (verdict === 'pending') return null;
    if (verdict === 'interrupted') return { kind: 'interrupted' };
    if (verdict === 'served' && service !== undefined) return { kind: 'serves', service };
  }
  return { kind: 'serves-none' };
}
