import type { RpcFailure } from '../protocol/rpc.js';
import { STATUS_CODES } from '../protocol/status-codes.js';

/** What we said of ourselves, for naming what to correct. */
export interface Introduction {
  readonly kind: 'server' | 'edge';
  /** `host:port`. */
  readonly address: string;
  readonly gameId: string;
  readonly agentId: string;
}

/** What a call was for, as the object of a sentence. */
export type Purpose = 'the registration' | 'the heartbeat' | 'the tunnel';

/** One sentence about a call that failed: who, what, and which key of the configuration to look at. `timeoutMs`: the call's deadline. */
export function describeFailedCall(
  failure: RpcFailure,
  purpose: Purpose,
  to: Introduction,
  timeoutMs: number,
): string {
  const who = `the ${to.kind} at ${to.address}`;
  const said = failure.message === '' ? failure.codeName : `${failure.codeName}: ${failure.message}`;
  switch (failure.code) {
    case STATUS_CODES.DEADLINE_EXCEEDED:
      return `${who} did not answer ${purpose} within ${timeoutMs / 1000} s`;
    case STATUS_CODES.UNAVAILABLE:
      return `${who} broke off ${purpose}: ${said}`;
    case STATUS_CODES.PERMISSION_DENIED:
      return `${who} refused ${purpose}: ${said}; ${gameHint(to)}`;
    case STATUS_CODES.UNAUTHENTICATED:
      return `${who} refused ${purpose}: ${said}; check the client certificate, "cert" and "key" of "upstream.tls"`;
    case STATUS_CODES.ALREADY_EXISTS:
      return `${who} refused ${purpose}: ${said}; set another "upstream.agentId" (now "${to.agentId}")`;
    case STATUS_CODES.UNIMPLEMENTED:
      return `${who} serves no croupier.server.v1 or croupier.control.v1; for an agent, "upstream.url" begins with agent://`;
    default:
      return `${who} refused ${purpose}: ${said}`;
  }
}

function gameHint(to: Introduction): string {
  return to.gameId === ''
    ? `"gameId" is not set in the configuration, and the ${to.kind} may ask for one`
    : `check "gameId" ("${to.gameId}") in the configuration`;
}
