import { randomUUID } from 'node:crypto';
import type { Server } from '@grpc/grpc-js';
import type { AgentJobs } from './agent-functions.js';
import type { AgentRegistry } from './agent-registry.js';
import type { Faults } from './faults.js';
import {
  type GetJobResultRequest,
  type GetJobResultResponse,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type ListLocalRequest,
  type ListLocalResponse,
  LocalControlServiceService,
  type RegisterLocalRequest,
  type RegisterLocalResponse,
} from './gen/agent.js';
import {
  ClientServiceService,
  LocalControlServiceService as SdkLocalControlServiceService,
} from './gen/sdk.js';
import type { Recorder } from './journal.js';
import { type Caller, unary } from './serve.js';

/** What a game server, or who acts as one, sends to an agent. */
export type AgentReceived =
  | { readonly rpc: 'register'; readonly request: RegisterLocalRequest }
  | { readonly rpc: 'heartbeat'; readonly request: HeartbeatRequest }
  | { readonly rpc: 'list' };

/** An agent's registration services, under their three names. */
export function addLocalControl(
  server: Server,
  parts: {
    readonly registry: AgentRegistry;
    readonly journal: Recorder<AgentReceived>;
    readonly faults: Faults;
    readonly jobs: AgentJobs;
    readonly hasJobResults: boolean;
  },
): void {
  const { registry, journal, faults, jobs } = parts;

  const register = unary<RegisterLocalRequest, RegisterLocalResponse>(async (request, caller) => {
    journal.record({ rpc: 'register', request });
    const refusal = await faults.pass('register', caller);
    if (refusal !== null) return refusal;
    registry.register(request, Date.now());
    return { sessionId: randomUUID() };
  });
  // OK even for a service that is not known.
  const heartbeat = unary<HeartbeatRequest, HeartbeatResponse>(async (request, caller) => {
    journal.record({ rpc: 'heartbeat', request });
    const refusal = await faults.pass('heartbeat', caller);
    if (refusal !== null) return refusal;
    registry.heartbeat(request.serviceId, Date.now());
    return {};
  });
  const list = unary<ListLocalRequest, ListLocalResponse>(async (_request, caller) => {
    journal.record({ rpc: 'list' });
    const refusal = await faults.pass('list', caller);
    return refusal ?? { functions: [...registry.list(Date.now())] };
  });
  const getJobResult = unary<GetJobResultRequest, GetJobResultResponse>(
    (request: GetJobResultRequest, caller: Caller) => jobs.result(request, caller),
  );
  const results = parts.hasJobResults ? { getJobResult } : {};

  server.addService(LocalControlServiceService, {
    registerLocal: register,
    heartbeat,
    listLocal: list,
    ...results,
  });
  server.addService(SdkLocalControlServiceService, {
    registerLocal: register,
    heartbeat,
    listLocal: list,
    ...results,
  });
  server.addService(ClientServiceService, {
    registerClient: register,
    heartbeat,
    listClients: list,
    ...results,
  });
}
