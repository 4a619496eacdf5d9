import type { ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import type { ControlledSession } from './controlled-session.js';
import { EVENT_ROUTES } from './event-routes.js';
import { FUNCTION_ROUTES } from './function-routes.js';
import { type HostGuard, TokenGuard } from './guard.js';
import type { Handler } from './listener.js';
import { describeApi } from './openapi.js';
import { PROBE_ROUTES } from './probe-routes.js';
import { type ErrorBody, type Refusal, refuseOn, STATUS_OF } from './refusal.js';
import type { Answer, Route } from './route.js';
import { SESSION_ROUTES } from './session-routes.js';
import type { StreamSlots } from './stream-slots.js';

export const ROUTES: readonly Route[] = [
  ...PROBE_ROUTES,
  ...SESSION_ROUTES,
  ...FUNCTION_ROUTES,
  ...EVENT_ROUTES,
];

/** Bytes. */
const BODY_LIMIT = 1024 * 1024;
const OPENAPI_PATH = '/openapi.json';

export interface ApiOptions {
  readonly session: ControlledSession;
  readonly token: string;
  readonly hosts: HostGuard;
  readonly streams: StreamSlots;
  readonly clock: Clock;
  /** A request that ended in a bug of ours. */
  onBug(error: unknown): void;
}

interface Bindings {
  readonly Bindings: { readonly outgoing: ServerResponse };
}

/** The control API as a listener of requests. */
export function createApi(options: ApiOptions): Handler {
  const app = new Hono<Bindings>();
  const token = new TokenGuard(options.token);
  app.use(async (context, next) => {
    const { req } = context;
    const foreign = options.hosts.check({ host: req.header('host'), origin: req.header('origin') });
    if (foreign !== null) return refuse(foreign);
    const isOpen = ROUTES.some((route) => route.isOpen === true && route.path === req.path);
    const refusal = isOpen ? null : token.check(req.header('authorization'));
    return refusal === null ? next() : refuse(refusal);
  });
  for (const route of ROUTES) {
    app.on(
      route.method.toUpperCase(),
      toHonoPath(route.path),
      bodyLimit({ maxSize: route.bodyLimit ?? BODY_LIMIT, onError: () => refuse(tooLarge(route)) }),
      (context) => answer(route, context, options),
    );
  }
  app.get(OPENAPI_PATH, () => Response.json(describeApi(ROUTES)));
  for (const [path, methods] of methodsByPath()) {
    app.all(toHonoPath(path), ({ req }) =>
      refuse(
        { code: 'method-not-allowed', message: `${path} takes ${methods.join(' and ')}, not ${req.method}` },
        { allow: methods.join(', ') },
      ),
    );
  }
  app.notFound(({ req }) => refuse(notFound(req.path)));
  app.onError((error) => {
    options.onBug(error);
    return refuse({ code: 'internal-error', message: 'this is a bug in croupier' });
  });
  const listener = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    errorHandler: () =>
      refuse({ code: 'invalid-request', message: 'this is no request that can be understood' }),
  });
  return async (incoming, outgoing) => {
    const path = incoming.url ?? '/';
    // Looked at as it was sent: what parses it further on resolves some of this.
    if (isClimbing(path)) refuseOn(outgoing, notFound(path));
    else await listener(incoming, outgoing);
  };
}

async function answer(route: Route, context: Context<Bindings>, options: ApiOptions): Promise<Response> {
  const { req, env } = context;
  const { outgoing } = env;
  const body = await readBody(context);
  if (!body.ok) return refuse(body.error);
  const gone = new AbortController();
  outgoing.on('close', () => gone.abort());
  const { session, streams, clock } = options;
  const outcome = await route.run(
    { params: req.param(), query: req.query(), body: body.value },
    {
      session,
      clock,
      streams,
      response: outgoing,
      lastEventId: req.header('last-event-id') ?? null,
      signal: gone.signal,
    },
  );
  return outcome.ok ? respond(outcome.value) : refuse(outcome.error);
}

function respond(answer: Answer): Response {
  switch (answer.kind) {
    case 'json':
      return Response.json(answer.body, { status: answer.status, headers: { 'cache-control': 'no-store' } });
    case 'text':
      return new Response(answer.text, { headers: { 'content-type': answer.contentType } });
    case 'streaming':
      return RESPONSE_ALREADY_SENT;
  }
}

function refuse(error: Refusal, headers: Readonly<Record<string, string>> = {}): Response {
  const status = STATUS_OF[error.code];
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
  const body: ErrorBody = { error };
  return Response.json(body, { status, headers: { ...challenge, ...headers } });
}

/** undefined: there is none. A page of another site can send a form without being asked, but not JSON. */
async function readBody({ req }: Context<Bindings>): Promise<Result<unknown, Refusal>> {
  if (req.method === 'GET') return ok(undefined);
  const text = await req.text();
  const type = req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (text === '' && type === undefined) return ok(undefined);
  if (type !== 'application/json') {
    return err({ code: 'not-json', message: 'a body has to be sent as application/json' });
  }
  if (text === '') return ok(undefined);
  try {
    return ok(JSON.parse(text));
  } catch {
    return err({ code: 'invalid-request', message: 'the body is not JSON' });
  }
}

/** `..` in any spelling. */
function isClimbing(url: string): boolean {
  const [path = ''] = url.replace(/^[a-z]+:\/\/[^/]*/i, '').split(/[?#]/);
  try {
    return decodeURIComponent(path)
      .split(/[/\\]/)
      .some((segment) => segment === '..' || segment === '.');
  } catch {
    return true;
  }
}

function methodsByPath(): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, readonly string[]>([[OPENAPI_PATH, ['GET']]]);
  for (const { path, method } of ROUTES) {
    methods.set(path, [...(methods.get(path) ?? []), method.toUpperCase()]);
  }
  return methods;
}

function toHonoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function notFound(path: string): Refusal {
  return { code: 'not-found', message: `there is nothing at ${path}` };
}

function tooLarge({ bodyLimit: limit = BODY_LIMIT }: Route): Refusal {
  return { code: 'body-too-large', message: `the body is larger than ${limit} bytes` };
}
