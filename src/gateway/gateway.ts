import { err, ok, type Result } from '../core/result.js';
import { type DialTarget, formatTarget } from '../protocol/address.js';
import {
  openRawServer,
  type RawMethod,
  type RawServer,
  type RawStreamCall,
  type RawUnaryCall,
} from '../protocol/raw-server.js';
import { type Directory, Dispatcher } from './dispatcher.js';
import { Externals } from './externals.js';
import { functionMethods } from './function-services.js';
import { Jobs } from './jobs.js';
import { type LocalControl, localControlMethods } from './local-control.js';
import { Registrar } from './registrar.js';
import { SupervisedService } from './service-gate.js';
import type {
  GateHandlers,
  GateOptions,
  Gateway,
  GatewayOptions,
  GenerationRef,
  OpenFailure,
  RoutableFunction,
  ServiceGate,
} from './types.js';

export type { Gateway } from './types.js';

const LOOPBACK = '127.0.0.1';
/** How many ports after a taken one are tried before any free one is taken. */
const NEXT_PORTS = 50;
/** Real time in which last answers go out before connections are cut. */
const CLOSE_GRACE_MS = 500;
/** A generation that is gone leaves callers behind that came through its listener: longer than any call is held. */
const LISTENER_GRACE_MS = 60_000;

/** Opens the gateway on the asked port, or on the next free one where the port is not fixed. */
export async function openGateway(options: GatewayOptions): Promise<Result<Gateway, OpenFailure>> {
  const gateway = new LocalGateway(options);
  const opened = await gateway.listen();
  return opened.ok ? ok(gateway) : opened;
}

class LocalGateway implements Gateway {
  readonly #options: GatewayOptions;
  readonly #services = new Map<string, SupervisedService>();
  readonly #externals: Externals;
  readonly #jobs: Jobs;
  readonly #dispatcher: Dispatcher;
  readonly #registrar: Registrar;
  /** Every listener that is open, the shared one included. */
  readonly #listeners = new Set<RawServer>();
  #shared: RawServer | null = null;
  #isClosed = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { clock } = options;
    this.#jobs = new Jobs(clock);
    this.#externals = new Externals(clock, {
      onChange: () => this.#dispatcher.release(),
      onRoom: () => this.#dispatcher.releaseFor(null),
      onNotice: (level, message) => options.onNotice(level, message),
      onExternal: (change, service) => options.onExternal?.(change, service),
    });
    this.#dispatcher = new Dispatcher(clock, this.#createDirectory(), this.#jobs);
    this.#registrar = new Registrar({
      clock,
      services: this.#services,
      externals: this.#externals,
      attribute: options.attribute,
      sharedPort: () => this.#shared?.port ?? 0,
      isOwn: (target) => this.#isOwn(target),
    });
  }

  get address(): string {
    return this.#shared === null ? '' : formatTarget(this.#shared);
  }

  async listen(): Promise<Result<void, OpenFailure>> {
    const { host, port, portIsFixed } = this.#options;
    const methods = this.#methods(null, this.#registrar.shared());
    let failure: OpenFailure = { reason: 'port-in-use', port };
    for (const candidate of portIsFixed || port === 0 ? [port] : portsFrom(port)) {
      const server = await openRawServer({ host, port: candidate, methods });
      if (server.ok) {
        this.#shared = server.value;
        this.#listeners.add(server.value);
        return ok(undefined);
      }
      failure = server.error;
      if (failure.reason !== 'port-in-use') break;
    }
    return err(failure);
  }

  openService(options: GateOptions, handlers: GateHandlers): ServiceGate {
    if (this.#services.has(options.name)) throw new Error(`service ${options.name} is open already`);
    const service = new SupervisedService(options, handlers, {
      clock: this.#options.clock,
      dispatcher: this.#dispatcher,
      jobs: this.#jobs,
      openListener: (generation) => this.#openListener(generation),
      closeListener: (listener) => void this.#closeListener(listener, LISTENER_GRACE_MS),
      onNotice: (level, message) => this.#options.onNotice(level, message),
    });
    this.#services.set(options.name, service);
    return service;
  }

  externals(): ReturnType<Gateway['externals']> {
    return this.#externals.list();
  }

  functions(): readonly RoutableFunction[] {
    const supervised = [...this.#services.values()].flatMap(({ name, routed }) =>
      (routed?.process.functions ?? []).map((one) => ({
        ...one,
        service: name,
        generation: routed?.number ?? null,
      })),
    );
    const external = this.#externals
      .list()
      .flatMap(({ serviceId, functions }) =>
        functions.map((one) => ({ ...one, service: serviceId, generation: null })),
      );
    return [...supervised, ...external];
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#registrar.close();
    this.#dispatcher.close();
    this.#jobs.close();
    for (const service of this.#services.values()) service.close();
    this.#externals.close();
    await Promise.all([...this.#listeners].map((listener) => this.#closeListener(listener, CLOSE_GRACE_MS)));
  }

  #createDirectory(): Directory {
    const services = this.#services;
    const externals = this.#externals;
    return {
      routing: {
        get services() {
          return [...services.values()].map((one) => one.view);
        },
        get externals() {
          return externals.views;
        },
      },
      find(resolution, functionId) {
        if (resolution.to === 'external') return externals.next(functionId);
        return services.get(resolution.service)?.routed?.process ?? null;
      },
      pool(service) {
        const pool = service === null ? externals.pool : services.get(service)?.pool;
        if (pool === undefined) throw new Error(`there is no service ${service}`);
        return pool;
      },
      functionIds: () => new Set(this.functions().map((one) => one.id)),
    };
  }

  #methods(origin: GenerationRef | null, control: LocalControl): readonly RawMethod[] {
    return [
      ...functionMethods(this.#dispatcher, this.#jobs, origin),
      ...localControlMethods(control, this.#jobs),
    ];
  }

  async #openListener(generation: GenerationRef): Promise<RawServer> {
    const noteSpoken = (): void => this.#services.get(generation.name)?.noteSpoken(generation.generation);
    const methods = this.#methods(generation, this.#registrar.ownedBy(generation)).map((method) =>
      noticed(method, noteSpoken),
    );
    const server = await openRawServer({ host: LOOPBACK, port: 0, methods });
    if (!server.ok) throw new Error(`cannot listen on ${LOOPBACK}: ${JSON.stringify(server.error)}`);
    if (this.#isClosed) {
      await server.value.close(0);
      throw new Error('the gateway is closed');
    }
    this.#listeners.add(server.value);
    return server.value;
  }

  async #closeListener(listener: RawServer, graceMs: number): Promise<void> {
    await listener.close(graceMs);
    this.#listeners.delete(listener);
  }

  #isOwn(target: DialTarget): boolean {
    const isLocal = target.host === LOOPBACK || target.host === this.#options.host;
    return isLocal && [...this.#listeners].some((listener) => listener.port === target.port);
  }
}

function* portsFrom(port: number): Generator<number> {
  for (let next = port; next <= Math.min(port + NEXT_PORTS, 65_535); next++) yield next;
  yield 0;
}

/** The same method, with word of every call. */
function noticed(method: RawMethod, onCall: () => void): RawMethod {
  switch (method.kind) {
    case 'unary': {
      const handle = (call: RawUnaryCall): void => {
        onCall();
        method.handle(call);
      };
      return { ...method, handle };
    }
    case 'stream': {
      const handle = (call: RawStreamCall): void => {
        onCall();
        method.handle(call);
      };
      return { ...method, handle };
    }
  }
}
