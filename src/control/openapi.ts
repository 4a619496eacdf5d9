import * as z from 'zod';
import { type RefusalCode, STATUS_OF } from './refusal.js';
import type { AnswerDescription, Route } from './route.js';
import { errorSchema } from './schemas.js';

/** What any request with a token, or without, can be refused for. */
const ALWAYS: readonly RefusalCode[] = [
  'invalid-request',
  'foreign-host',
  'internal-error',
  'session-starting',
];
const WITH_TOKEN: readonly RefusalCode[] = ['no-token'];
const WITH_BODY: readonly RefusalCode[] = ['body-too-large', 'not-json'];

/** The OpenAPI 3.1 description of the routes, made of the schemas that validate their requests and describe their answers. */
export function describeApi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: describeRoute(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Control API of a croupier session',
      // Of the API, which is also in its paths.
      version: '1.0.0',
      description:
        'Listens on loopback. Its address and its token are in `.croupier/session.json` of the project, which the user alone can read. ' +
        'Pages of other sites are refused.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: toJsonSchema(errorSchema, 'output') },
    },
  };
}

function describeRoute(route: Route): object {
  const { operationId, summary, isOpen = false } = route;
  return {
    operationId,
    summary,
    ...(isOpen ? { security: [] } : {}),
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...requestBody(route),
    responses: { ...answersOf(route.answers), ...refusalsOf(route) },
  };
}

function parametersOf(schema: z.ZodType, place: 'path' | 'query'): readonly object[] {
  const { properties = {}, required = [] } = toJsonSchema(schema, 'input');
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property,
  }));
}

function requestBody({ method, body }: Route): object {
  const schema = toJsonSchema(body, 'input');
  const isEmpty = Object.keys(schema.properties ?? {}).length === 0;
  if (method === 'get' || isEmpty) return {};
  return {
    requestBody: {
      required: (schema.required ?? []).length > 0,
      content: { 'application/json': { schema } },
    },
  };
}

function answersOf(answers: readonly AnswerDescription[]): Readonly<Record<string, object>> {
  return Object.fromEntries(
    answers.map(({ status, description, contentType, schema }) => [
      status,
      {
        description,
        content: {
          [contentType]: { schema: schema === null ? { type: 'string' } : toJsonSchema(schema, 'output') },
        },
      },
    ]),
  );
}

/** Codes that share a status are one answer. */
function refusalsOf({ refusals, isOpen = false, method, answers }: Route): Readonly<Record<string, object>> {
  const codes = [
    ...ALWAYS,
    ...(isOpen ? [] : WITH_TOKEN),
    ...(method === 'post' ? WITH_BODY : []),
    ...refusals,
  ];
  const byStatus = new Map<number, RefusalCode[]>();
  for (const code of codes) {
    const status = STATUS_OF[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].flatMap(([status, shared]) => {
      // Its own answer of this status says more than an error does.
      if (answers.some((one) => one.status === status)) return [];
      const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
      return [[String(status), { description: `Refused: ${shared.join(', ')}`, content }]];
    }),
  );
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): ObjectSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return { ...rest, properties: rest.properties ?? {}, required: rest.required ?? [] };
}
