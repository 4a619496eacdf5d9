import { type Clock, delay } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import type { Result } from '../core/result.js';
import type { LocalFunction } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { TlsMaterial } from '../protocol/tls.js';
import type { AgentNetwork } from './agent-connection.js';
import { withdrawalOf } from './agent-entries.js';
import { currentLink, type Facts, type Input, type Machine } from './agent-state.js';
import { type Sighting, sightAll } from './instance-sighting.js';
import { within } from './server-deadline.js';
import { IGNORES_EMPTY, type SwapPort, TOO_SLOW, takeOut, type Withdrawal } from './take-out.js';
import type { Departures, OfferedService, TakeOutResult } from './types.js';

export interface AgentSwapOptions {
  readonly sessionId: string;
  readonly clock: Clock;
  readonly network: Pick<AgentNetwork, 'sight' | 'dial'>;
  /** What the gateways of other sessions are dialled with; null: plain text. The error is for people. */
  readGatewayTls(): Promise<Result<TlsMaterial | null, string>>;
  machine(): Machine;
  dispatch(input: Input): void;
  /** ListLocal over the present connection; null: the agent does not have it. The error is for people. */
  list(timeoutMs: number): Promise<Result<readonly LocalFunction[] | null, string>>;
  publish(event: CroupierEvent): void;
}

/** A service that is to be out of routing. */
interface Swap {
  readonly name: string;
  /** Its `service_id`s; empty: it stays in any case. */
  readonly ids: readonly string[];
  isDecided: boolean;
  /** null: it is about to begin. */
  result: Promise<TakeOutResult> | null;
}

/** For the whole of taking a service out: its calls are held here meanwhile in any case (ms). */
const BUDGET_MS = 3_000;
/** Another instance that does not accept a connection within this time is not alive (ms). */
const DIAL_MS = 500;
/** Between two looks at a session that is still asking the others itself (ms). */
const UNDECIDED_PAUSE_MS = 25;

/** Services that are taken out of routing for a swap. */
export class AgentSwap {
  readonly #options: AgentSwapOptions;
  /** By name: the swap that is wanted. */
  readonly #swaps = new Map<string, Swap>();
  /** Swaps that are over, whose service is not registered again yet. */
  readonly #returning = new Set<Swap>();
  /** Looks for what it waits for; true: it was there. */
  readonly #waiting = new Set<() => boolean>();

  constructor(options: AgentSwapOptions) {
    this.#options = options;
  }

