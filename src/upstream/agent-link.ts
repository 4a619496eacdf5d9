import type { CancelTimer } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { err, ok, type Result } from '../core/result.js';
import type { LocalFunction } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { TlsMaterial } from '../protocol/tls.js';
import { AgentConnection, type AgentNetwork, RPC_TIMEOUT_MS } from './agent-connection.js';
import { ownAddress } from './agent-listing.js';
import { next } from './agent-next.js';
import { type Effect, type Input, initialMachine, type Machine } from './agent-state.js';
import { statusOf } from './agent-status.js';
import { AgentSwap } from './agent-swap.js';
import { isLoopback, reconnectDelay } from './backoff.js';
import { Elsewhere } from './elsewhere.js';
import { lossOf } from './loss.js';
import { within } from './server-deadline.js';
import type {
  AgentUpstream,
  AgentUpstreamOptions,
  Departures,
  OfferedService,
  OthersPort,
  TakeOutResult,
  UpstreamStatus,
} from './types.js';

export interface AgentLinkOptions extends AgentUpstreamOptions {
  /** Asked at each attempt, so that renewed certificates are taken. */
  readTls(): Promise<Result<TlsMaterial | null, string>>;
}

/** Agents drop a silent service after 60 to 90 s. */
const HEARTBEAT_MS = 15_000;
/** All that are left try to take a port over at the same moment: the first attempt comes at random within this time (ms). */
const SUCCESSION_SPREAD_MS = 150;
const LOOK_GAP_MS = 250;
const CLOSE_MS = 3_000;

/**
 * The session as one game server of an agent: runs what the state machine decides, one connection at a time. It decides nothing itself;
 * whatever comes back for an old connection is dropped by its number.
 */
export class AgentLink implements AgentUpstream {
  readonly #options: AgentLinkOptions;
  readonly #network: AgentNetwork;
  readonly #inputs: Input[] = [];
  readonly #swap: AgentSwap;
  readonly others: OthersPort;
  #machine: Machine;
  #isWorking = false;
  #connection: AgentConnection | null = null;
  #explaining = false;
  #cancelWait: CancelTimer = () => {};
  #cancelHeartbeat: CancelTimer = () => {};
  #cancelClose: CancelTimer = () => {};
  #cancelLook: CancelTimer | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #closing: Promise<void> | null = null;
  #onClosed: () => void = () => {};

