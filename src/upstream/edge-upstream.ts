import { ServerLink, type ServerLinkOptions } from './server-link.js';
import { realNetwork } from './server-upstream.js';
import { Tunnel } from './tunnel.js';
import type { Upstream } from './types.js';

/**
 * An upstream of the kind `edge://`: registered with as with a server, but calls come through a tunnel that we open. Begins to connect
 * at once.
 */
export function openEdgeUpstream(options: ServerLinkOptions): Upstream {
  return new ServerLink(options, {
    kind: 'edge',
    network: realNetwork,
    tunnel: new Tunnel(options.calls, options.clock),
    epochMs: Date.now,
  });
}
