import type { Clock } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import type { Result } from '../core/result.js';
import type { DialTarget } from '../protocol/address.js';
import type { LocalFunction } from '../protocol/gen/croupier/agent/local/v1/local.js';
import { withdrawalOf } from './agent-entries.js';
import { currentLink, type Facts, type Input, type Machine } from './agent-state.js';
import { liveAddresses } from './live-addresses.js';
import { within } from './server-deadline.js';
import { IGNORES_EMPTY, type SwapPort, TOO_SLOW, takeOut, type Withdrawal } from './take-out.js';
import type { OfferedService, TakeOutResult } from './types.js';

export interface AgentSwapOptions {
  readonly clock: Clock;
  accepts(target: DialTarget, timeoutMs: number): Promise<boolean>;
  machine(): Machine;
  dispatch(input: Input): void;
  /** ListLocal over the present connection; null: the agent does not have it. The error is for people. */
  list(timeoutMs: number): Promise<Result<readonly LocalFunction[] | null, string>>;
  publish(event: CroupierEvent): void;
}

/** For the whole of taking a service out: its calls are held here meanwhile in any case (ms). */
const BUDGET_MS = 3_000;
/** Another instance that does not accept a connection within this time is not alive (ms). */
const DIAL_MS = 500;

/** Services that are taken out of routing for a swap. */
export class AgentSwap {
  readonly #options: AgentSwapOptions;
  /** By name: the swap that is wanted, with its answer. */
  readonly #swaps = new Map<string, { readonly id: symbol; readonly result: Promise<TakeOutResult> }>();
  /** Looks for what it waits for; true: it was there. */
  readonly #waiting = new Set<() => boolean>();

  constructor(options: AgentSwapOptions) {
    this.#options = options;
  }

  takeOut(name: string): Promise<TakeOutResult> {
    const present = this.#swaps.get(name);
    if (present !== undefined) return present.result;
    const id = Symbol(name);
    const result = this.#takeOut(name, id);
    this.#swaps.set(name, { id, result });
    return result;
  }

  putBack(name: string): void {
    this.#swaps.delete(name);
    this.#options.dispatch({ type: 'release', name });
  }

  /** To be called after every change of the machine. */
  onChange(): void {
    for (const look of [...this.#waiting]) if (look()) this.#waiting.delete(look);
  }

  async #takeOut(name: string, id: symbol): Promise<TakeOutResult> {
    const { clock, publish } = this.#options;
    const { facts } = this.#options.machine();
    const service = this.#startingPoint(name);
    const result =
      typeof service === 'string'
        ? kept(service)
        : await within(
            clock,
            BUDGET_MS,
            takeOut(service, ownIds(facts), facts.isOurs, this.#port(service, id)),
          );
    const isWanted = this.#swaps.get(name)?.id === id;
    if (result !== 'late' && result.outcome === 'taken-out' && isWanted) {
      publish({ type: 'upstream.drained', url: facts.url, service: name, reason: 'swap' });
      return result;
    }
    if (isWanted) {
      this.#swaps.delete(name);
      this.#release(name);
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

  #port(service: OfferedService, id: symbol): SwapPort {
    const { accepts, clock, list } = this.#options;
    const { name } = service;
    const deadline = clock.now() + BUDGET_MS;
    const connection = currentLink(this.#options.machine().state)?.connection;
    const isWanted = (): boolean => this.#swaps.get(name)?.id === id;
    return {
      list: () => list(Math.max(1, deadline - clock.now())),
      live: (addresses) => liveAddresses(addresses, (target) => accepts(target, DIAL_MS)),
      withdraw: () => {
        this.#options.dispatch({ type: 'withhold', name });
        return this.#until(() => {
          const { facts, state } = this.#options.machine();
          const link = state.state === 'connected' ? state.link : null;
          if (!isWanted() || link?.connection !== connection || link === null) return 'lost';
          return withdrawalOf(link, facts.planned, service);
        });
      },
      release: () => this.#release(name),
      isWanted,
    };
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
