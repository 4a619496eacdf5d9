import { err, ok, type Result } from '../core/result.js';
import { formatTarget } from '../protocol/address.js';
import type { RawServer } from '../protocol/raw-server.js';
import { createDirectory, routableFunctions } from './directory.js';
import { Dispatcher } from './dispatcher.js';
import { Externals } from './externals.js';
import { CLOSING } from './gateway-answer.js';
import { instanceKey } from './instance-key.js';
import { Jobs } from './jobs.js';
import { Listeners } from './listeners.js';
import { createLocalCalls } from './local-calls.js';
import { PassedCalls } from './passed-calls.js';
import { PassedJobs } from './passed-jobs.js';
import { Registrar } from './registrar.js';
import { SupervisedService } from './service-gate.js';
import type {
  GateHandlers,
  GateOptions,
  Gateway,
  GatewayOptions,
  GenerationRef,
  LocalCalls,
  OpenFailure,
  RoutableFunction,
  ServiceGate,
} from './types.js';

export type { Gateway } from './types.js';

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
  readonly calls: LocalCalls;
  readonly #options: GatewayOptions;
  readonly #services = new Map<string, SupervisedService>();
  readonly #externals: Externals;
  readonly #jobs: Jobs;
  readonly #passedJobs: PassedJobs;
  readonly #dispatcher: Dispatcher;
  readonly #registrar: Registrar;
  readonly #listeners: Listeners;
  #shared: RawServer | null = null;
  #isClosed = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { clock, tls, childTls, attribute, describe, elsewhere = null } = options;
    this.#jobs = new Jobs(clock);
    this.#passedJobs = new PassedJobs(this.#jobs, elsewhere);
    this.#externals = new Externals(clock, childTls, {
      onChange: () => this.#dispatcher.release(),
      onRoom: () => this.#dispatcher.releaseFor(null),
      onNotice: (level, message) => options.onNotice(level, message),
      onExternal: (change, service) => options.onExternal?.(change, service),
    });
    const directory = createDirectory(this.#services, this.#externals);
    const passed = new PassedCalls(clock, elsewhere, this.#passedJobs);
    this.#dispatcher = new Dispatcher(clock, directory, this.#jobs, passed);
    this.#registrar = new Registrar({
      clock,
      services: this.#services,
      externals: this.#externals,
      attribute,
      isOwn: (target) => this.#listeners.isOwn(target),
    });
    this.#listeners = new Listeners({
      dispatcher: this.#dispatcher,
      registrar: this.#registrar,
      jobs: this.#jobs,
      jobsOfGenerations: this.#passedJobs,
      describe: () => describe(),
      tls,
      // A child dials as it serves.
      tlsOfGenerations: childTls === null ? null : tls,
    });
    this.calls = createLocalCalls({
      clock,
      dispatcher: this.#dispatcher,
      jobs: this.#jobs,
      serviceIds: (functionId) => this.#registrar.serviceIds(functionId),
    });
  }

  get address(): string {
    return this.#shared === null ? '' : formatTarget(this.#shared);
  }

  async listen(): Promise<Result<void, OpenFailure>> {
    const { host, port, portIsFixed } = this.#options;
    let failure: OpenFailure = { reason: 'port-in-use', port };
    for (const candidate of portIsFixed || port === 0 ? [port] : portsFrom(port)) {
      const opened = await this.#listeners.openShared(host, candidate);
      if (opened.ok) {
        this.#shared = opened.value;
        return ok(undefined);
      }
      failure = opened.error;
      if (failure.reason !== 'port-in-use') break;
    }
    return err(failure);
  }

  async listenAlso(host: string, port: number): Promise<Result<void, OpenFailure>> {
    if (this.#listeners.isShared({ host, port })) return ok(undefined);
    const opened = await this.#listeners.openShared(host, port);
    return opened.ok ? ok(undefined) : opened;
  }

  openService(options: GateOptions, handlers: GateHandlers): ServiceGate {
    if (this.#services.has(instanceKey(options))) throw new Error(`service ${options.name} is open already`);
    const service = new SupervisedService(options, handlers, {
      clock: this.#options.clock,
      childTls: this.#options.childTls,
      dispatcher: this.#dispatcher,
      jobs: this.#jobs,
      isOwn: (target) => this.#listeners.isOwn(target),
      openListener: (generation) => this.#openListener(generation),
      closeListener: (listener) => void this.#listeners.close(listener, LISTENER_GRACE_MS),
      onNotice: (level, message) => this.#options.onNotice(level, message),
    });
    this.#services.set(service.key, service);
    return service;
  }

  closeService(name: string): void {
    for (const [key, service] of [...this.#services]) {
      if (service.name !== name) continue;
      this.#dispatcher.failHeld(key, `${name} is not part of the session any more`);
      this.#services.delete(key);
      service.close();
    }
  }

  externals(): ReturnType<Gateway['externals']> {
    return this.#externals.list();
  }

  functions(): readonly RoutableFunction[] {
    return routableFunctions(this.#services, this.#externals);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#registrar.close();
    this.#dispatcher.close();
    this.#passedJobs.close(CLOSING);
    this.#jobs.close();
    for (const service of this.#services.values()) service.close();
    this.#externals.close();
    await this.#listeners.closeAll(CLOSE_GRACE_MS);
  }

  async #openListener(generation: GenerationRef): Promise<RawServer> {
    const noteSpoken = (): void =>
      this.#services.get(instanceKey(generation))?.noteSpoken(generation.generation);
    const opened = await this.#listeners.openFor(generation, noteSpoken);
    if (!opened.ok)
      throw new Error(`cannot listen for generation ${generation.generation}: ${explain(opened.error)}`);
    return opened.value;
  }
}

function explain(failure: OpenFailure): string {
  return failure.reason === 'port-in-use' ? `port ${failure.port} is taken` : failure.message;
}

function* portsFrom(port: number): Generator<number> {
  for (let next = port; next <= Math.min(port + NEXT_PORTS, 65_535); next++) yield next;
  yield 0;
}
