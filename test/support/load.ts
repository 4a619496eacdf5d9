import { readFileSync } from 'node:fs';
import { type AgentClient, connectAgent } from '../../src/protocol/client.js';

export interface Answer {
  readonly id: string;
  /** `performance.now()` when it was sent and answered. */
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly generation: number;
  readonly version: string;
}

export interface Loss {
  readonly id: string;
  readonly error: string;
}

/** Steady calls to `echo`, as a real caller makes them, and a record of every answer. */
export class Load {
  readonly answers: Answer[] = [];
  readonly losses: Loss[] = [];
  readonly #client: AgentClient;
  readonly #perSecond: number;
  readonly #longestMs: number;
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #sent = 0;
  #startedAt = 0;

  /** Calls take 0 to `longestMs` inside the game server. */
  constructor(gateway: string, options: { readonly perSecond: number; readonly longestMs: number }) {
    this.#client = connectAgent(gateway);
    this.#perSecond = options.perSecond;
    this.#longestMs = options.longestMs;
  }

  get sent(): number {
    return this.#sent;
  }

  start(): void {
    this.#startedAt = performance.now();
    // Whatever a slow turn of the event loop missed is sent with the next: the rate holds on a busy machine.
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#startedAt) / 1000) * this.#perSecond;
      while (this.#sent < due) this.send();
    }, 5);
  }

  send(delay = Math.floor(((this.#sent * 7919) % 1000) * (this.#longestMs / 1000))): void {
    this.#sent += 1;
    const call = this.#call(`call-${this.#sent}`, delay);
    this.#underWay.add(call);
    void call.finally(() => this.#underWay.delete(call));
  }

  /** Stops sending and waits for the calls under way. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#client.close();
  }

  async #call(id: string, delay: number): Promise<void> {
    const sentAt = performance.now();
    const result = await this.#client.invoke(
      {
        functionId: 'echo',
        idempotencyKey: id,
        payload: Buffer.from(JSON.stringify({ id, delay })),
        metadata: {},
      },
      { timeoutMs: 60_000 },
    );
    if (!result.ok) {
      this.losses.push({ id, error: `${result.error.codeName}: ${result.error.message}` });
      return;
    }
    const answer = JSON.parse(Buffer.from(result.value.payload).toString());
    if (answer.id !== id) this.losses.push({ id, error: `answered as ${answer.id}` });
    const { generation, version } = answer;
    this.answers.push({ id, sentAt, answeredAt: performance.now(), generation, version });
  }
}

/** Ids of calls that ran more than once, from the file that the game server appends to. */
export function executedTwice(file: string): readonly string[] {
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const id = line.split(' ')[0] ?? '';
    if (seen.has(id)) twice.push(id);
    seen.add(id);
  }
  return twice;
}
