import { ok } from '../core/result.js';
import { definePlainRoute, defineRoute, NO_BODY, NOTHING, type Route } from './route.js';
import { healthSchema, readinessSchema } from './schemas.js';

/** For orchestrators and monitoring: these need no token. */
export const PROBE_ROUTES: readonly Route[] = [
  defineRoute({
    method: 'get',
    path: '/healthz',
    operationId: 'getHealth',
    summary: 'The runner itself works',
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answer: healthSchema,
    refusals: [],
    isOpen: true,
    handle: async () => ok({ status: 'ok' as const }),
  }),
  defineRoute({
    method: 'get',
    path: '/readyz',
    operationId: 'getReadiness',
    summary: 'Every service has a generation that has the calls',
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answer: readinessSchema,
    otherStatus: {
      status: 503,
      description: 'At least one service has none',
      is: ({ isReady }) => !isReady,
    },
    refusals: [],
    isOpen: true,
    handle: async (_, { session }) => ok(session.readiness()),
  }),
  definePlainRoute({
    method: 'get',
    path: '/metrics',
    operationId: 'getMetrics',
    summary: 'Figures of the session',
    params: NOTHING,
    query: NOTHING,
    contentType: 'text/plain',
    description: 'In the text format of Prometheus',
    refusals: [],
    isOpen: true,
    handle: async (_, { session }) => ok({ kind: 'text', ...(await session.metrics()) }),
  }),
];
