import { acceptJson } from '../protocol/json-codec-method.js';
import { INVOKE_REQUEST, INVOKE_RESPONSE, JOB_EVENT, JOB_ID } from '../protocol/json-codec-shapes.js';
import type { RawMethod, RawUnaryCall } from '../protocol/raw-server.js';
import type { Dispatcher } from './dispatcher.js';
import type { JobCalls } from './job-calls.js';
import { FUNCTION_SERVICES } from './probe-service.js';
import type { GenerationRef } from './types.js';

/**
 * The function services as callers see them, under all three names. `origin` is the generation that the listener belongs to;
 * null: the shared port.
 */
export function functionMethods(
  dispatcher: Dispatcher,
  jobs: JobCalls,
  origin: GenerationRef | null,
): readonly RawMethod[] {
  const accept = (call: RawUnaryCall, kind: 'call' | 'job'): void =>
    dispatcher.accept(call, { kind, origin, dispatchWithinMs: null });
  return FUNCTION_SERVICES.flatMap((service): readonly RawMethod[] => [
    acceptJson(
      { kind: 'unary', path: `/${service}/Invoke`, handle: (call) => accept(call, 'call') },
      { request: INVOKE_REQUEST, response: INVOKE_RESPONSE },
    ),
    acceptJson(
      { kind: 'unary', path: `/${service}/StartJob`, handle: (call) => accept(call, 'job') },
      { request: INVOKE_REQUEST, response: JOB_ID },
    ),
    acceptJson(
      { kind: 'stream', path: `/${service}/StreamJob`, handle: (call) => jobs.read(call) },
      { request: JOB_ID, response: JOB_EVENT },
    ),
    acceptJson(
      { kind: 'unary', path: `/${service}/CancelJob`, handle: (call) => jobs.answerCancel(call) },
      { request: JOB_ID, response: JOB_ID },
    ),
  ]);
}