  /** A service is in it from the first moment of takeOut() until it stays, after all, or is registered again. */
  get departures(): Departures {
    const swaps = [...this.#swaps.values(), ...this.#returning];
    const idsWhere = (isDecided: boolean): readonly string[] =>
      swaps.filter((swap) => swap.isDecided === isDecided).flatMap((swap) => swap.ids);
    return { leaving: idsWhere(false), takenOut: idsWhere(true) };
  }

  takeOut(name: string): Promise<TakeOutResult> {
    const present = this.#swaps.get(name)?.result ?? null;
    if (present !== null) return present;
    const service = this.#startingPoint(name);
    if (typeof service === 'string') return Promise.resolve(kept(service));
    const ids = [service, ...service.claims].map(({ serviceId }) => serviceId);
    const swap: Swap = { name, ids, isDecided: false, result: null };
    // Others can see that it wants to leave before it looks at them.
    this.#swaps.set(name, swap);
    const result = this.#takeOut(service, swap);
    swap.result = result;
    return result;
  }

  putBack(name: string): void {
    this.#forget(name);
    this.#options.dispatch({ type: 'release', name });
  }

  /** To be called after every change of the machine. */
  onChange(): void {
    for (const look of [...this.#waiting]) if (look()) this.#waiting.delete(look);
    for (const swap of [...this.#returning]) if (this.#isBack(swap)) this.#returning.delete(swap);
  }

  async #takeOut(service: OfferedService, swap: Swap): Promise<TakeOutResult> {
    const { clock, publish, sessionId } = this.#options;
    const { facts } = this.#options.machine();
    const departing = { service, sessionId, ownIds: ownIds(facts), isOurs: facts.isOurs };
    const result = await within(clock, BUDGET_MS, takeOut(departing, this.#port(service, swap)));
    const isWanted = this.#isWanted(swap);
    if (result !== 'late' && result.outcome === 'taken-out' && isWanted) {
      publish({ type: 'upstream.drained', url: facts.url, service: swap.name, reason: 'swap' });
      return result;
    }
    if (isWanted) {
      this.#forget(swap.name);
      this.#release(swap.name);
      this.onChange();
    }
    return result !== 'late' && result.outcome === 'kept' ? result : kept(TOO_SLOW);
  }

  /** The service to take out, or why it cannot be. */
  #startingPoint(name: string): OfferedService | string {
    const { facts, state } = this.#options.machine();
    if (state.state === 'succeeded') return 'this session serves the address of the agent itself';
    if (state.state !== 'connected') return 'the agent is not connected';
    if (state.link.appending) return IGNORES_EMPTY;
    const service = facts.offered.find((one) => one.name === name);
    return service !== undefined && service.functions.length > 0 ? service : 'nothing of it is registered';
  }

  #port(service: OfferedService, swap: Swap): SwapPort {
    const { network, clock, list, dispatch, machine } = this.#options;
    const { name } = service;
    const deadline = clock.now() + BUDGET_MS;
    const connection = currentLink(machine().state)?.connection;
    const isWanted = (): boolean => this.#isWanted(swap);
    return {
      list: () => list(Math.max(1, deadline - clock.now())),
      sight: (addresses) => this.#sight(addresses),
      dial: (addresses) => sightAll(addresses, (target) => network.dial(target, DIAL_MS)),
      pause: () => delay(clock, UNDECIDED_PAUSE_MS),
      decide: () => {
        swap.isDecided = true;
      },
      withdraw: () => {
        dispatch({ type: 'withhold', name });
        return this.#until(() => {
          const { facts, state } = machine();
          const link = state.state === 'connected' ? state.link : null;
          if (!isWanted() || link?.connection !== connection || link === null) return 'lost';
          return withdrawalOf(link, facts.planned, service);
        });
      },
      release: () => this.#release(name),
      isWanted,
    };
  }

  async #sight(addresses: Iterable<string>): Promise<ReadonlyMap<string, Sighting>> {
    const { network, readGatewayTls } = this.#options;
    const tls = await readGatewayTls();
    return sightAll(addresses, (target) =>
      // Without certificates a session cannot be told from other instances.
      tls.ok ? network.sight(target, tls.value, DIAL_MS) : network.dial(target, DIAL_MS),
    );
  }

  #isWanted(swap: Swap): boolean {
    return this.#swaps.get(swap.name) === swap;
  }

  #forget(name: string): void {
    const swap = this.#swaps.get(name);
    this.#swaps.delete(name);
    if (swap?.isDecided === true) this.#returning.add(swap);
  }

  /** The agent has what it is to have of the service. */
  #isBack({ ids }: Swap): boolean {
    const { facts, state } = this.#options.machine();
    if (state.state !== 'connected') return false;
    return ids.every((id) => {
      const planned = facts.planned.get(id);
      const entry = state.link.entries.get(id);
      return planned === undefined || (entry?.sending === null && entry.has?.key === planned.key);
    });
  }

  #release(name: string): void {
    const { machine, dispatch } = this.#options;
    if (machine().facts.withheld.has(name)) dispatch({ type: 'release', name });
  }

  /** What the look gives as soon as it is not pending. */
  #until(look: () => Withdrawal | 'pending'): Promise<Withdrawal> {
    return new Promise((resolve) => {
      const settle = (): boolean => {
        const seen = look();
        if (seen === 'pending') return false;
        resolve(seen);
        return true;
      };
      if (!settle()) this.#waiting.add(settle);
    });
  }
}

function kept(why: string): TakeOutResult {
  return { outcome: 'kept', why };
}

/** Ids under which nobody else is found. */
function ownIds({ offered }: Facts): ReadonlySet<string> {
  return new Set(offered.flatMap((one) => [one.serviceId, ...one.claims.map((claim) => claim.serviceId)]));
}
