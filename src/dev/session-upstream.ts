import { isDeepStrictEqual } from 'node:util';
import { readPackageInfo } from '../config/package-info.js';
import type { GatewayConfig, ServiceConfig, TlsFiles } from '../config/types.js';
import type { CancelTimer, Clock } from '../core/clock.js';
import type { CroupierEvent, StampedEvent } from '../core/events.js';
import { assertNever } from '../core/failure.js';
import { ok, type Result } from '../core/result.js';
import type { ElsewherePort, Gateway, GenerationRef, ServiceGate } from '../gateway/types.js';
import { readTls, type TlsMaterial } from '../protocol/tls.js';
import { openAgentUpstream } from '../upstream/agent-upstream.js';
import { isLoopback } from '../upstream/backoff.js';
import { NO_DEPARTURES } from '../upstream/departures.js';
import { openEdgeUpstream } from '../upstream/edge-upstream.js';
import { openServerUpstream } from '../upstream/server-upstream.js';
import type {
  AgentUpstream,
  Departures,
  OfferedFunction,
  OfferedService,
  Upstream,
  UpstreamStatus,
} from '../upstream/types.js';
import { advertisedAddress } from './advertised-address.js';
import type { SwapWatch } from './draining-gate.js';
import { SelfRegistered } from './self-registered.js';
import { upstreamServiceId } from './service-identity.js';
import type { ChosenUpstream } from './upstream-choice.js';

/** How often the agent is asked whether a process that starts has registered there by itself (ms). */
const LOOK_EVERY_MS = 250;
/** A process that got ready without a registration may still register with the agent for this long (ms). */
const LOOK_AFTER_READY_MS = 10_000;

/** How long the services go on while the upstream is told that the session ends (ms). */
const WITHDRAW_MS = 500;

export interface SessionUpstreamOptions {
  readonly chosen: ChosenUpstream;
  /** Differs between any two sessions. */
  readonly sessionId: string;
  readonly gatewayConfig: GatewayConfig;
  readonly gateway: Gateway;
  readonly clock: Clock;
  publish(event: CroupierEvent): void;
  /** The generation of this session whose process listens on an address. */
  findListener(address: string): Promise<GenerationRef | null>;
}

/** One process of a service: its gate, and the generation that has the calls. */
interface Lane {
  readonly gate: ServiceGate;
  routed: number | null;
  /** It was routed, and is being replaced: calls wait for it, or go to another instance. */
  isAway: boolean;
}

interface Member {
  service: ServiceConfig;
  readonly serviceId: string;
  /** One for each instance; at least one. */
  readonly lanes: Lane[];
  /** What was last offered: it stays while a process is away. */
  functions: readonly OfferedFunction[];
  /** Reasons. */
  readonly saidWhyKept: Set<string>;
}

/** The upstream of a session: keeps what is offered there in step with what the generations have registered here. */
export class SessionUpstream {
  readonly #options: SessionUpstreamOptions;
  readonly #address: string;
  readonly #members = new Map<string, Member>();
  readonly #selfRegistered: SelfRegistered;
  readonly #upstream: Upstream;
  /** Set where it is an agent: only those are asked for what is registered there. */
  readonly #agent: AgentUpstream | null;
  /** Generations that may be about to register with the agent by themselves. */
  readonly #starting = new Set<string>();
  #cancelLook: CancelTimer | null = null;
  #lookUntil = 0;
  #offered: readonly OfferedService[] = [];
  /** Names of services. */
  readonly #withheld = new Set<string>();
  #isWithdrawn = false;

