import {
  type Deadline,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { err, ok, type Result } from '../core/result.js';
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
import { MAX_MESSAGE_BYTES } from './message-limit.js';
import { type ErrorStatusName, STATUS_CODES } from './status-codes.js';

/** Why a call is refused or has failed. */
export interface RpcStatus {
  readonly code: ErrorStatusName;
  /** Cut to MAX_STATUS_MESSAGE characters on the way out. */
  readonly message: string;
}

/** A status message travels in a header, where escaping makes nine bytes of one character and many peers refuse 16 KiB. */
export const MAX_STATUS_MESSAGE = 1024;

/** What the transport knows about one call. */
export interface IncomingCall {
  /** When the caller stops waiting, in ms of Date.now(); null: never. */
  readonly deadline: number | null;
  /** Aborted when the caller cancelled or went away, or the deadline passed; never after the answer. */
  readonly signal: AbortSignal;
}

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
 * Serves the three equal function services in plain text on `listen` (`host:port`; port 0: any free one).
 * The error says in words why the address cannot be had.
 */
export function serveFunctions(
  listen: string,
  handlers: FunctionHandlers,
): Promise<Result<FunctionServer, string>> {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  });
  const implementation = implement(handlers);
  for (const service of [Invoker, FunctionV1, SdkFunction]) server.addService(service, implementation);
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

interface WatchedCall extends IncomingCall {
  /** The call was answered: its signal stays as it is. */
  end(): void;
}

function watchCall(
  call: Pick<ServerUnaryCall<unknown, unknown>, 'getDeadline' | 'cancelled' | 'once'>,
): WatchedCall {
  const controller = new AbortController();
  let ended = false;
  const abort = () => {
    // grpc-js reports every closed stream as cancelled, answered or not.
    if (!ended) controller.abort(new Error('the caller cancelled or its deadline passed'));
  };
  if (call.cancelled) abort();
  else call.once('cancelled', abort);
  return {
    deadline: toEpoch(call.getDeadline()),
    signal: controller.signal,
    end() {
      ended = true;
    },
  };
}

function toEpoch(deadline: Deadline): number | null {
  const epoch = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(epoch) ? epoch : null;
}

function answer<Response>(
  call: WatchedCall,
  respond: sendUnaryData<Response>,
  result: Result<Response, RpcStatus>,
): void {
  call.end();
  if (result.ok) respond(null, result.value);
  else respond(toServerStatus(result.error));
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

function attempt<T>(handle: () => Result<T, RpcStatus>): Result<T, RpcStatus> {
  try {
    return handle();
  } catch (bug) {
    return err(describeBug(bug));
  }
}

function describeBug(bug: unknown): RpcStatus {
  return { code: 'INTERNAL', message: bug instanceof Error ? bug.message : String(bug) };
}

function toServerStatus(failure: RpcStatus): { code: number; details: string } {
  // Through a Buffer, because grpc-js throws at half a surrogate pair, which the cut or the message itself can leave.
  const details = Buffer.from(failure.message.slice(0, MAX_STATUS_MESSAGE)).toString();
  return { code: STATUS_CODES[failure.code], details };
}
