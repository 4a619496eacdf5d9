import type { Server } from '@grpc/grpc-js';
import { AgentDirectory } from './agent-directory.js';
import { commonControl } from './common-control.js';
import { Faults } from './faults.js';
import { type GetJobResultRequest, type GetJobResultResponse, JobServiceService } from './gen/edge-job.js';
import { TunnelServiceService as ServerV1Tunnel } from './gen/server.js';
import { TunnelServiceService as TunnelV1 } from './gen/tunnel.js';
import { Journal } from './journal.js';
import type { Program } from './program.js';
import { unary } from './serve.js';
import { isKnownGame, ServerControl, type ServerReceived, unknownGame } from './server-control.js';
import { addCallerFunctions, DialRoute } from './server-functions.js';
import { ServingPort } from './serving-port.js';
import {
  directoryControl,
  SERVER_DEFAULTS,
  type ServerControlCommands,
  type ServerOptions,
  serverDial,
} from './standin-server.js';
import { servingCredentials } from './tls-files.js';
import { TunnelJobs } from './tunnel-jobs.js';
import { TunnelRoute } from './tunnel-route.js';
import { type TunnelName, type TunnelReceived, Tunnels } from './tunnels.js';

export interface EdgeOptions extends ServerOptions {
  /** Names by which the tunnel is served; none: UNIMPLEMENTED. */
  readonly tunnel: readonly TunnelName[];
  /** How long a result is waited for, ms. */
  readonly resultMs: number;
  /** Dials `rpc_addr` and runs a call again that was not answered through the tunnel. */
  readonly fallbackDial: boolean;
}

export const EDGE_DEFAULTS: EdgeOptions = {
  ...SERVER_DEFAULTS,
  tunnel: ['tunnel.v1', 'server.v1'],
  resultMs: 5_000,
  fallbackDial: false,
};

export type EdgeReceived = ServerReceived | TunnelReceived;

export interface EdgeControl extends ServerControlCommands<EdgeReceived> {
  /** Ids of the agents whose tunnel can be called through. */
  tunnels(): readonly string[];
  /** Ends every tunnel; the connections stay. */
  dropStreams(): void;
  /** Service ids that have a function at an agent, asked through its tunnel, or what went wrong. */
  listLocal(agentId: string, functionId: string): Promise<readonly string[] | string>;
}

/** An edge as those of the field: agents register with it and open a tunnel, through which it calls them. */
export function createEdge(options: EdgeOptions): Program<EdgeControl> {
  const directory = new AgentDirectory(options.expiryMs);
  const faults = new Faults();
  const journal = new Journal<EdgeReceived>();
  const port = new ServingPort(servingCredentials(options.tls));
  const jobs = new TunnelJobs();
  const tunnels = new Tunnels(faults, journal, {
    welcome: ({ gameId }) => (isKnownGame(options.gameIds, gameId) ? null : unknownGame(gameId)),
    onFrame: (agentId, frame) => route.take(agentId, frame),
  });
  const fallback = options.fallbackDial ? new DialRoute(directory, serverDial(options)) : null;
  const route = new TunnelRoute(directory, tunnels, jobs, options.resultMs, fallback);

  new ServerControl(directory, journal, faults, options).addTo(port.server);
  addCallerFunctions(port.server, route, faults, journal);
  addTunnel(port.server, tunnels, options.tunnel);
  addJobService(port.server, route);
  return {
    listen: () => port.listen(options.port),
    close: () => port.close(),
    control: {
      ...commonControl(faults, port, journal),
      ...directoryControl(directory),
      tunnels: () => tunnels.agentIds,
      dropStreams: () => tunnels.drop(),
      listLocal: (agentId, functionId) => route.listLocal(agentId, functionId),
    },
  };
}

function addTunnel(server: Server, tunnels: Tunnels, names: readonly TunnelName[]): void {
  if (names.includes('tunnel.v1')) server.addService(TunnelV1, { open: tunnels.open('tunnel.v1') });
  if (names.includes('server.v1')) server.addService(ServerV1Tunnel, { open: tunnels.open('server.v1') });
}

function addJobService(server: Server, route: TunnelRoute): void {
  const getJobResult = unary<GetJobResultRequest, GetJobResultResponse>(async ({ jobId }) => {
    const result = await route.jobResult(jobId);
    // As in the field: what is not known is said to be running.
    const { state = 'running', payload = Buffer.alloc(0), error = '' } = result ?? {};
    return { state, payload, error };
  });
  server.addService(JobServiceService, { getJobResult });
}
