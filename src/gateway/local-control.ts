import { err, ok, type Result } from '../core/result.js';
import {
  HeartbeatRequest,
  HeartbeatResponse,
  ListLocalResponse,
  type LocalFunction,
  RegisterLocalRequest,
  RegisterLocalResponse,
} from '../protocol/gen/croupier/agent/local/v1/local.js';
import { acceptJson } from '../protocol/json-codec-method.js';
import {
  EMPTY,
  GET_JOB_RESULT_RESPONSE,
  HEARTBEAT_REQUEST,
  JOB_ID,
  LIST_LOCAL_RESPONSE,
  REGISTER_LOCAL_REQUEST,
  REGISTER_LOCAL_RESPONSE,
} from '../protocol/json-codec-shapes.js';
import type { RawMethod, RawUnaryCall } from '../protocol/raw-server.js';
import { invalidArgument, okAnswer } from './gateway-answer.js';
import type { JobCalls } from './job-calls.js';

/** Registration as one listener serves it. */
export interface LocalControl {
  /** Answers the session id, or a sentence about what is wrong with the request. */
  register(request: RegisterLocalRequest, peer: string): Promise<Result<string, string>>;
  heartbeat(request: HeartbeatRequest): void;
  list(): readonly LocalFunction[];
}

/** The same service has three names, and with the newest one other names of methods. */
const NAMES = [
  { service: 'croupier.agent.local.v1.LocalControlService', register: 'RegisterLocal', list: 'ListLocal' },
  { service: 'croupier.sdk.v1.LocalControlService', register: 'RegisterLocal', list: 'ListLocal' },
  { service: 'croupier.sdk.v1.ClientService', register: 'RegisterClient', list: 'ListClients' },
] as const;

export function localControlMethods(control: LocalControl, jobs: JobCalls): readonly RawMethod[] {
  return NAMES.flatMap(({ service, register, list }): readonly RawMethod[] => [
    acceptJson(
      {
        kind: 'unary',
        path: `/${service}/${register}`,
        handle: (call) => void answerRegister(control, call),
      },
      { request: REGISTER_LOCAL_REQUEST, response: REGISTER_LOCAL_RESPONSE },
    ),
    acceptJson(
      { kind: 'unary', path: `/${service}/Heartbeat`, handle: (call) => answerHeartbeat(control, call) },
      { request: HEARTBEAT_REQUEST, response: EMPTY },
    ),
    acceptJson(
      { kind: 'unary', path: `/${service}/${list}`, handle: (call) => answerList(control, call) },
      { request: EMPTY, response: LIST_LOCAL_RESPONSE },
    ),
    acceptJson(
      { kind: 'unary', path: `/${service}/GetJobResult`, handle: (call) => jobs.answerResult(call) },
      { request: JOB_ID, response: GET_JOB_RESULT_RESPONSE },
    ),
  ]);
}

async function answerRegister(control: LocalControl, call: RawUnaryCall): Promise<void> {
  const request = decode(() => RegisterLocalRequest.decode(call.request));
  if (!request.ok) {
    call.answer(invalidArgument(request.error));
    return;
  }
  const session = await control.register(request.value, call.peer);
  if (session.ok) {
    call.answer(okAnswer(RegisterLocalResponse.encode({ sessionId: session.value }).finish()));
  } else {
    call.answer(invalidArgument(session.error));
  }
}

/** Always OK, as agents of the field answer, even for a service they do not know. */
function answerHeartbeat(control: LocalControl, call: RawUnaryCall): void {
  const request = decode(() => HeartbeatRequest.decode(call.request));
  if (request.ok) control.heartbeat(request.value);
  call.answer(okAnswer(HeartbeatResponse.encode({}).finish()));
}

function answerList(control: LocalControl, call: RawUnaryCall): void {
  call.answer(okAnswer(ListLocalResponse.encode({ functions: [...control.list()] }).finish()));
}

function decode<T>(read: () => T): Result<T, string> {
  try {
    return ok(read());
  } catch (error) {
    return err(
      `the message is not valid protobuf: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
