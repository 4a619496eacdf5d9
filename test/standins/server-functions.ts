import { type Server, status } from '@grpc/grpc-js';
import type { AgentDirectory } from './agent-directory.js';
import { followJob } from './agent-functions.js';
import { callOut, type DialOptions } from './dialler.js';
import type { Faults } from './faults.js';
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
import type { Recorder } from './journal.js';
import { CANCEL_JOB, FUNCTION_SERVICES, INVOKE, START_JOB } from './methods.js';
import { type Answer, Refusal } from './refusal.js';
import { type Caller, serverStream, unary } from './serve.js';

const SERVICE = FUNCTION_SERVICES['function.v1'];

/** The way by which calls reach an agent. */
export interface CallRoute {
  invoke(request: InvokeRequest, caller: Caller): Promise<Answer<InvokeResponse>>;
  startJob(request: InvokeRequest, caller: Caller): Promise<Answer<StartJobResponse>>;
  streamJob(
    request: StreamJobRequest,
    caller: Caller,
    send: (event: JobEvent) => void,
  ): Promise<Refusal | null>;
  cancelJob(request: CancelJobRequest, caller: Caller): Promise<Answer<CancelJobResponse>>;
}

/**
 * For tests: calls that a server makes come to it from people and programs by HTTP; here they come by the same FunctionService.
 */
export function addCallerFunctions(
  server: Server,
  route: CallRoute,
  faults: Faults,
  journal: Pick<Recorder<never>, 'count'>,
): void {
  const pass = (rpc: string, caller: Caller) => {
    journal.count(rpc);
    return faults.pass('call', caller);
  };
  server.addService(FunctionServiceService, {
    invoke: unary<InvokeRequest, InvokeResponse>(
      async (request, caller) => (await pass('invoke', caller)) ?? route.invoke(request, caller),
    ),
    startJob: unary<InvokeRequest, StartJobResponse>(
      async (request, caller) => (await pass('startJob', caller)) ?? route.startJob(request, caller),
    ),
    streamJob: serverStream<StreamJobRequest, JobEvent>(
      async (request, caller, send) =>
        (await pass('streamJob', caller)) ?? route.streamJob(request, caller, send),
    ),
    cancelJob: unary<CancelJobRequest, CancelJobResponse>(
      async (request, caller) => (await pass('cancelJob', caller)) ?? route.cancelJob(request, caller),
    ),
  });
}

/** Dials the `rpc_addr` of the agent that registered the function. */
export class DialRoute implements CallRoute {
  readonly #directory: AgentDirectory;
  readonly #dial: DialOptions;
  readonly #jobs = new Map<string, string>();

  constructor(directory: AgentDirectory, dial: DialOptions) {
    this.#directory = directory;
    this.#dial = dial;
  }

  async invoke(request: InvokeRequest, caller: Caller): Promise<Answer<InvokeResponse>> {
    const agent = this.#directory.find(request.functionId, Date.now());
    if (agent === null) return noAgent(request.functionId);
    return callOut(this.#dial, agent.request.rpcAddr, SERVICE, INVOKE, request, caller);
  }

  async startJob(request: InvokeRequest, caller: Caller): Promise<Answer<StartJobResponse>> {
    const agent = this.#directory.find(request.functionId, Date.now());
    if (agent === null) return noAgent(request.functionId);
    const answer = await callOut(this.#dial, agent.request.rpcAddr, SERVICE, START_JOB, request, caller);
    if (!(answer instanceof Refusal)) this.#jobs.set(answer.jobId, agent.request.rpcAddr);
    return answer;
  }

  async streamJob(
    request: StreamJobRequest,
    caller: Caller,
    send: (event: JobEvent) => void,
  ): Promise<Refusal | null> {
    const address = this.#jobs.get(request.jobId);
    if (address === undefined) return new Refusal(status.NOT_FOUND, `unknown job ${request.jobId}`);
    return followJob(this.#dial, address, SERVICE, request, caller, send);
  }

  async cancelJob(request: CancelJobRequest, caller: Caller): Promise<Answer<CancelJobResponse>> {
    const address = this.#jobs.get(request.jobId);
    if (address === undefined) return { jobId: request.jobId };
    return callOut(this.#dial, address, SERVICE, CANCEL_JOB, request, caller);
  }
}

export function noAgent(functionId: string): Refusal {
  return new Refusal(status.NOT_FOUND, `no agent has the function ${functionId}`);
}