  constructor(options: AgentLinkOptions, network: AgentNetwork) {
    this.#options = options;
    this.#network = network;
    this.#machine = initialMachine({
      url: options.config.url,
      isOurs: ownAddress(options.gatewayAddress),
      canTakePort: options.takePort !== null,
    });
    this.#swap = new AgentSwap({
      clock: options.clock,
      sessionId: options.sessionId,
      network,
      readGatewayTls: () => options.readGatewayTls(),
      machine: () => this.#machine,
      dispatch: (input) => this.#dispatch(input),
      list: (timeoutMs) => this.#list(timeoutMs),
      publish: (event) => options.publish(event),
    });
    this.others = new Elsewhere({
      clock: options.clock,
      isOurs: this.#machine.facts.isOurs,
      client: () => (this.#machine.state.state === 'connected' ? (this.#connection?.client ?? null) : null),
      list: () => this.#list(RPC_TIMEOUT_MS),
    });
    this.#dispatch({ type: 'attempt-due' });
  }

  get departures(): Departures {
    return this.#swap.departures;
  }

  get status(): UpstreamStatus {
    return statusOf(this.#machine);
  }

  offer(services: readonly OfferedService[]): void {
    if (this.#closing === null) this.#dispatch({ type: 'offer', services });
  }

  takeOut(name: string): Promise<TakeOutResult> {
    return this.#swap.takeOut(name);
  }

  putBack(name: string): void {
    if (this.#closing === null) this.#swap.putBack(name);
  }

  look(): void {
    if (this.#cancelLook !== null || this.#closing !== null) return;
    const { clock } = this.#options;
    this.#cancelLook = clock.after(this.#lookedAt + LOOK_GAP_MS - clock.now(), () => {
      this.#cancelLook = null;
      this.#lookedAt = clock.now();
      this.#dispatch({ type: 'look' });
    });
  }

  /** Calls reach the gateway without this connection, so that it can be closed before they are answered. */
  withdraw(): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#onClosed = resolve;
      this.#dispatch({ type: 'close' });
    });
    return this.#closing;
  }

  /** Takes an input; its effects are under way when this returns, unless it was called from an effect. */
  #dispatch(input: Input): void {
    this.#inputs.push(input);
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (let one = this.#inputs.shift(); one !== undefined; one = this.#inputs.shift()) {
      const [machine, effects] = next(this.#machine, one);
      this.#machine = machine;
      for (const effect of effects) this.#perform(effect);
    }
    this.#isWorking = false;
    this.#swap.onChange();
  }

  #perform(effect: Effect): void {
    const { clock, gatewayAddress, publish } = this.#options;
    switch (effect.type) {
      case 'wait':
        this.#cancelWait = clock.after(this.#pause(effect), () => this.#dispatch({ type: 'attempt-due' }));
        return;
      case 'take-port':
        void this.#takePort();
        return;
      case 'dial':
        this.#dial(effect.connection);
        return;
      case 'describe':
        void this.#over(effect.connection)?.describe();
        return;
      case 'list':
        void this.#over(effect.connection)?.list(effect.revision);
        return;
      case 'register': {
        const { serviceId, version, functions } = effect;
        const registration = { serviceId, version, rpcAddr: gatewayAddress, functions };
        void this.#over(effect.connection)?.register(registration);
        return;
      }
      case 'heartbeat':
        void this.#over(effect.connection)?.heartbeat(effect.serviceId, effect.sessionId);
        return;
      case 'schedule-heartbeat': {
        const { connection } = effect;
        this.#cancelHeartbeat = clock.after(HEARTBEAT_MS, () =>
          this.#dispatch({ type: 'heartbeat-due', connection }),
        );
        return;
      }
      case 'drop':
        this.#cancelHeartbeat();
        this.#over(effect.connection)?.close();
        return;
      case 'explain':
        void this.#explain(effect);
        return;
      case 'publish':
        publish(effect.event);
        return;
      case 'schedule-close':
        this.#cancelClose = clock.after(CLOSE_MS, () => this.#dispatch({ type: 'close-due' }));
        return;
      case 'closed':
        this.#end();
        return;
      default:
        assertNever(effect);
    }
  }

  #pause({ attempt, isSuccession }: Extract<Effect, { type: 'wait' }>): number {
    const { config, random } = this.#options;
    if (isSuccession) return random() * SUCCESSION_SPREAD_MS;
    return reconnectDelay(attempt, { ...config.reconnect, isLoopback: isLoopback(config.host) }, random);
  }

  #over(connection: number): AgentConnection | null {
    return this.#connection?.number === connection ? this.#connection : null;
  }

  #dial(number: number): void {
    const { config, clock, readTls, onListed } = this.#options;
    this.#connection = new AgentConnection({
      number,
      target: { host: config.host, port: config.port },
      network: this.#network,
      clock,
      isWary: this.#connection?.wasSilent ?? false,
      readTls,
      dispatch: (input) => this.#dispatch(input),
      onListed,
    });
  }

  async #takePort(): Promise<void> {
    const { takePort, clock } = this.#options;
    const taken = takePort === null ? false : await within(clock, RPC_TIMEOUT_MS, takePort());
    this.#dispatch({ type: 'port-answered', taken: taken === true });
  }

  /** The next attempt does not wait for it; of several that fail meanwhile the first is looked into. */
  async #explain({ connection, attempt, loss }: Extract<Effect, { type: 'explain' }>): Promise<void> {
    if (this.#explaining) return;
    this.#explaining = true;
    const problem = (await this.#over(connection)?.explain()) ?? null;
    this.#explaining = false;
    this.#dispatch({
      type: 'explained',
      connection,
      attempt,
      loss: problem === null ? loss : lossOf(problem),
    });
  }

  async #list(timeoutMs: number): Promise<Result<readonly LocalFunction[] | null, string>> {
    const listed = (await this.#connection?.listNow(timeoutMs)) ?? null;
    if (listed === null) return err('the agent is not connected');
    if (!listed.ok) return err('the agent did not say in time who else serves the functions');
    return ok(listed.value.functions);
  }

  #end(): void {
    this.#cancelWait();
    this.#cancelHeartbeat();
    this.#cancelClose();
    this.#cancelLook?.();
    this.#onClosed();
  }
}
