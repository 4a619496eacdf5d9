import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import { err, ok, type Result } from '../core/result.js';
import { HotReloadServiceService as HotReload } from './gen/croupier/dev/v1/hot_reload.js';
import {
  type FunctionServiceServer,
  FunctionServiceService as FunctionV1,
  type InvokeRequest,
  type JobEvent,
  type JobStreamRequest,
} from './gen/croupier/function/v1/function.js';
import {
  InvokerServiceService as Invoker,
  FunctionServiceService as SdkFunction,
} from './gen/croupier/sdk/v1/sdk.js';
import { type HotReloadHandlers, implementHotReload } from './hot-reload-service.js';
import { MAX_MESSAGE_BYTES } from './message-limit.js';
import { findOwnPort, sharesPort } from './own-port.js';
import {
  answer,
  attempt,
  describeBug,
  type IncomingCall,
  type RpcStatus,
  toServerStatus,
  watchCall,
} from './served-call.js';

/** What a game server does with calls. Expected failures are results; a throw is a bug and answered with INTERNAL. */
export interface FunctionHandlers {
  /** The value is the answer's payload. */
  invoke(request: InvokeRequest, call: IncomingCall): Promise<Result<Buffer, RpcStatus>>;
  /** The value is the job's id. */
  startJob(request: InvokeRequest): Result<string, RpcStatus>;
  /** The iteration must end when `call.signal` is aborted. */
  streamJob(jobId: string, call: IncomingCall): Result<AsyncIterable<JobEvent>, RpcStatus>;
  /** The value is the job's id. */
  cancelJob(jobId: string): Result<string, RpcStatus>;
}

export interface FunctionServer {
  readonly port: number;
  /** Takes no more calls, lets those under way end, and cuts them after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves the three equal function services and hot reload in plain text on `listen` (`host:port`; port 0: any free one).
 * The error says in words why the address cannot be had.
 */
export function serveFunctions(
  listen: string,
  handlers: FunctionHandlers,
  hotReload: HotReloadHandlers,
): Promise<Result<FunctionServer, string>> {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  });
  const implementation = implement(handlers);
  for (const service of [Invoker, FunctionV1, SdkFunction]) server.addService(service, implementation);
  server.addService(HotReload, implementHotReload(hotReload));
  return bind(server, listen);
}

/** A port that was free when it was looked for can be taken by the time that it is asked for. */
const OWN_PORT_ATTEMPTS = 5;

async function bind(server: Server, listen: string): Promise<Result<FunctionServer, string>> {
  if (!sharesPort(listen)) return bindOnce(server, listen);
  for (let left = OWN_PORT_ATTEMPTS; ; left--) {
    const bound = await findOwnPort(listen).then(
      (own) => bindOnce(server, own),
      (error: unknown) => err(describeBug(error).message),
    );
    if (bound.ok || left === 1) return bound;
  }
}

function bindOnce(server: Server, listen: string): Promise<Result<FunctionServer, string>> {
  return new Promise((resolve) => {
    server.bindAsync(listen, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(ok({ port, close: (graceMs) => closeServer(server, graceMs) }));
      else resolve(err(error.message));
    });
  });
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function implement(handlers: FunctionHandlers): FunctionServiceServer {
  return {
    invoke(call, respond) {
      const incoming = watchCall(call);
      handlers.invoke(call.request, incoming).then(
        (result) => answer(incoming, respond, result.ok ? ok({ payload: result.value }) : result),
        (bug: unknown) => answer(incoming, respond, err(describeBug(bug))),
      );
    },
    startJob(call, respond) {
      const result = attempt(() => handlers.startJob(call.request));
      answer(watchCall(call), respond, result.ok ? ok({ jobId: result.value }) : result);
    },
    cancelJob(call, respond) {
      const result = attempt(() => handlers.cancelJob(call.request.jobId));
      answer(watchCall(call), respond, result.ok ? ok({ jobId: result.value }) : result);
    },
    streamJob(call) {
      const incoming = watchCall(call);
      const events = attempt(() => handlers.streamJob(call.request.jobId, incoming));
      if (!events.ok) return refuseStream(call, events.error);
      writeEvents(call, events.value, incoming).then(
        () => {
          incoming.end();
          call.end();
        },
        (bug: unknown) => refuseStream(call, describeBug(bug)),
      );
    },
  };
}

function refuseStream(call: ServerWritableStream<JobStreamRequest, JobEvent>, failure: RpcStatus): void {
  call.emit('error', toServerStatus(failure));
}

/** Writes no faster than the reader takes the events. */
async function writeEvents(
  call: ServerWritableStream<JobStreamRequest, JobEvent>,
  events: AsyncIterable<JobEvent>,
  incoming: IncomingCall,
): Promise<void> {
  for await (const event of events) {
    if (incoming.signal.aborted) return;
    if (!call.write(event)) await drained(call, incoming.signal);
  }
}

function drained(call: ServerWritableStream<JobStreamRequest, JobEvent>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      call.removeListener('drain', finish);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    if (signal.aborted) return resolve();
    call.once('drain', finish);
    signal.addEventListener('abort', finish);
  });
}