  constructor(options: SessionUpstreamOptions, services: readonly ServiceConfig[]) {
    this.#options = options;
    const { chosen, sessionId, gateway, gatewayConfig, clock, publish } = options;
    this.#address = advertisedAddress(gatewayConfig, gateway.address);
    this.#selfRegistered = new SelfRegistered({
      clock,
      isOurs: (serviceId, address) => address === this.#address || this.#isOurId(serviceId),
      findListener: options.findListener,
      adopt: (owner, registration) =>
        this.#members
          .get(owner.name)
          ?.lanes[(owner.instance ?? 1) - 1]?.gate.adopt(owner.generation, registration) ?? false,
      onClaimed: (name, serviceId, isNew) => this.#onClaimed(name, serviceId, isNew),
    });
    this.#warnWhereUnreachable();
    const { config } = chosen;
    const common = {
      config,
      clock,
      random: Math.random,
      gatewayAddress: this.#address,
      publish,
      readTls: () => readFiles(config.tls),
    };
    const programVersion = readPackageInfo().version;
    const [first] = services;
    const agentId =
      config.agentId ?? (first === undefined ? 'croupier' : upstreamServiceId(first.service, first.cwd));
    switch (config.kind) {
      case 'agent':
        this.#agent = openAgentUpstream({
          ...common,
          sessionId,
          // Two developers of one project have one configuration: another's gateway is dialled as this one is.
          readGatewayTls: () => readFiles(gatewayConfig.tls),
          onListed: (functions) => void this.#selfRegistered.look(functions),
          takePort: chosen.isFound ? () => this.#takePort() : null,
        });
        this.#upstream = this.#agent;
        break;
      case 'server':
        this.#agent = null;
        this.#upstream = openServerUpstream({ ...common, agentId, calls: gateway.calls, programVersion });
        break;
      case 'edge':
        this.#agent = null;
        this.#upstream = openEdgeUpstream({ ...common, agentId, calls: gateway.calls, programVersion });
        break;
      default:
        assertNever(config.kind);
    }
  }

  get url(): string {
    return this.#options.chosen.config.url;
  }

  /** Where functions may be served that nobody here has; null: this kind of upstream is not called by us. */
  get elsewhere(): ElsewherePort | null {
    return this.#agent?.others ?? null;
  }

  /** What is out of the upstream's routing for a swap, or about to be. */
  get departures(): Departures {
    return this.#agent?.departures ?? NO_DEPARTURES;
  }

  /** Adds a service, or one more instance of it; from now on what its gate routes to is offered, by all instances as one. */
  join(service: ServiceConfig, gate: ServiceGate): SwapWatch {
    const member = this.#members.get(service.name) ?? this.#addMember(service);
    const lane: Lane = { gate, routed: null, isAway: false };
    member.lanes.push(lane);
    return {
      gapBegins: async () => {
        lane.isAway = true;
        // The other instances take the calls meanwhile.
        if (member.lanes.every((one) => one.isAway || one.routed === null)) await this.#gapBegins(member);
      },
      routed: (generation) => {
        lane.isAway = false;
        lane.routed = generation;
        this.#offer();
        this.#upstream.putBack(service.name);
      },
    };
  }

  #addMember(service: ServiceConfig): Member {
    const { agentId } = this.#options.chosen.config;
    const isAlone = this.#members.size === 0;
    const member: Member = {
      service,
      serviceId:
        agentId !== null && isAlone && this.#agent !== null
          ? agentId
          : upstreamServiceId(service.service, service.cwd),
      lanes: [],
      functions: [],
      saidWhyKept: new Set(),
    };
    this.#members.set(service.name, member);
    return member;
  }

  /** The configuration changed. What it says about the process is told when the next generation has the calls. */
  reconfigure(service: ServiceConfig): void {
    const member = this.#members.get(service.name);
    if (member === undefined) return;
    const before = member.service;
    member.service = service;
    if (before.service === service.service) return;
    this.#options.publish({
      type: 'session.notice',
      service: service.name,
      level: 'info',
      message: `its id is ${service.service} now; ${this.url} knows it as ${member.serviceId} until the next start of croupier dev`,
    });
  }

  /** A service is not part of the session any more: nothing of it is offered. */
  leave(name: string): void {
    if (this.#members.delete(name)) this.#offer();
  }

  get status(): UpstreamStatus {
    return this.#upstream.status;
  }

  /** A service is not offered any more, as long as the session lasts; the others are. */
  withhold(name: string): void {
    this.#withheld.add(name);
    this.#offer();
  }

  /** To be called with every event of the session. */
  take(event: StampedEvent): void {
    switch (event.type) {
      case 'functions.changed':
        this.#offer();
        return;
      case 'generation.starting':
        this.#starting.add(generationKey(event));
        this.#lookSoon();
        return;
      case 'generation.ready':
      case 'generation.stopped':
      case 'generation.failed':
        if (this.#starting.delete(generationKey(event))) {
          this.#lookUntil = this.#options.clock.now() + LOOK_AFTER_READY_MS;
        }
        return;
      default:
        return;
    }
  }

  /**
   * The session ends: no new calls shall come from there. Resolves when that is done, or after half a second: an agent on this machine
   * needs a few ms, and one that does not answer shall not hold up the end.
   */
  async withdraw(): Promise<void> {
    this.#isWithdrawn = true;
    this.#cancelLook?.();
    await new Promise<void>((resolve) => {
      const cancelTimer = this.#options.clock.after(WITHDRAW_MS, resolve);
      void this.#upstream.withdraw().then(() => {
        cancelTimer();
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.#isWithdrawn = true;
    this.#cancelLook?.();
    await this.#upstream.close();
  }

  /** A server or agent somewhere else calls us at the address that it is told; an edge does so only when its tunnel fails. */
  #warnWhereUnreachable(): void {
    const { config } = this.#options.chosen;
    const host = this.#address.replace(/:\d+$/, '');
    if (config.kind === 'edge' || isLoopback(config.host) || !isLoopback(host)) return;
    this.#options.publish({
      type: 'session.notice',
      level: 'warn',
      message: `${config.url} is another host and cannot call ${this.#address}: have the gateway listen where it is reached, with "gateway": { "listen": "0.0.0.0:19090", "advertise": "<this host>:0" }`,
    });
  }

  #offer(): void {
    if (this.#isWithdrawn) return;
    const members = [...this.#members.values()].filter(({ service }) => !this.#withheld.has(service.name));
    const offered = members.map((member): OfferedService => {
      const functions = functionsOf(member);
      // A process that takes itself out is about to end or to come back: its calls wait here.
      if (functions.length > 0) member.functions = functions;
      const { service } = member;
      return {
        name: service.name,
        serviceId: member.serviceId,
        version: service.version,
        gameId: service.gameId,
        env: service.env,
        functions: member.functions,
        claims: this.#selfRegistered.claims(service.name),
      };
    });
    if (isDeepStrictEqual(offered, this.#offered)) return;
    this.#offered = offered;
    this.#upstream.offer(offered);
  }

  async #gapBegins(member: Member): Promise<void> {
    const { name, drain } = member.service;
    const result = await this.#upstream.takeOut(name);
    if (result.outcome === 'taken-out' || drain.policy !== 'deregister') return;
    // Said once for each reason: a swap comes with every save.
    if (member.saidWhyKept.has(result.why) || this.#isWithdrawn) return;
    member.saidWhyKept.add(result.why);
    this.#options.publish({
      type: 'session.notice',
      service: name,
      level: 'info',
      message: `drain policy "deregister": the registration stays, and calls wait here, because ${result.why}`,
    });
  }

  #isOurId(serviceId: string): boolean {
    return [...this.#members.values()].some((member) => member.serviceId === serviceId);
  }

  #onClaimed(name: string, serviceId: string, isNew: boolean): void {
    this.#offer();
    if (!isNew) return;
    this.#options.publish({
      type: 'session.notice',
      service: name,
      level: 'info',
      message: `it registers with ${this.url} by itself, as ${serviceId === '' ? 'a service without an id' : serviceId}; it is registered again with the gateway's address, so that its calls pass through here and none is lost in a restart`,
    });
  }

  async #takePort(): Promise<boolean> {
    const { host, port } = this.#options.chosen.config;
    const isTaken = (await this.#options.gateway.listenAlso(host, port)).ok;
    if (isTaken) this.#options.publish({ type: 'upstream.replaced', url: this.url });
    return isTaken;
  }

  /** Looks again and again while a process may be about to register with the agent by itself. */
  #lookSoon(): void {
    if (this.#agent === null || this.#cancelLook !== null || !isLoopback(this.#options.chosen.config.host))
      return;
    this.#cancelLook = this.#options.clock.after(LOOK_EVERY_MS, () => {
      this.#cancelLook = null;
      if (this.#isWithdrawn) return;
      if (this.#starting.size === 0 && this.#options.clock.now() > this.#lookUntil) return;
      if (this.#maySelfRegister()) this.#agent?.look();
      this.#lookSoon();
    });
  }

  /** Some generation has said nothing to its own listener: its SDK may know another address. */
  #maySelfRegister(): boolean {
    return [...this.#members.values()].some(
      ({ service, lanes }) =>
        this.#selfRegistered.claims(service.name).length > 0 ||
        lanes.some(({ gate, routed }) => routed === null || !gate.speaks(routed)),
    );
  }
}

function generationKey(event: {
  readonly service: string;
  readonly instance?: number;
  readonly generation: number;
}): string {
  return `${event.service} ${event.instance ?? 1} ${event.generation}`;
}

/** What the routed generations of all instances serve; where they differ, the first one that has it counts. */
function functionsOf({ lanes }: Member): readonly OfferedFunction[] {
  const byId = new Map<string, OfferedFunction>();
  for (const { gate, routed } of lanes) {
    for (const one of routed === null ? [] : gate.functions(routed)) {
      if (!byId.has(one.id)) byId.set(one.id, one);
    }
  }
  return [...byId.values()];
}

async function readFiles(files: TlsFiles | null): Promise<Result<TlsMaterial | null, string>> {
  return files === null ? ok(null) : readTls(files);
}
