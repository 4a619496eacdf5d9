import { type AgentClient, connectAgent } from '../../src/protocol/client.js';
import { until } from '../support/dev-process.js';

/** Longer than a call is ever held, in ms. */
const CALL_TIMEOUT_MS = 60_000;

/** Steady calls of `server.status` through a gateway; none waits for another. */
export class StatusCalls {
  readonly #client: AgentClient;
  readonly #underWay = new Set<Promise<void>>();
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #firstAnswers = new Map<string, number>();
  /** What each call that was not answered came to. */
  readonly losses: string[] = [];
  sent = 0;

  constructor(gateway: string, perSecond: number) {
    this.#client = connectAgent(gateway);
    // Whatever a slow turn of the event loop missed is sent with the next: the rate holds on a busy machine.
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#startedAt) / 1000) * perSecond;
      while (this.sent < due) this.#send();
    }, 5);
  }

  /** When this version answered for the first time (`performance.now()`); null: not yet. */
  firstAnswerOf(version: string): number | null {
    return this.#firstAnswers.get(version) ?? null;
  }

  /** Waits until so many more calls were sent. */
  async pass(count: number): Promise<void> {
    const end = this.sent + count;
    await until(`${count} more calls`, () => this.sent >= end);
  }

  /** Stops sending and waits for the calls under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#client.close();
  }

  #send(): void {
    this.sent += 1;
    const call = this.#call();
    this.#underWay.add(call);
    void call.finally(() => this.#underWay.delete(call));
  }

  async #call(): Promise<void> {
    const request = {
      functionId: 'server.status',
      idempotencyKey: '',
      payload: Buffer.from('{}'),
      metadata: {},
    };
    const result = await this.#client.invoke(request, { timeoutMs: CALL_TIMEOUT_MS });
    if (!result.ok) {
      this.losses.push(`${result.error.codeName}: ${result.error.message}`);
      return;
    }
    const { version } = JSON.parse(Buffer.from(result.value.payload).toString());
    if (!this.#firstAnswers.has(version)) this.#firstAnswers.set(version, performance.now());
  }
}
