import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import { GetJobResultRequest, GetJobResultResponse } from './gen/agent.js';
import {
  CancelJobRequest,
  CancelJobResponse,
  InvokeRequest,
  InvokeResponse,
  JobEvent,
  StartJobResponse,
  StreamJobRequest,
} from './gen/function.js';

/** A generated message: protobuf, and JSON as it is on the wire (snake_case, base64, zero values left out). */
export interface MessageType<Message> {
  encode(message: Message): BinaryWriter;
  decode(bytes: Uint8Array): Message;
  toJSON(message: Message): unknown;
  fromJSON(json: unknown): Message;
}

/** A method of the services that a registered address serves. */
export interface Method<Request, Response> {
  readonly name: string;
  readonly request: MessageType<Request>;
  readonly response: MessageType<Response>;
}

/** The names of the function services; an agent or server calls one of them. */
export const FUNCTION_SERVICES = {
  'function.v1': 'croupier.function.v1.FunctionService',
  invoker: 'croupier.sdk.v1.InvokerService',
  'sdk.v1': 'croupier.sdk.v1.FunctionService',
} as const;
export type FunctionServiceName = keyof typeof FUNCTION_SERVICES;

export const INVOKE: Method<InvokeRequest, InvokeResponse> = {
  name: 'Invoke',
  request: InvokeRequest,
  response: InvokeResponse,
};

export const START_JOB: Method<InvokeRequest, StartJobResponse> = {
  name: 'StartJob',
  request: InvokeRequest,
  response: StartJobResponse,
};

export const STREAM_JOB: Method<StreamJobRequest, JobEvent> = {
  name: 'StreamJob',
  request: StreamJobRequest,
  response: JobEvent,
};

export const CANCEL_JOB: Method<CancelJobRequest, CancelJobResponse> = {
  name: 'CancelJob',
  request: CancelJobRequest,
  response: CancelJobResponse,
};

export const GET_JOB_RESULT: Method<GetJobResultRequest, GetJobResultResponse> = {
  name: 'GetJobResult',
  request: GetJobResultRequest,
  response: GetJobResultResponse,
};
