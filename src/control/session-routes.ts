import { ok } from '../core/result.js';
import { defineRoute, NO_BODY, NOTHING, type Route } from './route.js';
import {
  drainAnswerSchema,
  drainRequestSchema,
  generationListSchema,
  pauseAnswerSchema,
  reloadAnswerSchema,
  reloadRequestSchema,
  rollbackAnswerSchema,
  rollbackRequestSchema,
  serviceQuerySchema,
  statusSchema,
  stopAnswerSchema,
  stopRequestSchema,
} from './schemas.js';

/** What the session is, and what can be done to it. */
export const SESSION_ROUTES: readonly Route[] = [
  defineRoute({
    method: 'get',
    path: '/v1/status',
    operationId: 'getStatus',
    summary: 'The session and its services',
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answer: statusSchema,
    refusals: [],
    handle: async (_, { session }) => ok(session.status()),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/generations',
    operationId: 'listGenerations',
    summary: 'The generations of services, those that are gone included',
    params: NOTHING,
    query: serviceQuerySchema,
    body: NO_BODY,
    answer: generationListSchema,
    refusals: ['unknown-target'],
    handle: async ({ query: { service } }, { session }) => {
      const refusal = service === undefined ? null : session.checkService(service);
      if (refusal !== null) return { ok: false, error: refusal };
      return ok({ generations: [...session.generations(service ?? null)] });
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/reload',
    operationId: 'reload',
    summary:
      'Builds and restarts services, or reloads functions in their processes; answers when that is over',
    params: NOTHING,
    query: NOTHING,
    body: reloadRequestSchema,
    answer: reloadAnswerSchema,
    refusals: ['unknown-target', 'not-possible', 'session-ending'],
    handle: ({ body }, { session, signal }) => session.reload(body.targets, signal),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/rollback',
    operationId: 'rollback',
    summary: 'Goes back to the version before of a function, or to the build before of a service',
    params: NOTHING,
    query: NOTHING,
    body: rollbackRequestSchema,
    answer: rollbackAnswerSchema,
    refusals: ['unknown-target', 'not-possible', 'session-ending'],
    handle: ({ body }, { session, signal }) => session.rollback(body.target ?? null, signal),
  }),
  pauseRoute('pause', 'Changed files are not acted upon until resume', true),
  pauseRoute('resume', 'Changed files are acted upon again', false),
  defineRoute({
    method: 'post',
    path: '/v1/drain',
    operationId: 'drain',
    summary: 'Takes services out of routing upstream for good, and waits for their calls',
    params: NOTHING,
    query: NOTHING,
    body: drainRequestSchema,
    answer: drainAnswerSchema,
    refusals: ['unknown-target', 'session-ending'],
    handle: ({ body }, { session, signal }) => session.drain(body, signal),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/stop',
    operationId: 'stop',
    summary: 'Ends the session: drains, stops every process. Answers at once',
    params: NOTHING,
    query: NOTHING,
    body: stopRequestSchema,
    answer: stopAnswerSchema,
    status: 202,
    refusals: [],
    handle: async ({ body }, { session }) => {
      session.stop(body.force);
      return ok({ pid: process.pid });
    },
  }),
];

function pauseRoute(verb: 'pause' | 'resume', summary: string, isPaused: boolean): Route {
  return defineRoute({
    method: 'post',
    path: `/v1/${verb}`,
    operationId: verb,
    summary,
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answer: pauseAnswerSchema,
    refusals: [],
    handle: async (_, { session }) => {
      session.setPaused(isPaused);
      return ok({ isPaused });
    },
  });
}
