import { err, ok } from '../core/result.js';
import type { EventLog } from './event-log.js';
import { EventStream } from './event-stream.js';
import { definePlainRoute, defineRoute, NO_BODY, NOTHING, type Route } from './route.js';
import { eventsQuerySchema, logsAnswerSchema, logsQuerySchema } from './schemas.js';

/** What happens in the session, as it happens and as it is kept. */
export const EVENT_ROUTES: readonly Route[] = [
  definePlainRoute({
    method: 'get',
    path: '/v1/events',
    operationId: 'streamEvents',
    summary: 'The events of the session, as `croupier dev --json` prints them',
    params: NOTHING,
    query: eventsQuerySchema,
    contentType: 'text/event-stream',
    description:
      'Server-sent events; each is named by its type and has JSON as data. `stream.gap` stands where events are missing',
    refusals: ['unknown-target', 'too-many-streams'],
    handle: async ({ query }, { session, clock, streams, response, lastEventId }) => {
      const { types, service = null, after } = query;
      const refusal = service === null ? null : session.checkService(service);
      if (refusal !== null) return err(refusal);
      if (streams.isFull)
        return err({ code: 'too-many-streams', message: 'too many event streams are open' });
      const { events: log } = session;
      const start = startingPoint(log, lastEventId ?? after ?? null);
      const filter = { types: types === undefined ? null : new Set(types.split(',')), service };
      const onClosed = (): void => streams.delete(stream);
      const stream: EventStream = new EventStream({ log, filter, ...start, response, clock, onClosed });
      streams.add(stream);
      return ok({ kind: 'streaming' });
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/logs',
    operationId: 'getLogs',
    summary: 'The newest lines of what the processes wrote; to follow, go on with /v1/events',
    params: NOTHING,
    query: logsQuerySchema,
    body: NO_BODY,
    answer: logsAnswerSchema,
    refusals: ['unknown-target'],
    handle: async ({ query: { service = null, lines } }, { session }) => {
      const refusal = service === null ? null : session.checkService(service);
      if (refusal !== null) return err(refusal);
      const { events: log } = session;
      const newest = log.lines(service, lines).flatMap(({ number, event }) => {
        if (event.type !== 'process.output') return [];
        const { time, generation, stream, line } = event;
        return [{ id: log.idOf(number), time, service: event.service, generation, stream, line }];
      });
      return ok({ lines: newest, next: log.idOf(log.last) });
    },
  }),
];

/** `after`: an id, `start`, or null for what comes from now on. */
function startingPoint(
  log: EventLog,
  after: string | null,
): { readonly position: number; readonly isLost: boolean } {
  if (after === null) return { position: log.last, isLost: false };
  if (after === 'start') return { position: 0, isLost: false };
  const point = log.positionOf(after);
  return point.kind === 'position'
    ? { position: point.position, isLost: false }
    : { position: 0, isLost: true };
}
