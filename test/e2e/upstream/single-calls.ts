import {
  FunctionServiceService as Functions,
  type InvokeRequest,
  type JobEvent,
} from '../../standins/gen/function.js';
import { Calls } from '../../unit/standins/calls.js';

/** For everything that is called here, on a slow and busy machine, ms. */
const LIMIT_MS = 60_000;

/** What `echo` of a test's game server answers, or the status as `NAME: message`. */
export type Echo =
  | { readonly id: string; readonly generation: number; readonly version: string }
  | { readonly failed: string };

/** Job events as they came, and how their stream ended. */
export interface Followed {
  readonly events: readonly JobEvent[];
  /** The name of the gRPC status. */
  readonly ended: Promise<string>;
}

/** Calls and jobs to a server or an edge, one by one. */
export class SingleCalls {
  readonly #calls: Calls;

  constructor(address: string) {
    this.#calls = new Calls(address);
  }

  /** `barrier`: the game server waits there. The id is the idempotency key as well. */
  async echo(id: string, payload: { readonly barrier?: string } = {}): Promise<Echo> {
    const request = requestOf('echo', { id, ...payload }, id);
    const answer = await this.#calls.send(Functions.invoke, request, { deadline: Date.now() + LIMIT_MS });
    return 'ok' in answer ? JSON.parse(answer.ok.payload.toString()) : answer;
  }

  /** Starts the job `count`, and answers its id. */
  async count(payload: { readonly steps: number; readonly pause: number; readonly barrier?: string }) {
    const answer = await this.#calls.send(Functions.startJob, requestOf('count', payload, ''));
    if (!('ok' in answer)) throw new Error(answer.failed);
    return answer.ok.jobId;
  }

  follow(jobId: string): Followed {
    const events: JobEvent[] = [];
    const { ended } = this.#calls.stream(Functions.streamJob, { jobId }, (event) => events.push(event));
    return { events, ended };
  }

  async cancel(jobId: string): Promise<void> {
    await this.#calls.send(Functions.cancelJob, { jobId });
  }
}

function requestOf(functionId: string, payload: object, idempotencyKey: string): InvokeRequest {
  return { functionId, idempotencyKey, payload: Buffer.from(JSON.stringify(payload)), metadata: {} };
}
