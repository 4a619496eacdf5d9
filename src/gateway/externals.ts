import { randomUUID } from 'node:crypto';
import { DEFAULT_HOLD } from '../config/types.js';
import type { CancelTimer, Clock } from '../core/clock.js';
import type { DialTarget } from '../protocol/address.js';
import type { RegisterLocalRequest } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { TlsMaterial } from '../protocol/tls.js';
import { CallCounters } from './call-counters.js';
import type { Pool } from './dispatcher.js';
import type { ExternalView } from './route.js';
import { type Registration, ServingProcess } from './serving-process.js';
import type { ExternalService } from './types.js';

/** An external service that was silent for this long is taken out. Agents in the field prune after 60 to 90 s. */
const HEARTBEAT_LIMIT_MS = 90_000;

interface External {
  readonly serviceId: string;
  readonly process: ServingProcess;
  sessionId: string;
  cancelTimer: CancelTimer;
  /** Order of use; the one that waited longest is next. */
  lastUse: number;
}

export interface ExternalsHandlers {
  /** Routing may have changed. */
  onChange(): void;
  onRoom(): void;
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
  onExternal(change: 'registered' | 'removed', service: ExternalService): void;
}

/** Services that nobody here supervises: they live by heartbeat and replace each other by `service_id`. */
export class Externals {
  readonly #clock: Clock;
  readonly #childTls: TlsMaterial | null;
  readonly #handlers: ExternalsHandlers;
  readonly #services = new Map<string, External>();
  #views: readonly ExternalView[] = [];
  #uses = 0;
  readonly pool: Pool = {
    holdLimits: DEFAULT_HOLD,
    counters: new CallCounters(),
    latest: null,
    describeWait: () => 'the service cannot be reached at the moment',
  };

  constructor(clock: Clock, childTls: TlsMaterial | null, handlers: ExternalsHandlers) {
    this.#clock = clock;
    this.#childTls = childTls;
    this.#handlers = handlers;
  }

  get views(): readonly ExternalView[] {
    return this.#views;
  }

  get registrations(): readonly Registration[] {
    return [...this.#services.values()].flatMap((one) => one.process.registrations);
  }

  list(): readonly ExternalService[] {
    return [...this.#services.values()].filter((one) => one.process.registrations.length > 0).map(describe);
  }

  /** Registers (targets) or takes out (null); the session id for the answer. */
  register(request: RegisterLocalRequest, targets: readonly DialTarget[] | null): string {
    const sessionId = randomUUID();
    const existing = this.#services.get(request.serviceId);
    if (targets === null) {
      if (existing !== undefined) this.#withdraw(existing);
      return sessionId;
    }
    const external = existing ?? this.#add(request.serviceId, sessionId);
    external.sessionId = sessionId;
    this.#keepAlive(external);
    external.process.register(request, targets);
    this.#handlers.onExternal('registered', describe(external));
    return sessionId;
  }

  heartbeat(serviceId: string, sessionId: string): void {
    const services = [...this.#services.values()];
    const external =
      services.find((one) => sessionId !== '' && one.sessionId === sessionId) ??
      this.#services.get(serviceId);
    if (external === undefined) return;
    // A heartbeat that was under way when it took itself out does not bring it back.
    if (external.process.registrations.length === 0) return;
    external.process.touch();
    this.#keepAlive(external);
  }

  /** Of those that are ready for the function, the one that was not used for longest. */
  next(functionId: string): ServingProcess | null {
    let next: External | null = null;
    for (const external of this.#services.values()) {
      if (external.process.presence(functionId) !== 'ready') continue;
      if (next === null || external.lastUse < next.lastUse) next = external;
    }
    if (next === null) return null;
    this.#uses += 1;
    next.lastUse = this.#uses;
    return next.process;
  }

  close(): void {
    for (const external of this.#services.values()) {
      external.cancelTimer();
      external.process.destroy();
    }
    this.#services.clear();
    this.#views = [];
  }

  #add(serviceId: string, sessionId: string): External {
    const name = serviceId === '' ? 'a service without an id' : serviceId;
    const owner = { name, generation: null, replay: new Set<string>(), counters: this.pool.counters };
    const process = new ServingProcess(owner, this.#clock, this.#childTls, this.#handlers);
    const external = { serviceId, process, sessionId, cancelTimer: () => undefined, lastUse: 0 };
    this.#services.set(serviceId, external);
    this.#views = [...this.#services.values()].map((one) => one.process);
    return external;
  }

  #keepAlive(external: External): void {
    external.cancelTimer();
    external.cancelTimer = this.#clock.after(HEARTBEAT_LIMIT_MS, () => {
      const { name } = external.process.owner;
      const seconds = HEARTBEAT_LIMIT_MS / 1000;
      this.#handlers.onNotice('warn', `${name} sent no heartbeat for ${seconds} s and was taken out`);
      this.#remove(external);
    });
  }

  /** It took itself out, most often to restart: calls wait for it as long as calls may be held. */
  #withdraw(external: External): void {
    if (external.process.registrations.length === 0) return;
    const described = describe(external);
    external.cancelTimer();
    external.cancelTimer = this.#clock.after(DEFAULT_HOLD.timeout, () => this.#forget(external));
    external.process.withdraw(external.serviceId);
    this.#handlers.onExternal('removed', described);
  }

  #remove(external: External): void {
    const described = describe(external);
    this.#forget(external);
    this.#handlers.onExternal('removed', described);
  }

  #forget(external: External): void {
    external.cancelTimer();
    this.#services.delete(external.serviceId);
    this.#views = [...this.#services.values()].map((one) => one.process);
    external.process.release();
    this.#handlers.onChange();
  }
}

function describe(external: External): ExternalService {
  const [registration] = external.process.registrations;
  return {
    serviceId: external.serviceId,
    version: registration?.version ?? '',
    rpcAddress: registration?.rpcAddress ?? '',
    functions: external.process.functions,
  };
}
