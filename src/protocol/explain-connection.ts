import { assertNever } from '../core/failure.js';
import type { DialTarget } from './address.js';
import { type ProbeOutcome, probePlain, probeTls } from './connection-probe.js';
import type { TlsMaterial } from './tls.js';
import type { TlsProblem } from './tls-problem.js';
import { describeTlsProblem } from './tls-problem-text.js';

/** Why a gRPC connection does not work. */
export interface ConnectionProblem {
  /** `unreachable`: no connection came about. `silent`: the time was up. `unusable`: something is there, but not what was asked for. */
  readonly kind: 'unreachable' | 'silent' | 'unusable';
  /**
   * One sentence for people without the address, that begins with a small letter, and says what to change in the configuration. The same
   * problem has the same sentence every time. Nothing of a key is ever in it.
   */
  readonly text: string;
}

/** As findConnectionProblem(), the sentence alone. */
export async function explainConnection(
  target: DialTarget,
  tls: TlsMaterial | null,
  timeoutMs: number,
  key: string | null = 'tls',
): Promise<string | null> {
  return (await findConnectionProblem(target, tls, timeoutMs, key))?.text ?? null;
}

/**
 * Dials and finds out why a gRPC connection does not work. null: nothing was found wrong.
 * @param tls null: plain text was configured
 * @param timeoutMs real time for everything
 * @param key the key of the configuration that names the files of `tls`; null: flags of a command do
 */
export async function findConnectionProblem(
  target: DialTarget,
  tls: TlsMaterial | null,
  timeoutMs: number,
  key: string | null = 'tls',
): Promise<ConnectionProblem | null> {
  const startedAt = performance.now();
  // The other half is for what the peer speaks instead.
  const outcome = await (tls === null
    ? probePlain(target, timeoutMs / 2)
    : probeTls(target, tls, timeoutMs / 2));
  const other = await askOtherwise(outcome, target, tls, () =>
    Math.max(1, timeoutMs - (performance.now() - startedAt)),
  );
  if (other !== null) return unusable(`it ${describeTlsProblem(other, key)}`);
  return describe(outcome, target, key, timeoutMs);
}

/** Where the outcome does not tell whether the peer speaks the other one of TLS and plain text, it is asked in that. */
async function askOtherwise(
  outcome: ProbeOutcome,
  target: DialTarget,
  tls: TlsMaterial | null,
  remainingMs: () => number,
): Promise<TlsProblem | null> {
  if (tls === null) {
    if (outcome.kind === 'unreachable' || isAnswer(outcome, 'http2')) return null;
    if (outcome.kind === 'silent' && outcome.before === 'connection') return null;
    const speaksTls = isAnswer(outcome, 'tls') || showsTls(await probeTls(target, NOTHING, remainingMs()));
    return speaksTls ? { reason: 'speaks-tls' } : null;
  }
  const isUnclear =
    (outcome.kind === 'tls' && outcome.problem.reason === 'ended-in-handshake') ||
    (outcome.kind === 'silent' && outcome.before === 'handshake');
  if (!isUnclear) return null;
  const plain = await probePlain(target, remainingMs());
  return isAnswer(plain, 'http2') || isAnswer(plain, 'http1') ? { reason: 'plain-text' } : null;
}

const NOTHING: TlsMaterial = { ca: null, cert: null, key: null, serverName: null };

function isAnswer(outcome: ProbeOutcome, protocol: 'http2' | 'http1' | 'tls'): boolean {
  return outcome.kind === 'answered' && outcome.protocol === protocol;
}

/** Any sign of it counts: a peer that refuses us with an alert speaks TLS, too. */
function showsTls(outcome: ProbeOutcome): boolean {
  switch (outcome.kind) {
    case 'answered':
      return true;
    case 'silent':
      return outcome.before === 'answer';
    case 'tls':
      return outcome.problem.reason !== 'plain-text' && outcome.problem.reason !== 'ended-in-handshake';
    case 'ended':
    case 'unreachable':
      return false;
    default:
      return assertNever(outcome);
  }
}

function describe(
  outcome: ProbeOutcome,
  target: DialTarget,
  key: string | null,
  timeoutMs: number,
): ConnectionProblem | null {
  switch (outcome.kind) {
    case 'unreachable':
      return { kind: 'unreachable', text: describeUnreachable(outcome.code, target) };
    case 'silent':
      return { kind: 'silent', text: describeSilence(outcome.before, Math.round(timeoutMs)) };
    case 'ended':
      return unusable(
        'it accepts connections and ends them without an answer to HTTP/2, which gRPC speaks: is this the right port?',
      );
    case 'answered':
      if (outcome.protocol === 'http2') return null;
      return unusable(
        `it speaks ${outcome.protocol === 'http1' ? 'HTTP/1' : 'something else'}, not HTTP/2 as gRPC does: is this the right port?`,
      );
    case 'tls':
      return unusable(`it ${describeTlsProblem(outcome.problem, key)}`);
    default:
      return assertNever(outcome);
  }
}

function unusable(text: string): ConnectionProblem {
  return { kind: 'unusable', text };
}

function describeUnreachable(code: string, { host, port }: DialTarget): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing listens on port ${port} of ${host}`;
    case 'ENOTFOUND':
      return `the host ${host} was not found: is its name right?`;
    case 'EAI_AGAIN':
      return `the host ${host} could not be looked up: the name server does not answer`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `there is no way to ${host} from here (${code})`;
    default:
      return `${host} cannot be reached (${code})`;
  }
}

function describeSilence(before: 'connection' | 'handshake' | 'answer', ms: number): string {
  switch (before) {
    case 'connection':
      return `it did not accept a connection within ${ms} ms: is it running, and does a firewall let it through?`;
    case 'handshake':
      return `it accepts connections but did not answer the TLS handshake within ${ms} ms`;
    case 'answer':
      return `it accepts connections but did not answer within ${ms} ms`;
    default:
      return assertNever(before);
  }
}
