import type { Result } from '../core/result.js';
import { openClient } from './channel.js';
import { type ChannelState, watchChannel } from './channel-state.js';
import {
  LocalControlServiceService as AgentControl,
  type GetJobResultResponse,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type ListLocalResponse,
  type RegisterLocalRequest,
  type RegisterLocalResponse,
} from './gen/croupier/agent/local/v1/local.js';
import { type DescribeResponse, SessionServiceService as Session } from './gen/croupier/dev/v1/session.js';
import {
  type CancelJobResponse,
  FunctionServiceService as FunctionV1,
  type InvokeRequest,
  type InvokeResponse,
  type JobEvent,
  type StartJobResponse,
} from './gen/croupier/function/v1/function.js';
import {
  InvokerServiceService as Invoker,
  ClientServiceService as SdkClient,
  LocalControlServiceService as SdkControl,
  FunctionServiceService as SdkFunction,
} from './gen/croupier/sdk/v1/sdk.js';
import {
  type CallOptions,
  callServed,
  type Dialect,
  type RpcFailure,
  type StreamOptions,
  streamServed,
} from './rpc.js';
import type { TlsMaterial } from './tls.js';

type Answer<T> = Promise<Result<T, RpcFailure>>;

/** One channel to an agent, a gateway, or a game server's own function services. */
export interface AgentClient {
  registerLocal(request: RegisterLocalRequest, options: CallOptions): Answer<RegisterLocalResponse>;
  heartbeat(request: HeartbeatRequest, options: CallOptions): Answer<HeartbeatResponse>;
  listLocal(options: CallOptions): Answer<ListLocalResponse>;
  getJobResult(jobId: string, options: CallOptions): Answer<GetJobResultResponse>;
  invoke(request: InvokeRequest, options: CallOptions): Answer<InvokeResponse>;
  startJob(request: InvokeRequest, options: CallOptions): Answer<StartJobResponse>;
  /** Each event as it comes, then the failure if the stream did not end with OK. Leaving the loop cancels the call. */
  streamJob(jobId: string, options: StreamOptions): AsyncIterable<Result<JobEvent, RpcFailure>>;
  cancelJob(jobId: string, options: CallOptions): Answer<CancelJobResponse>;
  /** Which session of this program it is; an agent that is none answers UNIMPLEMENTED. */
  describe(options: CallOptions): Answer<DescribeResponse>;
  /** Calls back at every change of the channel's state; the returned function ends that. */
  onStateChange(listener: (state: ChannelState) => void): () => void;
  /** True as soon as the channel is connected; false when `timeoutMs` passed first or the client was closed. */
  waitForReady(timeoutMs: number): Promise<boolean>;
  /** Closes the channel. Calls under way keep their connection until they end. */
  close(): void;
}

/** The same messages are served under several service names; a peer may have only one of them. */
const CONTROL = {
  registerLocal: [AgentControl.registerLocal, SdkControl.registerLocal, SdkClient.registerClient],
  heartbeat: [AgentControl.heartbeat, SdkControl.heartbeat, SdkClient.heartbeat],
  listLocal: [AgentControl.listLocal, SdkControl.listLocal, SdkClient.listClients],
  getJobResult: [AgentControl.getJobResult, SdkControl.getJobResult, SdkClient.getJobResult],
};

const FUNCTIONS = {
  invoke: [FunctionV1.invoke, Invoker.invoke, SdkFunction.invoke],
  startJob: [FunctionV1.startJob, Invoker.startJob, SdkFunction.startJob],
  streamJob: [FunctionV1.streamJob, Invoker.streamJob, SdkFunction.streamJob],
  cancelJob: [FunctionV1.cancelJob, Invoker.cancelJob, SdkFunction.cancelJob],
};

/**
 * Opens a channel to `address` (`host:port`) as openClient() does, and begins to connect at once. `tls` null: plain text.
 */
export function connectAgent(address: string, tls: TlsMaterial | null = null): AgentClient {
  const client = openClient(address, tls);
  const channel = watchChannel(client.getChannel());
  const control: Dialect = { index: 0, known: false };
  const functions: Dialect = { index: 0, known: false };
  const session: Dialect = { index: 0, known: true };

  return {
    registerLocal: (request, options) => callServed(client, CONTROL.registerLocal, control, request, options),
    heartbeat: (request, options) => callServed(client, CONTROL.heartbeat, control, request, options),
    listLocal: (options) => callServed(client, CONTROL.listLocal, control, {}, options),
    getJobResult: (jobId, options) => callServed(client, CONTROL.getJobResult, control, { jobId }, options),
    invoke: (request, options) => callServed(client, FUNCTIONS.invoke, functions, request, options),
    startJob: (request, options) => callServed(client, FUNCTIONS.startJob, functions, request, options),
    streamJob: (jobId, options) => streamServed(client, FUNCTIONS.streamJob, functions, { jobId }, options),
    cancelJob: (jobId, options) => callServed(client, FUNCTIONS.cancelJob, functions, { jobId }, options),
    describe: (options) => callServed(client, [Session.describe], session, {}, options),
    onStateChange: channel.onChange,
    waitForReady: channel.waitForReady,
    close() {
      channel.close();
      client.close();
    },
  };
}
