import type { Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import { type DialTarget, formatTarget } from '../protocol/address.js';
import type { ControlClient } from '../protocol/control-client.js';
import type { TlsMaterial } from '../protocol/tls.js';
import { connectTimeoutMs, type Explain, explainTimeoutMs, type Loss, lossOf } from './loss.js';
import { within } from './server-deadline.js';

/** What the network does, as parameters. */
export interface ServerNetwork {
  connect(address: string, tls: TlsMaterial | null): ControlClient;
  readonly explain: Explain;
}

export interface DialOptions {
  readonly kind: 'server' | 'edge';
  readonly target: DialTarget;
  readonly network: ServerNetwork;
  readonly clock: Clock;
  /** Read at each attempt, so that renewed certificates are taken. */
  readTls(): Promise<Result<TlsMaterial | null, string>>;
}

/** A channel that stands, and what it was opened with. */
export interface Dialled {
  readonly client: ControlClient;
  readonly tls: TlsMaterial | null;
}

export interface DialFailure {
  readonly loss: Loss;
  /** Nobody answered in time, or not as a server does: the next attempt is to be wary. */
  readonly wasSilent: boolean;
}

/** For reading certificates (ms). */
const READ_MS = 3_000;

/**
 * Opens a channel; it stands when this resolves. A wary attempt opens none where nobody answers: grpc-js never gives up a connection whose
 * other end is silent, not even when it is closed, and each attempt would leave one more.
 * @param over nobody wants the channel any more
 */
export async function dialServer(
  options: DialOptions,
  isWary: boolean,
  over: AbortSignal,
): Promise<Result<Dialled, DialFailure>> {
  const { target, network, clock } = options;
  const tls = await within(clock, READ_MS, options.readTls());
  if (tls === 'late') return fail('the certificates of "upstream.tls" could not be read in time');
  if (!tls.ok) return fail(tls.error);
  if (isWary && !over.aborted) {
    const problem = await network.explain(target, tls.value, connectTimeoutMs(target.host));
    if (problem !== null) return err({ loss: lossOf(problem), wasSilent: problem.kind !== 'unreachable' });
  }
  if (over.aborted) return fail(UNWANTED);
  return openChannel(options, tls.value, over);
}

async function openChannel(
  { kind, target, network, clock }: DialOptions,
  tls: TlsMaterial | null,
  over: AbortSignal,
): Promise<Result<Dialled, DialFailure>> {
  const who = `the ${kind} at ${formatTarget(target)}`;
  const client = network.connect(formatTarget(target), tls);
  const timeoutMs = connectTimeoutMs(target.host);
  const outcome = await untilReady(client, clock, timeoutMs, over);
  if (outcome === 'ready') return ok({ client, tls });
  client.close();
  if (outcome === 'unwanted') return fail(UNWANTED);
  const explainMs = explainTimeoutMs(target.host);
  // The explanation has its own deadline; this one is for a bug in it.
  const problem = await within(clock, explainMs * 2, network.explain(target, tls, explainMs));
  const wasSilent = outcome === 'late';
  if (problem !== 'late' && problem !== null) return err({ loss: lossOf(problem), wasSilent });
  const reason = wasSilent
    ? `${who} accepted no connection within ${timeoutMs / 1000} s`
    : `${who} cannot be reached`;
  return err({ loss: { reason, isSilence: wasSilent }, wasSilent });
}

const UNWANTED = 'it is not wanted any more';

function fail(reason: string): Result<never, DialFailure> {
  return err({ loss: { reason, isSilence: false }, wasSilent: false });
}

function untilReady(
  client: ControlClient,
  clock: Clock,
  timeoutMs: number,
  over: AbortSignal,
): Promise<'ready' | 'refused' | 'late' | 'unwanted'> {
  return new Promise((resolve) => {
    const finish = (outcome: 'ready' | 'refused' | 'late' | 'unwanted'): void => {
      cancelTimer();
      unsubscribe();
      over.removeEventListener('abort', give);
      resolve(outcome);
    };
    const give = (): void => finish('unwanted');
    const cancelTimer = clock.after(timeoutMs, () => finish('late'));
    const unsubscribe = client.onStateChange((state) => {
      if (state === 'ready') finish('ready');
      else if (state === 'transient-failure' || state === 'shutdown') finish('refused');
    });
    over.addEventListener('abort', give, { once: true });
  });
}
