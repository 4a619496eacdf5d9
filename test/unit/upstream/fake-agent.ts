import type { Socket } from 'node:net';
import { Server, ServerCredentials, type sendUnaryData, status } from '@grpc/grpc-js';
import {
  type ListLocalResponse,
  type LocalControlServiceServer,
  LocalControlServiceService,
  type RegisterLocalRequest,
} from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import {
  type DescribeResponse,
  type SessionServiceServer,
  SessionServiceService,
} from '../../../src/protocol/gen/croupier/dev/v1/session.js';
import {
  type FunctionServiceServer,
  FunctionServiceService,
} from '../../../src/protocol/gen/croupier/function/v1/function.js';
import type { Issued } from '../../support/certificates.js';
import { Relay } from './relay.js';

export interface FakeAgentOptions {
  /** `replacing`: an empty list takes a service out; `appending`: entries are added, and an empty list changes nothing. */
  readonly kind?: 'replacing' | 'appending';
  /** It says that it is a session. */
  readonly isSession?: boolean;
  readonly port?: number;
  /** It serves TLS with this; without, plain text. */
  readonly tls?: Issued;
}

/** What it says of itself where it is a session. */
export const DESCRIBED: DescribeResponse = {
  sessionId: 's',
  version: '1',
  pid: 1,
  services: ['other'],
  leaving: [],
  takenOut: [],
};

interface Instance {
  readonly serviceId: string;
  readonly addr: string;
  readonly version: string;
  readonly functionId: string;
}

/** An agent behind a relay, so that its connections can be cut and its port closed while it lives. Everything that arrives is kept. */
export class FakeAgent {
  readonly kind: 'replacing' | 'appending';
  /** Taken at the next start. */
  tls: Issued | null;
  isSession: boolean;
  /** Every registration that arrived, in order. */
  readonly registrations: RegisterLocalRequest[] = [];
  readonly heartbeats: { readonly serviceId: string; readonly sessionId: string }[] = [];
  lists = 0;
  instances: Instance[] = [];
  /** `refuse`: PERMISSION_DENIED; `deaf`: answers OK and remembers nothing. */
  onRegister: 'take' | 'refuse' | 'deaf' = 'take';
  canList = true;
  /** Calls are taken and never answered. */
  hangs = false;
  /** Called with every empty registration before it is answered. */
  onEmpty: () => Promise<void> = () => Promise.resolve();
  functions: FunctionServiceServer | null = null;
  #server: Server | null = null;
  readonly #relay = new Relay();

  constructor(options: FakeAgentOptions = {}) {
    this.kind = options.kind ?? 'replacing';
    this.isSession = options.isSession ?? false;
    this.tls = options.tls ?? null;
    this.#relay.port = options.port ?? 0;
  }

  get port(): number {
    return this.#relay.port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connections that are open now. */
  get connections(): ReadonlySet<Socket> {
    return this.#relay.connections;
  }

  /** Listens on the port that it had before, else on a free one. */
  async start(): Promise<this> {
    const server = new Server();
    const control: LocalControlServiceServer = {
      registerLocal: (call, respond) => {
        if (!this.hangs) void this.#register(call.request, respond);
      },
      heartbeat: (call, respond) => {
        if (this.hangs) return;
        this.heartbeats.push(call.request);
        respond(null, {});
      },
      listLocal: (_call, respond) => {
        if (this.hangs) return;
        this.lists++;
        if (this.canList) respond(null, this.list());
        else respond({ code: status.UNIMPLEMENTED });
      },
      getJobResult: (_call, respond) =>
        respond(null, { state: 'done', payload: Buffer.from('r'), error: '' }),
    };
    server.addService(LocalControlServiceService, control);
    const session: SessionServiceServer = {
      describe: (_call, respond) => {
        if (this.hangs) return;
        if (this.isSession) respond(null, DESCRIBED);
        else respond({ code: status.UNIMPLEMENTED });
      },
    };
    server.addService(SessionServiceService, session);
    if (this.functions !== null) server.addService(FunctionServiceService, this.functions);
    this.#server = server;
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', serverCredentials(this.tls), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    await this.#relay.open(port);
    return this;
  }

  /** As the end of its process: it forgets everything, and its port is free. */
  async stop(): Promise<void> {
    await this.#relay.close();
    this.#server?.forceShutdown();
    this.#server = null;
    this.instances = [];
    this.hangs = false;
  }

  /** Cuts every connection and goes on listening. */
  drop(): void {
    this.#relay.drop();
  }

  list(): ListLocalResponse {
    const ids = [...new Set(this.instances.map((one) => one.functionId))];
    return {
      functions: ids.map((id) => ({
        id,
        instances: this.instances
          .filter((one) => one.functionId === id)
          .map(({ serviceId, addr, version }) => ({ serviceId, addr, version, lastSeen: '' })),
      })),
    };
  }

  /** As if another game server had registered. */
  add(serviceId: string, addr: string, ...functionIds: string[]): void {
    this.instances.push(
      ...functionIds.map((functionId) => ({ serviceId, addr, version: '1.0.0', functionId })),
    );
  }

  remove(serviceId: string): void {
    this.instances = this.instances.filter((one) => one.serviceId !== serviceId);
  }

  /** `service_id function address` for each instance, sorted. */
  get registry(): readonly string[] {
    return this.instances.map((one) => `${one.serviceId} ${one.functionId} ${one.addr}`).sort();
  }

  async #register(
    request: RegisterLocalRequest,
    respond: sendUnaryData<{ sessionId: string }>,
  ): Promise<void> {
    this.registrations.push(request);
    const sessionId = `session-${this.registrations.length}`;
    if (this.onRegister === 'refuse') {
      respond({ code: status.PERMISSION_DENIED, details: 'not here' });
      return;
    }
    if (this.onRegister === 'take') {
      if (this.kind === 'replacing') this.remove(request.serviceId);
      const { serviceId, rpcAddr: addr, functions } = request;
      for (const { id, version } of functions)
        this.instances.push({ serviceId, addr, version, functionId: id });
    }
    if (request.functions.length === 0) await this.onEmpty();
    respond(null, { sessionId });
  }
}

export function serverCredentials(tls: Issued | null): ServerCredentials {
  if (tls === null) return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(null, [
    { cert_chain: Buffer.from(tls.certPem), private_key: Buffer.from(tls.keyPem) },
  ]);
}
