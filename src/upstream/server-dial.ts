import type { Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import { type DialTarget, formatTarget } from '../protocol/address.js';
import type { ControlClient } from '../protocol/control-client.js';
import type { TlsMaterial } from '../protocol/tls.js';
import { isLoopback } from './backoff.js';
import { within } from './server-deadline.js';

/** What the network does, as parameters. */
export interface ServerNetwork {
  connect(address: string, tls: TlsMaterial | null): ControlClient;
  /** One sentence about why a connection does not work; null: nothing found wrong. */
  explain(target: DialTarget, tls: TlsMaterial | null, timeoutMs: number): Promise<string | null>;
}

export interface DialOptions {
  readonly kind: 'server' | 'edge';
  readonly target: DialTarget;
  readonly network: ServerNetwork;
  readonly clock: Clock;
  /** Read at each attempt, so that renewed certificates are taken. */
  readTls(): Promise<Result<TlsMaterial | null, string>>;
}

/** For reading certificates, and for opening a channel to another machine, in ms. */
const DIAL_MS = 3_000;
/** On this machine a channel opens at once or not at all; a port that accepts and says nothing is left soon, as it may be taken over. */
const LOOPBACK_DIAL_MS = 1_000;
/** For finding out what is wrong; within what a pause between two attempts may last. */
const EXPLAIN_MS = 1_000;
const LOOPBACK_EXPLAIN_MS = 300;

/** Opens a channel; it stands when this resolves. The error is a sentence. `over`: nobody wants the channel any more. */
export async function dialServer(
  options: DialOptions,
  over: AbortSignal,
): Promise<Result<ControlClient, string>> {
  const { kind, target, network, clock } = options;
  const who = `the ${kind} at ${formatTarget(target)}`;
  const isNear = isLoopback(target.host);
  const tls = await within(clock, DIAL_MS, options.readTls());
  if (tls === 'late') return err('the certificates of "upstream.tls" could not be read in time');
  if (!tls.ok) return tls;
  if (over.aborted) return err(`${who} is not wanted any more`);
  const client = network.connect(formatTarget(target), tls.value);
  const timeoutMs = isNear ? LOOPBACK_DIAL_MS : DIAL_MS;
  const outcome = await untilReady(client, clock, timeoutMs, over);
  if (outcome === 'ready') return ok(client);
  client.close();
  if (outcome === 'unwanted') return err(`${who} is not wanted any more`);
  const explainMs = isNear ? LOOPBACK_EXPLAIN_MS : EXPLAIN_MS;
  // The explanation has its own deadline; this one is for a bug in it.
  const explained = await within(clock, explainMs * 2, network.explain(target, tls.value, explainMs));
  if (explained !== 'late' && explained !== null) return err(explained);
  return err(
    outcome === 'late'
      ? `${who} accepted no connection within ${timeoutMs / 1000} s`
      : `${who} cannot be reached`,
  );
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
