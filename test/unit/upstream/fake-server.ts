import { gunzipSync } from 'node:zlib';
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  status,
} from '@grpc/grpc-js';
import { ControlServiceService as ControlV1 } from '../../../src/protocol/gen/croupier/control/v1/control.js';
import {
  type HeartbeatRequest,
  type HeartbeatResponse,
  type RegisterCapabilitiesRequest,
  type RegisterCapabilitiesResponse,
  type RegisterRequest,
  type RegisterResponse,
  ControlServiceService as ServerV1,
  TunnelServiceService as TunnelOfServer,
} from '../../../src/protocol/gen/croupier/server/v1/server.js';
import {
  type InvokeFrame,
  type TunnelMessage,
  TunnelServiceService as TunnelV1,
} from '../../../src/protocol/gen/croupier/tunnel/v1/tunnel.js';
import { tunnelFrame } from '../../../src/protocol/tunnel-stream.js';

/** How one call ends: with a value, with a status, or never. */
export type Behaviour<T> = T | { readonly refuse: status; readonly message: string } | 'hang';

type Eventually<T> = Behaviour<T> | Promise<Behaviour<T>>;

export interface FakeServerOptions {
  /** Package of the control service; null: none is served. */
  readonly control?: 'croupier.server.v1' | 'croupier.control.v1' | null;
  /** Package of the tunnel; `stub`: served, but every call is UNIMPLEMENTED; null: none is served. */
  readonly tunnel?: 'croupier.tunnel.v1' | 'croupier.server.v1' | 'stub' | null;
}

type TunnelCall = ServerDuplexStream<TunnelMessage, TunnelMessage>;

/** One tunnel that an agent opened. */
export interface FakeTunnel {
  readonly call: TunnelCall;
  readonly frames: TunnelMessage[];
  isOpen: boolean;
}

/** A server and edge in this process, which does what a test tells it. */
export class FakeServer {
  readonly registers: RegisterRequest[] = [];
  readonly heartbeats: HeartbeatRequest[] = [];
  readonly manifests: { readonly provider: unknown; readonly manifest: unknown }[] = [];
  readonly tunnels: FakeTunnel[] = [];
  onRegister: (request: RegisterRequest) => Eventually<RegisterResponse> = () => ({
    sessionId: 's1',
    expireAt: 0,
  });
  onHeartbeat: () => Eventually<HeartbeatResponse> = () => ({});
  onCapabilities: () => Eventually<RegisterCapabilitiesResponse> = () => ({});
  /** Refuses a tunnel as it opens; null: takes it. */
  refuseTunnel: { readonly refuse: status; readonly message: string } | null = null;
  readonly #options: FakeServerOptions;
  #server: Server | null = null;
  port = 0;

  constructor(options: FakeServerOptions = {}) {
    this.#options = options;
  }

  /** The tunnel that was opened last. */
  get tunnel(): FakeTunnel {
    const last = this.tunnels.at(-1);
    if (last === undefined) throw new Error('no tunnel was opened');
    return last;
  }

  async start(): Promise<this> {
    const { control = 'croupier.server.v1', tunnel = 'croupier.tunnel.v1' } = this.#options;
    const server = new Server();
    const implementation = {
      register: this.#unary(this.registers, (request: RegisterRequest) => this.onRegister(request)),
      heartbeat: this.#unary(this.heartbeats, () => this.onHeartbeat()),
      registerCapabilities: this.#unary<RegisterCapabilitiesRequest, RegisterCapabilitiesResponse>(
        null,
        (request) => {
          const { provider, manifestJsonGz } = request;
          const manifest: unknown = JSON.parse(gunzipSync(manifestJsonGz).toString());
          this.manifests.push({ provider, manifest });
          return this.onCapabilities();
        },
      ),
    };
    if (control === 'croupier.server.v1') server.addService(ServerV1, implementation);
    if (control === 'croupier.control.v1') server.addService(ControlV1, implementation);
    const open = (call: TunnelCall) => this.#open(call);
    if (tunnel === 'croupier.tunnel.v1' || tunnel === 'stub') server.addService(TunnelV1, { open });
    if (tunnel === 'croupier.server.v1' || tunnel === 'stub') server.addService(TunnelOfServer, { open });
    this.port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    this.#server = server;
    return this;
  }

  /** Cuts every connection and stops listening; start() takes the same port again. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#server = null;
  }

  /** Sends a frame through the tunnel that was opened last. */
  send(frame: TunnelMessage): void {
    this.tunnel.call.write(frame);
  }

  invoke(functionId: string, more: Partial<InvokeFrame> = {}): void {
    this.send(tunnelFrame('invoke', { invoke: toInvokeFrame(functionId, more) }));
  }

  startJob(functionId: string, more: Partial<InvokeFrame> = {}): void {
    this.send(tunnelFrame('start_job', { start: toInvokeFrame(functionId, more) }));
  }

  #unary<Request, Response>(
    log: Request[] | null,
    behave: (request: Request) => Eventually<Response>,
  ): handleUnaryCall<Request, Response> {
    return async (call, respond) => {
      log?.push(call.request);
      const outcome = await behave(call.request);
      if (outcome === 'hang') return;
      if (typeof outcome === 'object' && outcome !== null && 'refuse' in outcome) {
        respond({ code: outcome.refuse, details: outcome.message });
        return;
      }
      respond(null, outcome);
    };
  }

  #open(call: TunnelCall): void {
    call.on('error', () => undefined);
    if (this.#options.tunnel === 'stub') {
      call.emit('error', { code: status.UNIMPLEMENTED, details: 'not here' });
      return;
    }
    const tunnel: FakeTunnel = { call, frames: [], isOpen: true };
    this.tunnels.push(tunnel);
    if (this.refuseTunnel !== null) {
      const { refuse, message } = this.refuseTunnel;
      call.emit('error', { code: refuse, details: message });
      return;
    }
    call.on('data', (frame: TunnelMessage) => tunnel.frames.push(frame));
    call.on('end', () => {
      tunnel.isOpen = false;
      call.end();
    });
    call.on('cancelled', () => {
      tunnel.isOpen = false;
    });
  }
}

function toInvokeFrame(functionId: string, more: Partial<InvokeFrame>): InvokeFrame {
  return {
    requestId: 'r',
    functionId,
    idempotencyKey: '',
    payload: Buffer.alloc(0),
    metadata: {},
    ...more,
  };
}
