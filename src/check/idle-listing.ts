import type { CancelTimer, Clock } from '../core/clock.js';
import type { AgentClient } from '../protocol/client.js';
import type { Load } from './steady-calls.js';

/** Pause between two looks, ms. */
const EVERY_MS = 50;
const PATIENCE_MS = 3000;

/** Where no function can be called again and again: asks the gateway for its list, which has to be answered all the time. */
export class IdleListing implements Load {
  readonly #client: Pick<AgentClient, 'listLocal'>;
  readonly #failures: string[] = [];
  readonly #clock: Clock;
  #underWay: Promise<void> | null = null;
  #cancelTimer: CancelTimer = () => {};
  #sent = 0;
  #answered = 0;

  constructor(client: Pick<AgentClient, 'listLocal'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  get sent(): number {
    return this.#sent;
  }

  get answered(): number {
    return this.#answered;
  }

  get failed(): number {
    return this.#failures.length;
  }

  get failures(): readonly string[] {
    return [...new Set(this.#failures)];
  }

  start(): void {
    // One at a time: what is asked for is whether there is an answer, not how many.
    this.#underWay ??= this.#look().finally(() => {
      this.#underWay = null;
    });
    this.#cancelTimer = this.#clock.after(EVERY_MS, () => this.start());
  }

  halt(): void {
    this.#cancelTimer();
  }

  async stop(): Promise<void> {
    this.halt();
    await this.#underWay;
  }

  async #look(): Promise<void> {
    this.#sent += 1;
    const listed = await this.#client.listLocal({ timeoutMs: PATIENCE_MS });
    if (listed.ok) this.#answered += 1;
    else this.#failures.push(`ListLocal: ${listed.error.codeName}: ${listed.error.message}`);
  }
}
