import type { ReadyConfig } from '../config/types.js';
import { type Clock, delay } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { dialableHosts, parseAddress } from './address.js';
import { probeListening } from './auto-probe.js';
import { getOnce, type HttpAnswer, isReady, resolveProbeUrl } from './http-probe.js';
import { waitForLine } from './log-probe.js';
import { anyAcceptsConnections } from './tcp-probe.js';
import type { Child, Readiness } from './types.js';

/** First and longest pause between two looks, in ms. In between it is 5 % of the time waited so far. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
const PAUSE_PART = 0.05;

export interface ReadinessOptions {
  readonly ready: ReadyConfig;
  /** The generation's `PORT`. */
  readonly port: number;
  readonly child: Child;
  /** The generation's marker: for `auto`, finds also listeners of processes that left the group (Linux). */
  readonly marker?: string;
  readonly clock: Clock;
  /** Ends the wait; the time limit is the caller's. */
  readonly signal: AbortSignal;
}

/**
 * Waits until a generation without an SDK is ready, as its configuration says. Not ready: when the signal aborts or the process
 * exits. A generation that registers is judged by that instead: with `auto`, the caller lets both race.
 */
export async function waitUntilReady(options: ReadinessOptions): Promise<Readiness> {
  const { ready, port, child, clock } = options;
  const waitEnds = new AbortController();
  const signal = AbortSignal.any([options.signal, waitEnds.signal]);
  void child.exited.then(() => waitEnds.abort());
  try {
    switch (ready.kind) {
      case 'spawn':
        return { ok: true };
      case 'log':
        return await waitForLine(ready.pattern, child, signal);
      case 'tcp':
        return await waitForAddress(ready.address, port, clock, signal);
      case 'http':
        return await waitForAnswer(ready.url, port, clock, signal);
      case 'auto': {
        const { marker } = options;
        const probe = probeListening({ port, pgid: child.pid, ...(marker !== undefined && { marker }) });
        const waitedFor = `a connection on PORT ${port}, or on any port of the process`;
        return (await pollUntilReady(clock, signal, () => probe(signal)))
          ? { ok: true }
          : { ok: false, waitedFor };
      }
      default:
        return assertNever(ready);
    }
  } finally {
    waitEnds.abort();
  }
}

async function waitForAddress(
  text: string,
  port: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Readiness> {
  const filled = text.replaceAll('{port}', String(port));
  const address = parseAddress(filled);
  if (address === null) return { ok: false, waitedFor: `${filled}, which is no host:port` };
  const hosts = dialableHosts(address.host);
  const accepted = await pollUntilReady(clock, signal, () =>
    anyAcceptsConnections(hosts, address.port, signal),
  );
  return accepted ? { ok: true } : { ok: false, waitedFor: `a connection on ${filled}` };
}

async function waitForAnswer(
  text: string,
  port: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Readiness> {
  const url = resolveProbeUrl(text, port);
  if (url === null) return { ok: false, waitedFor: `${text}, which is no http URL` };
  let last: HttpAnswer = { error: 'none yet' };
  const answered = await pollUntilReady(clock, signal, async () => {
    const answer = await getOnce(url, signal);
    // An abort is our own doing, and tells nothing about the server.
    if (!signal.aborted) last = answer;
    return isReady(answer);
  });
  return answered
    ? { ok: true }
    : { ok: false, waitedFor: `GET ${url.href} (last answer: ${describe(last)})` };
}

function describe(answer: HttpAnswer): string {
  return 'status' in answer ? String(answer.status) : answer.error;
}

/** Looks at once and then in growing pauses; false when the signal aborts first. */
async function pollUntilReady(
  clock: Clock,
  signal: AbortSignal,
  look: () => Promise<boolean>,
): Promise<boolean> {
  const began = clock.now();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  while (!signal.aborted) {
    if (await look()) return true;
    const pause = Math.max(FIRST_PAUSE_MS, (clock.now() - began) * PAUSE_PART);
    await Promise.race([delay(clock, Math.min(pause, LONGEST_PAUSE_MS)), aborted]);
  }
  return false;
}
