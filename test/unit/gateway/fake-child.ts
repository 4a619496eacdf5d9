import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type {
  InvokeRequest,
  InvokeResponse,
  JobEvent,
  JobStreamRequest,
} from '../../../src/protocol/gen/croupier/function/v1/function.js';
import { FunctionServiceService } from '../../../src/protocol/gen/croupier/function/v1/function.js';
import {
  InvokerServiceService,
  FunctionServiceService as SdkFunctionServiceService,
} from '../../../src/protocol/gen/croupier/sdk/v1/sdk.js';
import { cleanUp } from './harness.js';

/** A call that has reached the child and that the test answers. */
export class ReceivedCall {
  readonly request: InvokeRequest;
  readonly metadata: Metadata;
  /** Until the deadline that the child was told, in ms when the call came; null: none. */
  readonly remainingMs: number | null;
  isCancelled = false;
  readonly #call: ServerUnaryCall<InvokeRequest, InvokeResponse>;
  readonly #callback: sendUnaryData<InvokeResponse>;
  #isAnswered = false;

  constructor(call: ServerUnaryCall<InvokeRequest, InvokeResponse>, callback: sendUnaryData<InvokeResponse>) {
    this.request = call.request;
    this.metadata = call.metadata;
    const deadline = Number(call.getDeadline());
    this.remainingMs = Number.isFinite(deadline) ? deadline - Date.now() : null;
    this.#call = call;
    this.#callback = callback;
    call.on('cancelled', () => {
      this.isCancelled = !this.#isAnswered;
    });
  }

  answer(payload: string | Buffer, trailers?: Metadata): void {
    this.#isAnswered = true;
    this.#callback(null, { payload: Buffer.from(payload) }, trailers);
  }

  sendHeaders(headers: Metadata): void {
    this.#call.sendMetadata(headers);
  }

  fail(code: status, details: string, metadata?: Metadata): void {
    this.#isAnswered = true;
    this.#callback(metadata === undefined ? { code, details } : { code, details, metadata });
  }
}

export type JobStream = ServerWritableStream<JobStreamRequest, JobEvent>;

export interface FakeChildOptions {
  /** Answers calls at once; without it they wait for the test. */
  readonly invoke?: (call: ReceivedCall) => void;
  /** Child's id for a new job; without it `job-1`, `job-2`, ... */
  readonly jobId?: (request: InvokeRequest) => string;
  /** Gets each StreamJob; without it the stream stays open for the test. */
  readonly stream?: (stream: JobStream) => void;
  readonly services?: readonly ('invoker' | 'function' | 'sdk-function')[];
  readonly port?: number;
  readonly maxStreams?: number;
  /** What it serves with; without it plain text. */
  readonly credentials?: ServerCredentials;
}

/** A game server in this process, written against the generated definitions. */
export class FakeChild {
  readonly #server: Server;
  readonly #options: FakeChildOptions;
  port = 0;
  /** Every Invoke in the order of arrival, empty probes excepted. */
  readonly calls: ReceivedCall[] = [];
  readonly streams: JobStream[] = [];
  readonly cancelled: string[] = [];
  readonly started: InvokeRequest[] = [];
  /** CancelJob of an empty id, which is how the gateway asks what is served. */
  probes = 0;

  constructor(options: FakeChildOptions) {
    this.#options = options;
    this.#server = new Server({
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      ...(options.maxStreams === undefined ? {} : { 'grpc.max_concurrent_streams': options.maxStreams }),
    });
    const implementation = this.#implementation();
    for (const service of options.services ?? ['invoker']) {
      if (service === 'invoker') this.#server.addService(InvokerServiceService, implementation);
      else if (service === 'function') this.#server.addService(FunctionServiceService, implementation);
      else this.#server.addService(SdkFunctionServiceService, implementation);
    }
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get functionIds(): readonly string[] {
    return this.calls.map((call) => call.request.functionId);
  }

  get payloads(): readonly string[] {
    return this.calls.map((call) => call.request.payload.toString());
  }

  listen(): Promise<this> {
    return new Promise((resolve, reject) => {
      const address = `127.0.0.1:${this.#options.port ?? 0}`;
      const credentials = this.#options.credentials ?? ServerCredentials.createInsecure();
      this.#server.bindAsync(address, credentials, (error, port) => {
        if (error !== null) reject(error);
        this.port = port;
        resolve(this);
      });
    });
  }

  /** Ends as a killed process does. */
  kill(): void {
    this.#server.forceShutdown();
  }

  /** Ends as a server that is told to: no new calls, those under way may finish. */
  stop(): Promise<void> {
    return new Promise((resolve) => this.#server.tryShutdown(() => resolve()));
  }

  #implementation() {
    return {
      invoke: (
        call: ServerUnaryCall<InvokeRequest, InvokeResponse>,
        callback: sendUnaryData<InvokeResponse>,
      ) => {
        const received = new ReceivedCall(call, callback);
        this.calls.push(received);
        this.#options.invoke?.(received);
      },
      startJob: (
        call: ServerUnaryCall<InvokeRequest, { jobId: string }>,
        callback: sendUnaryData<{ jobId: string }>,
      ) => {
        this.started.push(call.request);
        const jobId = this.#options.jobId?.(call.request) ?? `job-${this.started.length}`;
        callback(null, { jobId });
      },
      streamJob: (stream: JobStream) => {
        this.streams.push(stream);
        this.#options.stream?.(stream);
      },
      cancelJob: (
        call: ServerUnaryCall<{ jobId: string }, { jobId: string }>,
        callback: sendUnaryData<{ jobId: string }>,
      ) => {
        const { jobId } = call.request;
        if (jobId === '') {
          this.probes += 1;
          callback({ code: status.NOT_FOUND, details: 'no such job' });
          return;
        }
        this.cancelled.push(jobId);
        callback(null, { jobId });
      },
    };
  }
}

export async function startChild(options: FakeChildOptions = {}): Promise<FakeChild> {
  const child = await new FakeChild(options).listen();
  cleanUp(() => child.kill());
  return child;
}

/** A child that answers every call with its own name. */
export function startEcho(name: string, options: FakeChildOptions = {}): Promise<FakeChild> {
  return startChild({ invoke: (call) => call.answer(name), ...options });
}

export function event(type: string, fields: Partial<JobEvent> = {}): JobEvent {
  return { type, message: '', progress: 0, payload: Buffer.alloc(0), ...fields };
}
