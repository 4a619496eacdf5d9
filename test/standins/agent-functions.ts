import { type Server, status } from '@grpc/grpc-js';
import type { AgentRegistry } from './agent-registry.js';
import { callOut, type DialOptions, streamOut } from './dialler.js';
import type { Faults } from './faults.js';
import type { GetJobResultRequest, GetJobResultResponse } from './gen/agent.js';
import {
  type CancelJobRequest,
  type CancelJobResponse,
  FunctionServiceService,
  type InvokeRequest,
  type InvokeResponse,
  type JobEvent,
  type StartJobResponse,
  type StreamJobRequest,
} from './gen/function.js';
import { InvokerServiceService, FunctionServiceService as SdkFunctionServiceService } from './gen/sdk.js';
import type { Recorder } from './journal.js';
import { CANCEL_JOB, GET_JOB_RESULT, INVOKE, START_JOB, STREAM_JOB } from './methods.js';
import { type Answer, Refusal } from './refusal.js';
import { type Caller, serverStream, unary } from './serve.js';

/** Jobs of which the address is remembered; the oldest go first. */
const JOBS = 10_000;

const CONTROL_SERVICE = 'croupier.agent.local.v1.LocalControlService';

interface Parts {
  readonly registry: AgentRegistry;
  readonly faults: Faults;
  readonly journal: Pick<Recorder<never>, 'count'>;
  readonly dial: DialOptions;
  /** The service that registered addresses are called by, `package.Service`. */
  readonly service: string;
}

/** An agent's function services, under their three names. */
export function addAgentFunctions(server: Server, parts: Parts, jobs: AgentJobs, hasStreams: boolean): void {
  const invoke = unary<InvokeRequest, InvokeResponse>(async (request, caller) => {
    parts.journal.count('invoke');
    const refusal = await parts.faults.pass('call', caller);
    if (refusal !== null) return refusal;
    const instance = parts.registry.pick(request.functionId, Date.now());
    // An unknown function: OK, and nothing in it.
    if (instance === null) return { payload: Buffer.alloc(0) };
    return callOut(parts.dial, instance.addr, parts.service, INVOKE, request, caller);
  });
  const startJob = unary<InvokeRequest, StartJobResponse>((request, caller) => jobs.start(request, caller));
  const streamJob = serverStream<StreamJobRequest, JobEvent>((request, caller, send) =>
    jobs.stream(request, caller, send),
  );
  const cancelJob = unary<CancelJobRequest, CancelJobResponse>((request, caller) =>
    jobs.cancel(request, caller),
  );
  const methods = { invoke, startJob, cancelJob, ...(hasStreams ? { streamJob } : {}) };
  for (const service of [FunctionServiceService, InvokerServiceService, SdkFunctionServiceService]) {
    server.addService(service, methods);
  }
}

/** Jobs that were started through an agent: all it knows of one is where it runs. */
export class AgentJobs {
  readonly #parts: Parts;
  readonly #addresses = new Map<string, string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async start(request: InvokeRequest, caller: Caller): Promise<Answer<StartJobResponse>> {
    const { registry, dial, service } = this.#parts;
    const refusal = await this.#pass('startJob', caller);
    if (refusal !== null) return refusal;
    const instance = registry.pick(request.functionId, Date.now());
    if (instance === null) return { jobId: '' };
    const answer = await callOut(dial, instance.addr, service, START_JOB, request, caller);
    // Ids are unique only within one process: a later job can take the place of an earlier one.
    if (!(answer instanceof Refusal)) this.#remember(answer.jobId, instance.addr);
    return answer;
  }

  /** Ends at `done` and `error` only: after any other last event the caller waits in vain. */
  async stream(
    request: StreamJobRequest,
    caller: Caller,
    send: (event: JobEvent) => void,
  ): Promise<Refusal | null> {
    const refusal = await this.#pass('streamJob', caller);
    if (refusal !== null) return refusal;
    const address = this.#addresses.get(request.jobId);
    if (address === undefined) return unknownJob(request.jobId);
    return followJob(this.#parts.dial, address, this.#parts.service, request, caller, send);
  }

  async cancel(request: CancelJobRequest, caller: Caller): Promise<Answer<CancelJobResponse>> {
    const refusal = await this.#pass('cancelJob', caller);
    if (refusal !== null) return refusal;
    const address = this.#addresses.get(request.jobId);
    if (address === undefined) return { jobId: request.jobId };
    return callOut(this.#parts.dial, address, this.#parts.service, CANCEL_JOB, request, caller);
  }

  async result(request: GetJobResultRequest, caller: Caller): Promise<Answer<GetJobResultResponse>> {
    const refusal = await this.#pass('getJobResult', caller);
    if (refusal !== null) return refusal;
    const address = this.#addresses.get(request.jobId);
    if (address === undefined) return unknownJob(request.jobId);
    return callOut(this.#parts.dial, address, CONTROL_SERVICE, GET_JOB_RESULT, request, caller);
  }

  #pass(rpc: string, caller: Caller): Promise<Refusal | null> {
    this.#parts.journal.count(rpc);
    return this.#parts.faults.pass('call', caller);
  }

  #remember(jobId: string, address: string): void {
    if (jobId === '') return;
    this.#addresses.set(jobId, address);
    const [oldest] = this.#addresses.keys();
    if (this.#addresses.size > JOBS && oldest !== undefined) this.#addresses.delete(oldest);
  }
}

/** Passes a job's events on; comes back at `done`, `error`, a failure, or when the caller is gone. */
export async function followJob(
  dial: DialOptions,
  address: string,
  service: string,
  request: StreamJobRequest,
  caller: Caller,
  send: (event: JobEvent) => void,
): Promise<Refusal | null> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, caller.signal]);
  const failed = await streamOut(
    dial,
    address,
    service,
    STREAM_JOB,
    request,
    { ...caller, signal },
    (event) => {
      if (over.signal.aborted) return;
      send(event);
      if (event.type === 'done' || event.type === 'error') over.abort();
    },
  );
  if (over.signal.aborted) return null;
  return failed ?? waitUntilGone(caller);
}

function waitUntilGone({ signal }: Caller): Promise<Refusal> {
  return new Promise((resolve) => {
    const gone = () => resolve(new Refusal(status.CANCELLED, 'the caller is gone'));
    if (signal.aborted) gone();
    else signal.addEventListener('abort', gone);
  });
}

function unknownJob(jobId: string): Refusal {
  return new Refusal(status.NOT_FOUND, `unknown job ${jobId}`);
}
