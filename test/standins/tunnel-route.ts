import { status } from '@grpc/grpc-js';
import type { AgentDirectory, KnownAgent } from './agent-directory.js';
import type {
  CancelJobRequest,
  CancelJobResponse,
  InvokeRequest,
  InvokeResponse,
  JobEvent,
  StartJobResponse,
  StreamJobRequest,
} from './gen/function.js';
import type { GetJobResultResponseFrame, TunnelMessage } from './gen/tunnel.js';
import { type Answer, Refusal } from './refusal.js';
import type { Caller } from './serve.js';
import { type CallRoute, noAgent } from './server-functions.js';
import type { TunnelJobs } from './tunnel-jobs.js';
import { NO_BODIES, type Tunnels } from './tunnels.js';

type Waiter = (frame: TunnelMessage | null) => void;

/** Sends calls through the tunnel of the agent that registered the function. */
export class TunnelRoute implements CallRoute {
  readonly #directory: AgentDirectory;
  readonly #tunnels: Tunnels;
  readonly #jobs: TunnelJobs;
  readonly #resultMs: number;
  readonly #fallback: CallRoute | null;
  /**
   * By request id. That is the idempotency key, or one and the same for each agent: of two calls with one id under way the later
   * gets the first result, and the other none.
   */
  readonly #waiting = new Map<string, Waiter>();

  /** `fallback`: runs a call again that was not answered through the tunnel within `resultMs`. */
  constructor(
    directory: AgentDirectory,
    tunnels: Tunnels,
    jobs: TunnelJobs,
    resultMs: number,
    fallback: CallRoute | null,
  ) {
    this.#directory = directory;
    this.#tunnels = tunnels;
    this.#jobs = jobs;
    this.#resultMs = resultMs;
    this.#fallback = fallback;
  }

  async invoke(request: InvokeRequest, caller: Caller): Promise<Answer<InvokeResponse>> {
    const agent = this.#directory.find(request.functionId, Date.now());
    if (agent === null) return noAgent(request.functionId);
    const frame = frameOf(request, agent);
    const answer = await this.#ask(agent.request.agentId, frame.requestId, {
      ...NO_BODIES,
      type: 'invoke',
      invoke: frame,
    });
    if (answer instanceof Refusal) return this.#fallback?.invoke(request, caller) ?? answer;
    const { payload = Buffer.alloc(0), error = '' } = answer.result ?? {};
    return error === '' ? { payload } : new Refusal(status.INTERNAL, error);
  }

  async startJob(request: InvokeRequest, caller: Caller): Promise<Answer<StartJobResponse>> {
    const agent = this.#directory.find(request.functionId, Date.now());
    if (agent === null) return noAgent(request.functionId);
    const frame = frameOf(request, agent);
    const { agentId } = agent.request;
    const answer = await this.#ask(agentId, frame.requestId, {
      ...NO_BODIES,
      type: 'start_job',
      start: frame,
    });
    if (answer instanceof Refusal) return this.#fallback?.startJob(request, caller) ?? answer;
    const { jobId = '', error = '' } = answer.startR ?? {};
    if (error !== '') return new Refusal(status.INTERNAL, error);
    this.#jobs.started(jobId, agentId);
    return { jobId };
  }

  async streamJob(
    request: StreamJobRequest,
    caller: Caller,
    send: (event: JobEvent) => void,
  ): Promise<Refusal | null> {
    await this.#jobs.follow(request, caller, send);
    return null;
  }

  /** Sends the frame and waits for nothing. */
  async cancelJob(request: CancelJobRequest): Promise<Answer<CancelJobResponse>> {
    const agentId = this.#jobs.agentOf(request.jobId);
    if (agentId !== null) this.#tunnels.send(agentId, { ...NO_BODIES, type: 'cancel_job', cancel: request });
    return { jobId: request.jobId };
  }

  /** Null: the job's agent is not known, or did not answer. */
  async jobResult(jobId: string): Promise<GetJobResultResponseFrame | null> {
    const agentId = this.#jobs.agentOf(jobId);
    if (agentId === null) return null;
    const requestId = `jr-${jobId}`;
    const answer = await this.#ask(agentId, requestId, {
      ...NO_BODIES,
      type: 'get_job_result_req',
      jobResReq: { requestId, jobId },
    });
    return answer instanceof Refusal ? null : (answer.jobResRes ?? null);
  }

  /** Service ids that have the function at that agent, or what went wrong. */
  async listLocal(agentId: string, functionId: string): Promise<readonly string[] | string> {
    const requestId = `ll-${functionId}`;
    const answer = await this.#ask(agentId, requestId, {
      ...NO_BODIES,
      type: 'list_local_req',
      listReq: { requestId, functionId },
    });
    if (answer instanceof Refusal) return answer.message;
    const { serviceIds = [], error = '' } = answer.listRes ?? {};
    return error === '' ? serviceIds : error;
  }

  /** A frame that came back. */
  take(agentId: string, frame: TunnelMessage): void {
    if (frame.jobEvt !== undefined) this.#jobs.take(frame.jobEvt, agentId);
    const body = frame.result ?? frame.startR ?? frame.listRes ?? frame.jobResRes;
    if (body !== undefined) this.#waiting.get(body.requestId)?.(frame);
  }

  async #ask(agentId: string, requestId: string, frame: TunnelMessage): Promise<Answer<TunnelMessage>> {
    const answered = this.#answer(requestId);
    if (!this.#tunnels.send(agentId, frame)) this.#waiting.get(requestId)?.(null);
    return (await answered) ?? new Refusal(status.UNAVAILABLE, `no answer through the tunnel of ${agentId}`);
  }

  /** The next answer with this id; null: none came in time. Nothing is cancelled then. */
  #answer(requestId: string): Promise<TunnelMessage | null> {
    return new Promise((resolve) => {
      const waiter: Waiter = (frame) => {
        clearTimeout(timer);
        if (this.#waiting.get(requestId) === waiter) this.#waiting.delete(requestId);
        resolve(frame);
      };
      const timer = setTimeout(() => waiter(null), this.#resultMs);
      this.#waiting.set(requestId, waiter);
    });
  }
}

function frameOf(request: InvokeRequest, agent: KnownAgent) {
  return { ...request, requestId: request.idempotencyKey || `rid-${agent.request.agentId}` };
}
