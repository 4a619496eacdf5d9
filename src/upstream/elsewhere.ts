import type { Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { err, ok, type Result } from '../core/result.js';
import { statusAnswer } from '../protocol/child-call.js';
import type { AgentClient } from '../protocol/client.js';
import {
  GetJobResultRequest,
  GetJobResultResponse,
  type LocalFunction,
} from '../protocol/gen/croupier/agent/local/v1/local.js';
import {
  CancelJobRequest,
  CancelJobResponse,
  InvokeRequest,
  InvokeResponse,
  JobEvent,
  JobStreamRequest,
  StartJobResponse,
} from '../protocol/gen/croupier/function/v1/function.js';
import type { RawAnswer } from '../protocol/raw-server.js';
import type { CallOptions, RpcFailure } from '../protocol/rpc.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import { isHopHeader, type WireMetadata } from '../protocol/wire-metadata.js';
import type { IsOurs } from './agent-listing.js';
import type { CallForOthers, OthersPort } from './types.js';

export interface ElsewhereOptions {
  readonly clock: Clock;
  readonly isOurs: IsOurs;
  /** Of the present connection; null: there is none. */
  client(): AgentClient | null;
  /** ListLocal; null functions: the agent does not have it. The error is for people. */
  list(): Promise<Result<readonly LocalFunction[] | null, string>>;
}

/** A caller without a deadline of its own does not wait for an agent for ever (ms); calls are held no longer than this, either. */
const LONGEST_CALL_MS = 30_000;
/** A list is asked for again after this time (ms): a function that was not there may have come, and the other way round. */
const LIST_AGE_MS = 250;

/**
 * Calls for those who are registered with the same agent. The agent is asked first who serves a function, because for one that nobody
 * serves it answers OK with nothing in it.
 */
export class Elsewhere implements OthersPort {
  readonly #options: ElsewhereOptions;
  #list: { readonly at: number; readonly answer: ReturnType<ElsewhereOptions['list']> } | null = null;

  constructor(options: ElsewhereOptions) {
    this.#options = options;
  }

  async pass(call: CallForOthers, signal: AbortSignal): Promise<RawAnswer | null> {
    if (call.method === 'Invoke' || call.method === 'StartJob') {
      if (this.#options.client() === null) return null;
      const served = await this.#isServed(call.functionId);
      if (!served.ok) return statusAnswer({ code: STATUS_CODES.UNAVAILABLE, message: served.error });
      if (!served.value) return null;
    }
    const client = this.#options.client();
    if (client === null) return null;
    const { metadata } = call;
    return send(client, call, { metadata, signal, timeoutMs: call.timeoutMs ?? LONGEST_CALL_MS });
  }

  async read(
    call: CallForOthers,
    onEvent: (event: Buffer) => Promise<void>,
    signal: AbortSignal,
  ): Promise<RawAnswer | null> {
    const client = this.#options.client();
    if (client === null) return null;
    const request = decode(() => JobStreamRequest.decode(call.request));
    if (!request.ok) return request.error;
    const { metadata, timeoutMs } = call;
    const options = { metadata, signal, ...(timeoutMs === null ? {} : { timeoutMs }) };
    for await (const event of client.streamJob(request.value.jobId, options)) {
      if (!event.ok) return failureAnswer(event.error);
      await onEvent(Buffer.from(JobEvent.encode(event.value).finish()));
    }
    return statusAnswer({ code: STATUS_CODES.OK, message: '' });
  }

  /** Whether somebody else than this session serves a function. Of an agent that cannot tell it is assumed. */
  async #isServed(functionId: string): Promise<Result<boolean, string>> {
    const now = this.#options.clock.now();
    if (this.#list === null || now - this.#list.at > LIST_AGE_MS) {
      this.#list = { at: now, answer: this.#options.list() };
    }
    const listed = await this.#list.answer;
    if (!listed.ok) return listed;
    const { isOurs } = this.#options;
    return ok(
      listed.value === null ||
        listed.value.some((one) => one.id === functionId && one.instances.some(({ addr }) => !isOurs(addr))),
    );
  }
}

function send(
  client: AgentClient,
  { method, request }: CallForOthers,
  options: CallOptions,
): Promise<RawAnswer> {
  switch (method) {
    case 'Invoke':
      return unary(InvokeRequest, request, InvokeResponse, (one) => client.invoke(one, options));
    case 'StartJob':
      return unary(InvokeRequest, request, StartJobResponse, (one) => client.startJob(one, options));
    case 'CancelJob':
      return unary(CancelJobRequest, request, CancelJobResponse, ({ jobId }) =>
        client.cancelJob(jobId, options),
      );
    case 'GetJobResult':
      return unary(GetJobResultRequest, request, GetJobResultResponse, ({ jobId }) =>
        client.getJobResult(jobId, options),
      );
    case 'StreamJob':
      throw new Error('a stream is read, not passed');
    default:
      return assertNever(method);
  }
}

async function unary<Request, Response>(
  requests: { decode(bytes: Uint8Array): Request },
  bytes: Buffer,
  responses: { encode(value: Response): { finish(): Uint8Array } },
  call: (request: Request) => Promise<Result<Response, RpcFailure>>,
): Promise<RawAnswer> {
  const request = decode(() => requests.decode(bytes));
  if (!request.ok) return request.error;
  const result = await call(request.value);
  if (!result.ok) return failureAnswer(result.error);
  return {
    status: { code: STATUS_CODES.OK, message: '' },
    headers: null,
    trailers: {},
    body: Buffer.from(responses.encode(result.value).finish()),
  };
}

function decode<T>(read: () => T): Result<T, RawAnswer> {
  try {
    return ok(read());
  } catch (error) {
    const message = `the message is not valid protobuf: ${error instanceof Error ? error.message : String(error)}`;
    return err(statusAnswer({ code: STATUS_CODES.INVALID_ARGUMENT, message }));
  }
}

function failureAnswer({ code, message, metadata }: RpcFailure): RawAnswer {
  const trailers: WireMetadata = Object.fromEntries(
    Object.entries(metadata)
      .filter(([key]) => !isHopHeader(key))
      .map(([key, value]) => [key, [value]]),
  );
  return statusAnswer({ code, message }, trailers);
}
