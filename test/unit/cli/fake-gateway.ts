import { Metadata, Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import {
  type LocalControlServiceServer,
  LocalControlServiceService,
} from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import {
  type FunctionServiceServer,
  FunctionServiceService,
  type InvokeRequest,
  type JobEvent,
  type JobStreamRequest,
} from '../../../src/protocol/gen/croupier/function/v1/function.js';

export interface Refusal {
  readonly code: status;
  readonly details: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What the gateway of one test does, and what reached it. Everything but the given parts is as by default. */
export class FakeGateway {
  readonly requests: InvokeRequest[] = [];
  readonly cancelled: string[] = [];
  readonly streams: ServerWritableStream<JobStreamRequest, JobEvent>[] = [];
  functionIds: readonly string[] = ['player.ban', 'server.status'];
  /** `never`: no answer. */
  answer: string | Refusal | 'never' = '{"result":"success"}';
  jobId = 'job-1';
  /** Sent to each reader; the stream stays open unless a terminal event is among them or `endStream` says so. */
  events: readonly Partial<JobEvent>[] = [];
  endStream = false;
  readonly #server = new Server();
  address = '';

  async listen(): Promise<this> {
    this.#server.addService(LocalControlServiceService, this.#control());
    this.#server.addService(FunctionServiceService, this.#functions());
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    this.address = `127.0.0.1:${port}`;
    onTestFinished(() => this.#server.forceShutdown());
    return this;
  }

  #control(): LocalControlServiceServer {
    const unused = { code: status.UNIMPLEMENTED };
    return {
      registerLocal: (_call, respond) => respond(unused),
      heartbeat: (_call, respond) => respond(unused),
      getJobResult: (_call, respond) => respond(unused),
      listLocal: (_call, respond) =>
        respond(null, { functions: this.functionIds.map((id) => ({ id, instances: [] })) }),
    };
  }

  #functions(): FunctionServiceServer {
    return {
      invoke: (call, respond) => {
        this.requests.push(call.request);
        if (this.answer === 'never') return;
        if (typeof this.answer === 'string') return respond(null, { payload: Buffer.from(this.answer) });
        const metadata = new Metadata();
        for (const [key, value] of Object.entries(this.answer.metadata ?? {})) metadata.set(key, value);
        respond({ code: this.answer.code, details: this.answer.details, metadata });
      },
      startJob: (call, respond) => {
        this.requests.push(call.request);
        respond(null, { jobId: this.jobId });
      },
      streamJob: (call) => {
        this.streams.push(call);
        for (const event of this.events) {
          call.write({ type: 'log', message: '', progress: 0, payload: Buffer.alloc(0), ...event });
        }
        if (this.endStream) call.end();
      },
      cancelJob: (call, respond) => {
        this.cancelled.push(call.request.jobId);
        respond(null, { jobId: call.request.jobId });
      },
    };
  }
}
