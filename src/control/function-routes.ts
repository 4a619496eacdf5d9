import { err, ok } from '../core/result.js';
import type { CallFailure, CallOrder } from './controlled-session.js';
import { JobStream } from './job-stream.js';
import { readPayload, showPayload } from './payload.js';
import type { Refusal } from './refusal.js';
import { definePlainRoute, defineRoute, NO_BODY, NOTHING, type Route } from './route.js';
import {
  type CallRequest,
  callAnswerSchema,
  callRequestSchema,
  functionListSchema,
  functionParamsSchema,
  jobParamsSchema,
  jobSchema,
  jobStartedSchema,
  serviceQuerySchema,
} from './schemas.js';

/** A payload of 12 MiB as base64. */
const CALL_BODY_LIMIT = 16 * 1024 * 1024;

/** The functions, calls of them, and jobs. */
export const FUNCTION_ROUTES: readonly Route[] = [
  defineRoute({
    method: 'get',
    path: '/v1/functions',
    operationId: 'listFunctions',
    summary: 'The functions that are served now, with their descriptors',
    params: NOTHING,
    query: serviceQuerySchema,
    body: NO_BODY,
    answer: functionListSchema,
    refusals: ['unknown-target'],
    handle: async ({ query: { service } }, { session }) => {
      const refusal = service === undefined ? null : session.checkService(service);
      if (refusal !== null) return err(refusal);
      const functions = session.functions().filter((one) => service === undefined || one.service === service);
      return ok({ functions });
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/functions/{id}/invoke',
    operationId: 'invokeFunction',
    summary: 'Calls a function; the call is held and routed as any other',
    params: functionParamsSchema,
    query: NOTHING,
    body: callRequestSchema,
    bodyLimit: CALL_BODY_LIMIT,
    answer: callAnswerSchema,
    refusals: ['unknown-function', 'call-failed', 'call-timed-out'],
    handle: async ({ params: { id }, body }, { session, signal }) => {
      const answer = await session.calls.invoke(toOrder(id, body), signal);
      return answer.ok
        ? ok(showPayload(answer.value))
        : err(describeFailure(answer.error, session.checkFunction(id)));
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/functions/{id}/jobs',
    operationId: 'startJob',
    summary: 'Starts a job of a function',
    params: functionParamsSchema,
    query: NOTHING,
    body: callRequestSchema,
    bodyLimit: CALL_BODY_LIMIT,
    answer: jobStartedSchema,
    status: 201,
    refusals: ['unknown-function', 'call-failed', 'call-timed-out'],
    handle: async ({ params: { id }, body }, { session, signal }) => {
      const answer = await session.calls.startJob(toOrder(id, body), signal);
      if (!answer.ok) return err(describeFailure(answer.error, session.checkFunction(id)));
      if (answer.value !== '') return ok({ jobId: answer.value });
      return err({
        code: 'unknown-function',
        message: `the service knows no function ${id} that runs as a job`,
      });
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/jobs/{id}',
    operationId: 'getJob',
    summary: 'The state of a job, and its result when it has ended',
    params: jobParamsSchema,
    query: NOTHING,
    body: NO_BODY,
    answer: jobSchema,
    refusals: ['unknown-job'],
    handle: async ({ params: { id } }, { session }) => {
      const result = session.calls.jobResult(id);
      if (result === null) return err(unknownJob(id));
      const { state, error, payload } = result;
      return ok({ jobId: id, state, error, ...showPayload(payload) });
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    operationId: 'cancelJob',
    summary: 'Asks a job to end; how it ends shows in its events',
    params: jobParamsSchema,
    query: NOTHING,
    body: NO_BODY,
    answer: jobStartedSchema,
    status: 202,
    refusals: ['unknown-job'],
    handle: async ({ params: { id } }, { session }) =>
      session.calls.cancelJob(id) ? ok({ jobId: id }) : err(unknownJob(id)),
  }),
  definePlainRoute({
    method: 'get',
    path: '/v1/jobs/{id}/events',
    operationId: 'streamJob',
    summary: 'The events of a job from its start, until it ends',
    params: jobParamsSchema,
    query: NOTHING,
    contentType: 'text/event-stream',
    description:
      'Server-sent events; each is named by its type and has JSON as data. The last is `done` or `error`',
    refusals: ['unknown-job', 'too-many-streams'],
    handle: async ({ params: { id } }, { session, clock, streams, response, signal }) => {
      if (session.calls.jobResult(id) === null) return err(unknownJob(id));
      if (streams.isFull)
        return err({ code: 'too-many-streams', message: 'too many event streams are open' });
      const stream: JobStream = new JobStream(response, clock, () => streams.delete(stream));
      streams.add(stream);
      const read = ({
        type,
        message,
        progress,
        payload,
      }: {
        readonly type: string;
        readonly message: string;
        readonly progress: number;
        readonly payload: Buffer;
      }) => {
        const data = { jobId: id, type, message, progress, ...showPayload(payload) };
        stream.add({ type, data }, type === 'done' || type === 'error');
      };
      session.calls.readJob(id, read, signal);
      return ok({ kind: 'streaming' });
    },
  }),
];

function toOrder(functionId: string, request: CallRequest): CallOrder {
  const { metadata, idempotencyKey, timeoutMs } = request;
  return {
    functionId,
    idempotencyKey,
    payload: readPayload(request),
    metadata,
    deadlineMs: timeoutMs,
    dispatchWithinMs: null,
  };
}

/** `unknown`: why there is no such function; null: there is. */
function describeFailure({ code, message, reason }: CallFailure, unknown: Refusal | null): Refusal {
  const call = { status: code, reason };
  if (code === 'NOT_FOUND' && unknown !== null) return { ...unknown, call };
  if (code === 'DEADLINE_EXCEEDED') return { code: 'call-timed-out', message, call };
  return { code: 'call-failed', message, call };
}

function unknownJob(id: string): Refusal {
  return { code: 'unknown-job', message: `there is no job ${id}; jobs are kept for 10 min after their end` };
}
