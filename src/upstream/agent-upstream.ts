import { connectAgent } from '../protocol/client.js';
import { probePlain, probeTls } from '../protocol/connection-probe.js';
import { explainConnection } from '../protocol/explain-connection.js';
import type { AgentNetwork } from './agent-connection.js';
import { AgentLink, type AgentLinkOptions } from './agent-link.js';
import { accepts } from './live-addresses.js';
import type { AgentUpstream } from './types.js';

/** Agents over the real network. */
const realNetwork: AgentNetwork = {
  connect: connectAgent,
  explain: explainConnection,
  async isSilent(target, tls, timeoutMs) {
    const outcome = await (tls === null ? probePlain(target, timeoutMs) : probeTls(target, tls, timeoutMs));
    return outcome.kind === 'silent';
  },
  accepts,
};

/** An upstream of the kind `agent://`: registers there as a game server does. Begins to connect at once. */
export function openAgentUpstream(options: AgentLinkOptions): AgentUpstream {
  return new AgentLink(options, realNetwork);
}
