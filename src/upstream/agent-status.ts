import { assertNever } from '../core/failure.js';
import type { Machine } from './agent-state.js';
import type { UpstreamStatus } from './types.js';

export function statusOf({ facts, state }: Machine): UpstreamStatus {
  const { url, lost } = facts;
  const reconnects = Math.max(0, facts.connections - 1);
  switch (state.state) {
    case 'waiting':
    case 'taking-port':
    case 'dialling':
    case 'meeting':
    case 'registering':
      return { url, state: lost === null ? 'connecting' : 'lost', reason: lost?.reason ?? null, reconnects };
    case 'connected':
      return { url, state: 'connected', reason: null, reconnects };
    case 'succeeded':
      return { url, state: 'succeeded', reason: null, reconnects };
    case 'closing':
    case 'closed':
      return { url, state: 'closed', reason: null, reconnects };
    default:
      return assertNever(state);
  }
}
