import { type Client, connectivityState, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { err, ok, type Result } from '../core/result.js';
import { statusName } from './status-codes.js';
import { NO_METADATA, type WireMetadata } from './wire-metadata.js';

/** A call that did not end with OK. */
export interface RpcFailure {
  /** The gRPC status code, never 0. */
  readonly code: number;
  /** Its name, such as `UNAVAILABLE`. */
  readonly codeName: string;
  /** The status message as the other side sent it; can be empty. */
  readonly message: string;
  /** Trailing metadata; of a repeated key the first value, binary keys left out. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface CallOptions {
  /** The call's deadline, ms from now. */
  readonly timeoutMs: number;
  /** gRPC metadata (headers) of the call. A value that cannot be one is left out. */
  readonly metadata?: WireMetadata;
  /** Cancels the call, which then fails with CANCELLED. */
  readonly signal?: AbortSignal;
}

/** For a stream: without `timeoutMs` it may run for ever. */
export type StreamOptions = Omit<CallOptions, 'timeoutMs'> & { readonly timeoutMs?: number };

/** The parts of a generated method definition that a client needs. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** Which of several equal services a peer serves. `known` from the first call that a service answered. */
export interface Dialect {
  index: number;
  known: boolean;
}

/** Calls the first of the equal methods that the peer serves: all of them once, then the known one only. */
export async function callServed<Request, Response>(
  client: Client,
  methods: readonly Method<Request, Response>[],
  dialect: Dialect,
  request: Request,
  options: CallOptions,
): Promise<Result<Response, RpcFailure>> {
  const deadline = Date.now() + options.timeoutMs;
  let refused: RpcFailure = unimplemented;
  for (const [index, method] of methods.entries()) {
    if (dialect.known && index !== dialect.index) continue;
    const result = await call(client, method, request, { ...options, timeoutMs: deadline - Date.now() });
    if (result.ok || result.error.code !== status.UNIMPLEMENTED) {
      if (result.ok || sentByService(result.error)) remember(dialect, index);
      return result;
    }
    refused = result.error;
  }
  return err(refused);
}

/** As callServed, for a stream: each message as it comes, then the failure if it did not end with OK. */
export async function* streamServed<Request, Response>(
  client: Client,
  methods: readonly Method<Request, Response>[],
  dialect: Dialect,
  request: Request,
  options: StreamOptions,
): AsyncGenerator<Result<Response, RpcFailure>> {
  let refused: RpcFailure = unimplemented;
  for (const [index, method] of methods.entries()) {
    if (dialect.known && index !== dialect.index) continue;
    let served = true;
    for await (const item of stream(client, method, request, options)) {
      if (!item.ok && item.error.code === status.UNIMPLEMENTED) {
        refused = item.error;
        served = false;
        break;
      }
      if (item.ok || sentByService(item.error)) remember(dialect, index);
      yield item;
    }
    if (served) return;
  }
  yield err(refused);
}

/** Other codes are made by the transport and by grpc's client side too, and tell nothing about the service. */
function sentByService(failure: RpcFailure): boolean {
  return (
    failure.code !== status.UNAVAILABLE &&
    failure.code !== status.DEADLINE_EXCEEDED &&
    failure.code !== status.CANCELLED
  );
}

function remember(dialect: Dialect, index: number): void {
  dialect.index = index;
  dialect.known = true;
}

const unimplemented: RpcFailure = {
  code: status.UNIMPLEMENTED,
  codeName: statusName(status.UNIMPLEMENTED),
  message: 'the peer serves none of the known services',
  metadata: {},
};

function call<Request, Response>(
  client: Client,
  method: Method<Request, Response>,
  request: Request,
  options: CallOptions,
): Promise<Result<Response, RpcFailure>> {
  if (isClosed(client)) return Promise.resolve(err(closedClient));
  return new Promise((resolve) => {
    const sent = client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      toMetadata(options.metadata),
      { deadline: Date.now() + options.timeoutMs },
      (error, response) => {
        options.signal?.removeEventListener('abort', cancel);
        if (error !== null) resolve(err(toFailure(error)));
        else if (response === undefined) resolve(err(emptyAnswer));
        else resolve(ok(response));
      },
    );
    function cancel(): void {
      sent.cancel();
    }
    if (options.signal?.aborted === true) cancel();
    else options.signal?.addEventListener('abort', cancel, { once: true });
  });
}

async function* stream<Request, Response>(
  client: Client,
  method: Method<Request, Response>,
  request: Request,
  options: StreamOptions,
): AsyncGenerator<Result<Response, RpcFailure>> {
  if (isClosed(client)) return yield err(closedClient);
  const sent = client.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    toMetadata(options.metadata),
    options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs },
  );
  const cancel = () => sent.cancel();
  if (options.signal?.aborted === true) cancel();
  else options.signal?.addEventListener('abort', cancel, { once: true });
  try {
    for await (const message of sent) yield ok<Response>(message);
  } catch (error) {
    if (!isServiceError(error)) throw error;
    yield err(toFailure(error));
  } finally {
    options.signal?.removeEventListener('abort', cancel);
    // Ends the call where the reader stopped early; of an ended call it changes nothing.
    sent.cancel();
  }
}

/** grpc-js throws at a call on a closed client; for us that is one more way for a call to fail. */
export function isClosed(client: Client): boolean {
  return client.getChannel().getConnectivityState(false) === connectivityState.SHUTDOWN;
}

export const closedClient: RpcFailure = {
  code: status.CANCELLED,
  codeName: statusName(status.CANCELLED),
  message: 'the client is closed',
  metadata: {},
};

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}

function toMetadata(entries: WireMetadata = NO_METADATA): Metadata {
  const metadata = new Metadata();
  for (const [key, values] of Object.entries(entries)) {
    if (key.endsWith('-bin')) {
      // Several can share one header.
      const encoded = values.flatMap((value) => value.split(','));
      for (const value of encoded) metadata.add(key, Buffer.from(value.trim(), 'base64'));
    } else {
      for (const value of values) if (PRINTABLE.test(value)) metadata.add(key, value);
    }
  }
  return metadata;
}

/** grpc-js throws at any other value. */
const PRINTABLE = /^[ -~]*$/;

const emptyAnswer: RpcFailure = {
  code: status.INTERNAL,
  codeName: statusName(status.INTERNAL),
  message: 'the answer holds no message',
  metadata: {},
};

export function toFailure(error: Pick<ServiceError, 'code' | 'details' | 'metadata'>): RpcFailure {
  const metadata: Record<string, string> = {};
  // Its type does not say so, but the errors that grpc-js makes itself can come without metadata.
  for (const [key, value] of Object.entries(error.metadata?.getMap() ?? {})) {
    if (typeof value === 'string') metadata[key] = value;
  }
  return { code: error.code, codeName: statusName(error.code), message: error.details, metadata };
}
