import { gunzipSync } from 'node:zlib';
import { type Server, status } from '@grpc/grpc-js';
import type { AgentDirectory, Capabilities } from './agent-directory.js';
import type { Faults } from './faults.js';
import {
  ControlServiceService as ControlV1,
  type RegisterRequest as RegisterRequestV1,
} from './gen/control.js';
import type { Empty } from './gen/google/protobuf/empty.js';
import {
  type HeartbeatRequest,
  type HeartbeatResponse,
  type ListFunctionsSummaryResponse,
  type RegisterCapabilitiesRequest,
  type RegisterCapabilitiesResponse,
  type RegisterRequest,
  type RegisterResponse,
  ControlServiceService as ServerV1,
} from './gen/server.js';
import type { Recorder } from './journal.js';
import { type Answer, Refusal } from './refusal.js';
import { type Caller, unary } from './serve.js';

/** The name by which a server serves its control service. */
export type ControlName = 'control.v1' | 'server.v1';

/** What an agent, or who acts as one, sends to a server. `by`: the service name that it used. */
export type ServerReceived =
  | { readonly rpc: 'register'; readonly by: ControlName; readonly request: RegisterRequest }
  | { readonly rpc: 'heartbeat'; readonly by: ControlName; readonly request: HeartbeatRequest }
  | ({ readonly rpc: 'capabilities'; readonly by: ControlName } & Capabilities)
  | { readonly rpc: 'list' };

export interface ControlOptions {
  readonly names: readonly ControlName[];
  /** Agents that were not heard of for so long are dropped, ms. */
  readonly expiryMs: number;
  /** Answers registrations without a session id, as some servers do. */
  readonly withoutSessionId: boolean;
  /** Answers registrations without a time of expiry, as some servers do. */
  readonly withoutExpireAt: boolean;
  /** RegisterCapabilities is UNIMPLEMENTED. */
  readonly withoutCapabilities: boolean;
  /** Others are refused with PERMISSION_DENIED; empty: all are taken. */
  readonly gameIds: readonly string[];
}

/** A server's ControlService, under the names that it has. */
export class ServerControl {
  readonly #directory: AgentDirectory;
  readonly #journal: Recorder<ServerReceived>;
  readonly #faults: Faults;
  readonly #options: ControlOptions;

  constructor(
    directory: AgentDirectory,
    journal: Recorder<ServerReceived>,
    faults: Faults,
    options: ControlOptions,
  ) {
    this.#directory = directory;
    this.#journal = journal;
    this.#faults = faults;
    this.#options = options;
  }

  addTo(server: Server): void {
    const { names, withoutCapabilities } = this.#options;
    if (names.includes('control.v1')) {
      server.addService(ControlV1, {
        register: unary<RegisterRequestV1, RegisterResponse>((request, caller) =>
          this.#register('control.v1', withNewerFields(request), caller),
        ),
        heartbeat: this.#heartbeats('control.v1'),
        ...(withoutCapabilities ? {} : { registerCapabilities: this.#capabilities('control.v1') }),
      });
    }
    if (names.includes('server.v1')) {
      server.addService(ServerV1, {
        register: unary<RegisterRequest, RegisterResponse>((request, caller) =>
          this.#register('server.v1', request, caller),
        ),
        heartbeat: this.#heartbeats('server.v1'),
        ...(withoutCapabilities ? {} : { registerCapabilities: this.#capabilities('server.v1') }),
        listFunctionsSummary: unary<Empty, ListFunctionsSummaryResponse>(async (_request, caller) => {
          this.#journal.record({ rpc: 'list' });
          const refusal = await this.#faults.pass('list', caller);
          return refusal ?? { functions: [...this.#directory.functions(Date.now())] };
        }),
      });
    }
  }

  async #register(
    by: ControlName,
    request: RegisterRequest,
    caller: Caller,
  ): Promise<Answer<RegisterResponse>> {
    this.#journal.record({ rpc: 'register', by, request });
    const refusal = await this.#faults.pass('register', caller);
    if (refusal !== null) return refusal;
    const { gameIds, expiryMs, withoutSessionId, withoutExpireAt } = this.#options;
    if (!isKnownGame(gameIds, request.gameId)) return unknownGame(request.gameId);
    const agent = this.#directory.register(request, Date.now());
    return {
      sessionId: withoutSessionId ? '' : agent.sessionId,
      expireAt: withoutExpireAt ? 0 : Math.floor((agent.lastHeard + expiryMs) / 1000),
    };
  }

  #heartbeats(by: ControlName) {
    return unary<HeartbeatRequest, HeartbeatResponse>(async (request, caller) => {
      this.#journal.record({ rpc: 'heartbeat', by, request });
      const refusal = await this.#faults.pass('heartbeat', caller);
      if (refusal !== null) return refusal;
      this.#directory.heartbeat(request.agentId, Date.now());
      return {};
    });
  }

  #capabilities(by: ControlName) {
    return unary<RegisterCapabilitiesRequest, RegisterCapabilitiesResponse>(async (request, caller) => {
      const manifest = unzip(request.manifestJsonGz);
      if (manifest instanceof Refusal) return manifest;
      const provider = request.provider ?? { id: '', version: '', lang: '', sdk: '' };
      this.#journal.record({ rpc: 'capabilities', by, provider, manifest: manifest.json });
      const refusal = await this.#faults.pass('capabilities', caller);
      if (refusal !== null) return refusal;
      this.#directory.describe({ provider, manifest: manifest.json });
      return {};
    });
  }
}

export function isKnownGame(gameIds: readonly string[], gameId: string): boolean {
  return gameIds.length === 0 || gameIds.includes(gameId);
}

export function unknownGame(gameId: string): Refusal {
  return new Refusal(status.PERMISSION_DENIED, `unknown game_id "${gameId}"`);
}

/** A server with the older name does not see the fields of the newer one. */
function withNewerFields(request: RegisterRequestV1): RegisterRequest {
  const functions = request.functions.map((one) => ({ ...one, tags: [], inputSchema: '', outputSchema: '' }));
  return { ...request, functions, processes: [], ttlSeconds: 0, region: '', zone: '', labels: {} };
}

function unzip(bytes: Buffer): Answer<{ readonly json: unknown }> {
  try {
    return { json: JSON.parse(gunzipSync(bytes).toString()) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return new Refusal(status.INVALID_ARGUMENT, `manifest_json_gz: ${why}`);
  }
}
