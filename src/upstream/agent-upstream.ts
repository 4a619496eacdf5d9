import { connectAgent } from '../protocol/client.js';
import { findConnectionProblem } from '../protocol/explain-connection.js';
import type { AgentNetwork } from './agent-connection.js';
import { AgentLink, type AgentLinkOptions } from './agent-link.js';
import { dialInstance, sightInstance } from './instance-sighting.js';
import type { AgentUpstream } from './types.js';

/** Agents over the real network. */
const realNetwork: AgentNetwork = {
  connect: connectAgent,
  explain: findConnectionProblem,
  sight: sightInstance,
  dial: dialInstance,
};

/** An upstream of the kind `agent://`: registers there as a game server does. Begins to connect at once. */
export function openAgentUpstream(options: AgentLinkOptions): AgentUpstream {
  return new AgentLink(options, realNetwork);
}
