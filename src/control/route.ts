import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import type { Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import type { ControlledSession } from './controlled-session.js';
import type { Refusal, RefusalCode } from './refusal.js';
import type { StreamSlots } from './stream-slots.js';

/** What handlers work with. */
export interface RouteContext {
  readonly session: ControlledSession;
  readonly clock: Clock;
  readonly streams: StreamSlots;
  readonly response: ServerResponse;
  /** Of an event stream that is opened again; null: it is new. */
  readonly lastEventId: string | null;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** How a request was answered. `streaming`: the handler has the response. */
export type Answer =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'text'; readonly contentType: string; readonly text: string }
  | { readonly kind: 'streaming' };

/** What a client sent, not looked at yet. */
export interface Sent {
  readonly params: unknown;
  readonly query: unknown;
  /** undefined: there was no body. */
  readonly body: unknown;
}

/** What is said about an answer in the OpenAPI description. */
export interface AnswerDescription {
  readonly status: number;
  readonly description: string;
  readonly contentType: 'application/json' | 'text/event-stream' | 'text/plain';
  /** null: it is not JSON. */
  readonly schema: z.ZodType | null;
}

export interface RouteDescription<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: 'get' | 'post';
  /** As OpenAPI writes it: `/v1/jobs/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Why it can be refused, beside what any request can be refused for. */
  readonly refusals: readonly RefusalCode[];
  /** Bytes; default: 1 MiB. */
  readonly bodyLimit?: number;
  /** It needs no token. */
  readonly isOpen?: boolean;
}

/** One method of one path: its description, and what it does. */
export interface Route extends RouteDescription<z.ZodType, z.ZodType, z.ZodType> {
  readonly answers: readonly AnswerDescription[];
  run(sent: Sent, context: RouteContext): Promise<Result<Answer, Refusal>>;
}

/** No parameters, no query. */
export const NOTHING = z.strictObject({});
/** No body; an empty object is taken for none. */
export const NO_BODY = z.strictObject({}).optional();

interface Checked<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
}

/** A route that answers with JSON of the given schema. */
export function defineRoute<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
>(
  description: RouteDescription<P, Q, B> & {
    readonly answer: A;
    /** Default: 200. */
    readonly status?: number;
    /** Another status for some answers, with the same schema. */
    readonly otherStatus?: {
      readonly status: number;
      readonly description: string;
      is(answer: z.output<A>): boolean;
    };
    handle(
      request: Checked<z.output<P>, z.output<Q>, z.output<B>>,
      context: RouteContext,
    ): Promise<Result<z.output<A>, Refusal>>;
  },
): Route {
  const { answer, status = 200, otherStatus } = description;
  const described = (code: number, text: string): AnswerDescription => ({
    status: code,
    description: text,
    contentType: 'application/json',
    schema: answer,
  });
  return {
    ...description,
    answers: [
      described(status, 'What was asked for'),
      ...(otherStatus === undefined ? [] : [described(otherStatus.status, otherStatus.description)]),
    ],
    async run(sent, context) {
      const request = check(description, sent);
      if (!request.ok) return request;
      const outcome = await description.handle(request.value, context);
      if (!outcome.ok) return outcome;
      const isOther = otherStatus?.is(outcome.value) ?? false;
      return ok({
        kind: 'json',
        status: isOther ? (otherStatus?.status ?? status) : status,
        body: outcome.value,
      });
    },
  };
}

/** A route that answers with something else: text, or a stream of events. */
export function definePlainRoute<P extends z.ZodType, Q extends z.ZodType>(
  description: Omit<RouteDescription<P, Q, typeof NO_BODY>, 'body'> & {
    readonly contentType: 'text/event-stream' | 'text/plain';
    readonly description: string;
    handle(
      request: Checked<z.output<P>, z.output<Q>, undefined>,
      context: RouteContext,
    ): Promise<Result<Answer, Refusal>>;
  },
): Route {
  const { contentType } = description;
  const full = { ...description, body: NO_BODY };
  return {
    ...full,
    answers: [{ status: 200, description: description.description, contentType, schema: null }],
    async run(sent, context) {
      const request = check(full, sent);
      if (!request.ok) return request;
      return description.handle({ ...request.value, body: undefined }, context);
    },
  };
}

function check<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  { params, query, body }: RouteDescription<P, Q, B>,
  sent: Sent,
): Result<Checked<z.output<P>, z.output<Q>, z.output<B>>, Refusal> {
  const checkedParams = params.safeParse(sent.params);
  if (!checkedParams.success) return err(invalid('the path', checkedParams.error));
  const checkedQuery = query.safeParse(sent.query);
  if (!checkedQuery.success) return err(invalid('the query', checkedQuery.error));
  const checkedBody = body.safeParse(sent.body);
  if (!checkedBody.success) return err(invalid('the body', checkedBody.error));
  return ok({ params: checkedParams.data, query: checkedQuery.data, body: checkedBody.data });
}

function invalid(what: string, { issues }: z.ZodError): Refusal {
  const problems = issues.slice(0, 5).map(({ path, message }) => {
    const where = path.map(String).join('.');
    return where === '' ? message : `\`${where}\`: ${message}`;
  });
  return { code: 'invalid-request', message: `${what} is not as it should be: ${problems.join('; ')}` };
}
