import { connectControl } from '../protocol/control-client.js';
import { findConnectionProblem } from '../protocol/explain-connection.js';
import type { ServerNetwork } from './server-dial.js';
import { ServerLink, type ServerLinkOptions } from './server-link.js';
import type { Upstream } from './types.js';

/** Servers and edges over the real network. */
export const realNetwork: ServerNetwork = { connect: connectControl, explain: findConnectionProblem };

/** An upstream of the kind `server://`: it dials the gateway for calls. Begins to connect at once. */
export function openServerUpstream(options: ServerLinkOptions): Upstream {
  return new ServerLink(options, {
    kind: 'server',
    network: realNetwork,
    tunnel: null,
    epochMs: Date.now,
  });
}
