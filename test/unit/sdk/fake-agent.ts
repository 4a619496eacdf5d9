import { Server, ServerCredentials, type sendUnaryData, status } from '@grpc/grpc-js';
import {
  type ListLocalResponse,
  type LocalControlServiceServer,
  LocalControlServiceService,
  type RegisterLocalRequest,
} from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';

/**
 * An agent as the newer ones are: a registration replaces its service id, an empty one takes it out, heartbeats of
 * unknown services are answered OK. A stopped one forgets everything, and can be started again on its port.
 */
export class FakeAgent {
  /** Every registration that arrived, in order. */
  readonly registrations: RegisterLocalRequest[] = [];
  /** By service id. */
  readonly registered = new Map<string, RegisterLocalRequest>();
  /** `refuse`: PERMISSION_DENIED; `hang`: never answers; `deaf`: answers OK and remembers nothing. */
  onRegister: 'take' | 'refuse' | 'hang' | 'deaf' = 'take';
  heartbeats = 0;
  #server: Server | null = null;
  #port = 0;

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Listens on the port that it had before, else on a free one. */
  async start(): Promise<this> {
    const server = new Server();
    const implementation: LocalControlServiceServer = {
      registerLocal: (call, respond) => this.#register(call.request, respond),
      heartbeat: (_call, respond) => {
        this.heartbeats++;
        respond(null, {});
      },
      listLocal: (_call, respond) => respond(null, this.list()),
      getJobResult: (_call, respond) => respond({ code: status.UNIMPLEMENTED }),
    };
    server.addService(LocalControlServiceService, implementation);
    this.#server = server;
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(this.address, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    return this;
  }

  stop(): void {
    this.#server?.forceShutdown();
    this.#server = null;
    this.registered.clear();
  }

  list(): ListLocalResponse {
    const functions = [...this.registered.values()].flatMap((one) =>
      one.functions.map(({ id }) => ({
        id,
        instances: [{ serviceId: one.serviceId, addr: one.rpcAddr, version: one.version, lastSeen: '' }],
      })),
    );
    return { functions };
  }

  #register(request: RegisterLocalRequest, respond: sendUnaryData<{ sessionId: string }>): void {
    this.registrations.push(request);
    switch (this.onRegister) {
      case 'hang':
        return;
      case 'refuse':
        respond({ code: status.PERMISSION_DENIED, details: 'not here' });
        return;
      case 'take':
        this.registered.set(request.serviceId, request);
        respond(null, { sessionId: `session-${this.registrations.length}` });
        return;
      case 'deaf':
        respond(null, { sessionId: 'deaf' });
        return;
    }
  }
}
