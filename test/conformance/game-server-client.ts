import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { err, ok, type Result } from '../../src/core/result.js';
import {
  type DrainResponse,
  HotReloadServiceService as HotReload,
  type ReloadResponse,
  type RollbackResponse,
  type StatusResponse,
} from '../../src/protocol/gen/croupier/dev/v1/hot_reload.js';
import {
  FunctionServiceService as FunctionV1,
  type InvokeRequest,
  type InvokeResponse,
  type JobEvent,
} from '../standins/gen/function.js';
import {
  InvokerServiceService as Invoker,
  FunctionServiceService as SdkFunction,
} from '../standins/gen/sdk.js';

/** The function services that a game server serves, by their full names. All take and answer the same messages. */
const FUNCTION_SERVICES = {
  'croupier.sdk.v1.InvokerService': Invoker,
  'croupier.function.v1.FunctionService': FunctionV1,
  'croupier.sdk.v1.FunctionService': SdkFunction,
} as const;

export type FunctionServiceName = keyof typeof FUNCTION_SERVICES;

/** A call that did not end with OK. */
export interface CallFailure {
  /** Name of the gRPC status. */
  readonly code: string;
  readonly message: string;
}

export interface CallOptions {
  /** Default: FunctionService of function.v1, as agents call. */
  readonly service?: FunctionServiceName;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
  /** Default: PATIENCE_MS. */
  readonly timeoutMs?: number;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

/** For any answer, on a slow and busy machine that may have to build a plugin first, in ms. */
const PATIENCE_MS = 60_000;

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

type Method<Request, Response> = {
  readonly path: string;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
};

/** Calls a game server where it serves: its functions as an agent does, and its hot reload as a runner does. */
export class GameServerClient {
  readonly #client: Client;

  /** `host:port`, as it was registered. */
  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
      'grpc.enable_retries': 0,
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    });
  }

  /** The payload goes out as JSON text; `undefined`: empty. The value is the answer's JSON. */
  async invoke(
    functionId: string,
    payload: unknown,
    options: CallOptions = {},
  ): Promise<Result<unknown, CallFailure>> {
    const answer = await this.invokeText(functionId, toText(payload), options);
    return answer.ok ? ok(JSON.parse(answer.value)) : answer;
  }

  /** With payload and answer as they are on the wire. */
  async invokeText(
    functionId: string,
    payload: string,
    options: CallOptions = {},
  ): Promise<Result<string, CallFailure>> {
    const { service = 'croupier.function.v1.FunctionService' } = options;
    const method: Method<InvokeRequest, InvokeResponse> = FUNCTION_SERVICES[service].invoke;
    const answer = await this.#unary(method, toRequest(functionId, payload, options), options);
    return answer.ok ? ok(answer.value.payload.toString()) : answer;
  }

  /** The value is the job's id. */
  async startJob(
    functionId: string,
    payload: unknown,
    options: CallOptions = {},
  ): Promise<Result<string, CallFailure>> {
    const { service = 'croupier.function.v1.FunctionService' } = options;
    const request = toRequest(functionId, toText(payload), options);
    const answer = await this.#unary(FUNCTION_SERVICES[service].startJob, request, options);
    return answer.ok ? ok(answer.value.jobId) : answer;
  }

  /** All events of a job until its stream ends; `onEvent` hears of each as it comes. */
  readJob(
    jobId: string,
    options: CallOptions & { readonly onEvent?: (event: JobEvent) => void } = {},
  ): Promise<Result<readonly JobEvent[], CallFailure>> {
    const { service = 'croupier.function.v1.FunctionService', timeoutMs = PATIENCE_MS } = options;
    const { path, requestSerialize, responseDeserialize } = FUNCTION_SERVICES[service].streamJob;
    const deadline = Date.now() + timeoutMs;
    return new Promise((resolve) => {
      const events: JobEvent[] = [];
      const stream = this.#client.makeServerStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { jobId },
        { deadline },
      );
      stream.on('data', (event: JobEvent) => {
        events.push(event);
        options.onEvent?.(event);
      });
      stream.on('error', (error: ServiceError) => resolve(err(toFailure(error))));
      stream.on('end', () => resolve(ok(events)));
    });
  }

  async cancelJob(jobId: string, options: CallOptions = {}): Promise<Result<string, CallFailure>> {
    const { service = 'croupier.function.v1.FunctionService' } = options;
    const answer = await this.#unary(FUNCTION_SERVICES[service].cancelJob, { jobId }, options);
    return answer.ok ? ok(answer.value.jobId) : answer;
  }

  /** `paths`: relative to the project's folder. */
  reload(
    paths: readonly string[],
    functions: readonly string[] = [],
  ): Promise<Result<ReloadResponse, CallFailure>> {
    return this.#unary(HotReload.reload, { paths: [...paths], functions: [...functions] });
  }

  rollback(functionId: string): Promise<Result<RollbackResponse, CallFailure>> {
    return this.#unary(HotReload.rollback, { functionId });
  }

  status(): Promise<Result<StatusResponse, CallFailure>> {
    return this.#unary(HotReload.status, {});
  }

  drain(timeoutMs: number): Promise<Result<DrainResponse, CallFailure>> {
    return this.#unary(HotReload.drain, { timeoutMs });
  }

  close(): void {
    this.#client.close();
  }

  #unary<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    { timeoutMs = PATIENCE_MS, signal }: CallOptions = {},
  ): Promise<Result<Response, CallFailure>> {
    return new Promise((resolve) => {
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          signal?.removeEventListener('abort', cancel);
          if (response !== undefined) resolve(ok(response));
          else resolve(err(error === null ? EMPTY_ANSWER : toFailure(error)));
        },
      );
      const cancel = () => call.cancel();
      if (signal?.aborted === true) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
    });
  }
}

const EMPTY_ANSWER: CallFailure = { code: 'INTERNAL', message: 'the answer holds no message' };

function toFailure(error: ServiceError): CallFailure {
  return { code: status[error.code], message: error.details };
}

function toText(payload: unknown): string {
  return payload === undefined ? '' : JSON.stringify(payload);
}

function toRequest(functionId: string, payload: string, options: CallOptions): InvokeRequest {
  const { idempotencyKey = '', metadata = {} } = options;
  return { functionId, idempotencyKey, payload: Buffer.from(payload), metadata: { ...metadata } };
}
