import { expect } from 'vitest';
import type { Result } from '../../../src/core/result.js';
import { type AgentClient, connectAgent } from '../../../src/protocol/client.js';
import type { JobEvent } from '../../../src/protocol/gen/croupier/function/v1/function.js';
import type { RpcFailure } from '../../../src/protocol/rpc.js';

/** Longer than anything is held by default, in ms. */
const TIMEOUT_MS = 60_000;

/** What became of a call. */
export interface Outcome {
  /** `OK`, or the name of the gRPC status. */
  readonly status: string;
  /** What the function returned; null where the call failed. */
  readonly answer: Readonly<Record<string, unknown>> | null;
  /** Trailing metadata `croupier-reason` and `croupier-generation`. */
  readonly reason: string | null;
  readonly generation: string | null;
  readonly message: string;
}

export interface CallSettings {
  readonly timeoutMs?: number;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** A call that was sent. */
export class Call {
  readonly outcome: Promise<Outcome>;
  isPending = true;

  constructor(outcome: Promise<Outcome>) {
    this.outcome = outcome;
    void outcome.then(() => {
      this.isPending = false;
    });
  }
}

/** Calls through a gateway, on one connection. */
export class Caller {
  readonly #client: AgentClient;

  private constructor(client: AgentClient) {
    this.#client = client;
  }

  static async connect(gateway: string): Promise<Caller> {
    const client = connectAgent(gateway);
    expect(await client.waitForReady(TIMEOUT_MS)).toBe(true);
    return new Caller(client);
  }

  call(functionId: string, payload: object, settings: CallSettings = {}): Call {
    const { timeoutMs = TIMEOUT_MS, idempotencyKey = '', signal } = settings;
    const request = { functionId, idempotencyKey, payload: encode(payload), metadata: {} };
    const options = signal === undefined ? { timeoutMs } : { timeoutMs, signal };
    return new Call(this.#client.invoke(request, options).then(toOutcome));
  }

  echo(
    payload: { readonly id?: string; readonly delay?: number; readonly barrier?: string } = {},
    settings: CallSettings = {},
  ): Call {
    return this.call('echo', { id: 'a call', ...payload }, settings);
  }

  /** Comes back when the gateway has read everything that was sent before, and has had turns enough to answer it. */
  async roundTrips(count = 3): Promise<void> {
    for (let trip = 0; trip < count; trip++) {
      expect(await this.#client.listLocal({ timeoutMs: TIMEOUT_MS })).toMatchObject({ ok: true });
    }
  }

  startJob(functionId: string, payload: object): Promise<Result<{ readonly jobId: string }, RpcFailure>> {
    const request = { functionId, idempotencyKey: '', payload: encode(payload), metadata: {} };
    return this.#client.startJob(request, { timeoutMs: TIMEOUT_MS });
  }

  /** Starts a job that must be taken; answers its id. */
  async job(functionId: string, payload: object): Promise<string> {
    const started = await this.startJob(functionId, payload);
    if (!started.ok) throw new Error(`${started.error.codeName}: ${started.error.message}`);
    expect(started.value.jobId).not.toBe('');
    return started.value.jobId;
  }

  /** All events of a job; resolves when its stream has ended well. */
  async jobEvents(jobId: string): Promise<readonly JobEvent[]> {
    const events: JobEvent[] = [];
    for await (const item of this.#client.streamJob(jobId, { timeoutMs: TIMEOUT_MS })) {
      if (!item.ok) throw new Error(`${item.error.codeName}: ${item.error.message}`);
      events.push(item.value);
    }
    return events;
  }

  close(): void {
    this.#client.close();
  }
}

/** The payload of a job's event, parsed. */
export function payloadOf(event: JobEvent | undefined): unknown {
  return event === undefined ? undefined : JSON.parse(event.payload.toString());
}

function encode(payload: object): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

function toOutcome(result: Result<{ readonly payload: Buffer }, RpcFailure>): Outcome {
  if (result.ok) {
    const answer: Record<string, unknown> = JSON.parse(result.value.payload.toString());
    return { status: 'OK', answer, reason: null, generation: null, message: '' };
  }
  const { codeName, message, metadata } = result.error;
  return {
    status: codeName,
    answer: null,
    reason: metadata['croupier-reason'] ?? null,
    generation: metadata['croupier-generation'] ?? null,
    message,
  };
}
