import { assertNever } from '../core/failure.js';
import type { Result } from '../core/result.js';
import { type DialTarget, formatTarget } from '../protocol/address.js';
import { probePlain } from '../protocol/connection-probe.js';
import { explainConnection } from '../protocol/explain-connection.js';
import type { DescribeResponse } from '../protocol/gen/croupier/dev/v1/session.js';
import type { RpcFailure } from '../protocol/rpc.js';
import { STATUS_CODES } from '../protocol/status-codes.js';

export type ProbeResult =
  /** Nothing listens there. */
  | { readonly found: 'none' }
  /** `session`: it is a session of this program, and what it says about itself; null: an agent like any other. */
  | { readonly found: 'agent'; readonly session: DescribeResponse | null }
  /** Something listens there that cannot be used as an agent; `why` is for people, and no sentence's start. */
  | { readonly found: 'other'; readonly why: string };

const SILENT = 'it accepts connections but does not answer as an agent does';

/**
 * Finds out whether a plain-text agent listens at an address. Where nothing listens that is known at once, and gRPC is loaded only where
 * somebody speaks HTTP/2; a peer that accepts and is silent costs `timeoutMs` (loading gRPC, which every session needs, not counted).
 */
export async function probeAgent(options: {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}): Promise<ProbeResult> {
  const startedAt = performance.now();
  const outcome = await probePlain(options, options.timeoutMs);
  const spentMs = performance.now() - startedAt;
  switch (outcome.kind) {
    case 'unreachable':
      return { found: 'none' };
    case 'silent':
      return outcome.before === 'connection' ? { found: 'none' } : { found: 'other', why: SILENT };
    case 'ended':
    case 'tls':
      return explainOther(options, options.timeoutMs - spentMs);
    case 'answered':
      return outcome.protocol === 'http2'
        ? askAgent(options, options.timeoutMs - spentMs)
        : explainOther(options, options.timeoutMs - spentMs);
    default:
      return assertNever(outcome);
  }
}

async function askAgent(target: DialTarget, timeoutMs: number): Promise<ProbeResult> {
  const { connectAgent } = await import('../protocol/client.js');
  const deadline = performance.now() + timeoutMs;
  const remaining = (): number => Math.max(1, deadline - performance.now());
  const client = connectAgent(formatTarget(target), null);
  try {
    const [described, listed] = await Promise.all([
      client.describe({ timeoutMs: remaining() }),
      client.listLocal({ timeoutMs: remaining() }),
    ]);
    if (described.ok) return { found: 'agent', session: described.value };
    const answer = judge(listed);
    if (answer !== null) return answer;
    // Older agents cannot list, but all take heartbeats, and answer OK to one of a service that they do not know.
    const beat = await client.heartbeat({ serviceId: '', sessionId: '' }, { timeoutMs: remaining() });
    return judge(beat) ?? { found: 'other', why: 'a gRPC server listens there that takes no registrations' };
  } finally {
    client.close();
  }
}

/** null: the method is not served. Whatever else an agent says, it is one. */
function judge(answer: Result<unknown, RpcFailure>): ProbeResult | null {
  if (answer.ok) return { found: 'agent', session: null };
  switch (answer.error.code) {
    case STATUS_CODES.UNIMPLEMENTED:
      return null;
    case STATUS_CODES.UNAVAILABLE:
    case STATUS_CODES.DEADLINE_EXCEEDED:
    case STATUS_CODES.CANCELLED:
      return { found: 'other', why: SILENT };
    default:
      return { found: 'agent', session: null };
  }
}

async function explainOther(target: DialTarget, timeoutMs: number): Promise<ProbeResult> {
  const why = await explainConnection(target, null, Math.max(1, timeoutMs));
  return { found: 'other', why: why ?? SILENT };
}
