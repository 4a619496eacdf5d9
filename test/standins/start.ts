import { fileURLToPath } from 'node:url';
import type { AgentControl, AgentOptions } from './standin-agent.js';
import type { EdgeControl, EdgeOptions } from './standin-edge.js';
import { StandIn } from './standin-process.js';
import type { ServerControlCommands, ServerOptions } from './standin-server.js';

/** An agent in a process of its own; every option has the default of AGENT_DEFAULTS. Stop it at the end of the test. */
export function startAgent(options: Partial<AgentOptions> = {}): Promise<StandIn<AgentControl>> {
  return StandIn.start<AgentControl>(program('agent.ts'), toFlags(options));
}

/** A server in a process of its own; every option has the default of SERVER_DEFAULTS. Stop it at the end of the test. */
export function startServer(options: Partial<ServerOptions> = {}): Promise<StandIn<ServerControlCommands>> {
  return StandIn.start<ServerControlCommands>(program('server.ts'), toFlags(options));
}

/** An edge in a process of its own; every option has the default of EDGE_DEFAULTS. Stop it at the end of the test. */
export function startEdge(options: Partial<EdgeOptions> = {}): Promise<StandIn<EdgeControl>> {
  return StandIn.start<EdgeControl>(program('edge.ts'), toFlags(options));
}

function program(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** `{ limitMs: 500, retry: true }` becomes `--limit-ms 500 --retry`. */
function toFlags({ tls, dialTls, ...options }: Partial<AgentOptions & EdgeOptions>): readonly string[] {
  const serving = { ca: tls?.ca, cert: tls?.cert, key: tls?.key };
  const { ca, cert, key, serverName } = dialTls ?? {};
  const dial = { dialCa: ca, dialCert: cert, dialKey: key, dialServerName: serverName };
  return Object.entries({ ...options, ...serving, ...dial }).flatMap(([name, value]) => {
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === undefined || value === null || value === false) return [];
    if (value === true) return [flag];
    // Joined: a value of its own could not be empty, and an empty list is not the default.
    return [`${flag}=${value}`];
  });
}
