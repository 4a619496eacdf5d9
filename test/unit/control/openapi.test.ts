import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../../src/control/api.js';
import { describeApi } from '../../../src/control/openapi.js';
import { err, ok } from '../../../src/core/result.js';
import { events, stamp } from '../../support/events.js';
import { type FakeSession, report, service } from './fake-session.js';
import { type RequestOptions, RunningApi } from './running-api.js';

interface Described {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly responses: Readonly<
              Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
            >;
          }
        >
      >
    >
  >;
  readonly components: object;
}

const description: Described = JSON.parse(JSON.stringify(describeApi(ROUTES)));

describe('the OpenAPI description', () => {
  it('passes the linter', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: JSON.stringify(description), config });
    expect(
      problems.map(({ ruleId, message, location }) => `${ruleId} ${message} ${location[0]?.pointer}`),
    ).toEqual([]);
  });

  it('has every route, and says which need no token', async () => {
    const { text } = await (await RunningApi.open()).ask('/openapi.json');
    expect(JSON.parse(text)).toEqual(description);
    const { paths } = description;
    for (const { path, method } of ROUTES) expect(paths[path]?.[method]).toBeDefined();
    const open = ROUTES.filter((route) => route.isOpen === true).map(({ path }) => path);
    expect(open).toEqual(['/healthz', '/readyz', '/metrics']);
    expect(paths['/healthz']?.get).toMatchObject({ security: [] });
    expect(paths['/v1/status']?.get).not.toHaveProperty('security');
  });

  interface Case {
    /** As the description names it. */
    readonly path: string;
    readonly asked?: string;
    readonly options?: RequestOptions;
    readonly status: number;
    readonly arrange?: (session: FakeSession) => void;
  }

  const cases: readonly Case[] = [
    { path: '/healthz', status: 200 },
    { path: '/readyz', status: 200 },
    {
      path: '/readyz',
      status: 503,
      arrange: (session) => {
        session.isReady = false;
      },
    },
    { path: '/v1/status', status: 200 },
    {
      path: '/v1/status',
      status: 200,
      arrange: (session) => {
        const failure = { reason: 'exited', message: 'the process exited with code 1' };
        session.services = [
          service({ state: 'failed', isServing: false, active: [], failure, lastReload: null }),
        ];
      },
    },
    { path: '/v1/status', options: { token: null }, status: 401 },
    { path: '/v1/status', options: { headers: { host: 'evil.example' } }, status: 403 },
    { path: '/v1/functions', status: 200 },
    { path: '/v1/functions', asked: '/v1/functions?service=chat', status: 404 },
    { path: '/v1/generations', asked: '/v1/generations?service=game', status: 200 },
    { path: '/v1/reload', options: { json: { targets: [] } }, status: 200 },
    {
      path: '/v1/reload',
      options: { json: {} },
      status: 200,
      arrange: (session) => {
        const failed = [{ id: null, path: 'a.js', error: 'SyntaxError', rolledBack: true }];
        const one = { service: 'game', generation: 2, reloaded: [], failed, reason: null, ms: 3 };
        const services = [report({ failure: 'it failed', serving: null })];
        session.reloads = ok({ ok: false, services, functions: [{ ...one, outcome: 'failed' }] });
      },
    },
    { path: '/v1/reload', options: { json: { targets: 7 } }, status: 400 },
    { path: '/v1/reload', options: { body: '{}' }, status: 415 },
    { path: '/v1/rollback', options: { json: {} }, status: 200 },
    {
      path: '/v1/rollback',
      options: { json: {} },
      status: 409,
      arrange: (session) => {
        session.rollbacks = err({ code: 'not-possible', message: 'there is nothing to go back to' });
      },
    },
    { path: '/v1/pause', options: { method: 'POST' }, status: 200 },
    { path: '/v1/resume', options: { method: 'POST' }, status: 200 },
    { path: '/v1/drain', options: { json: {} }, status: 200 },
    { path: '/v1/stop', options: { json: { force: true } }, status: 202 },
    {
      path: '/v1/functions/{id}/invoke',
      asked: '/v1/functions/player.ban/invoke',
      options: { json: { payload: 1 } },
      status: 200,
    },
    {
      path: '/v1/functions/{id}/invoke',
      asked: '/v1/functions/player.ban/invoke',
      options: { json: {} },
      status: 502,
      arrange: (session) => {
        session.answer = async () => err({ code: 'UNAVAILABLE', message: 'lost', reason: 'child-lost' });
      },
    },
    {
      path: '/v1/functions/{id}/jobs',
      asked: '/v1/functions/player.ban/jobs',
      options: { json: {} },
      status: 201,
    },
    { path: '/v1/functions/{id}/jobs', asked: '/v1/functions/echo/jobs', options: { json: {} }, status: 404 },
    { path: '/v1/jobs/{id}', asked: '/v1/jobs/job-1', status: 200 },
    {
      path: '/v1/jobs/{id}/cancel',
      asked: '/v1/jobs/job-1/cancel',
      options: { method: 'POST' },
      status: 202,
    },
    { path: '/v1/logs', status: 200 },
  ];

  it.each(cases)(
    'describes what $path answers with $status',
    async ({ path, asked, options, status, arrange }) => {
      const api = await RunningApi.open();
      api.session.events.add(
        stamp({ type: 'process.output', service: 'game', generation: 1, stream: 'stderr', line: 'hello' }),
      );
      api.session.events.add(stamp(events.notice('info', 'hello')));
      arrange?.(api.session);
      const { method, json, body } = options ?? {};
      const answer = await api.ask(asked ?? path, options);
      expect(answer.status).toBe(status);
      const verb = method ?? (json === undefined && body === undefined ? 'get' : 'post');
      const described = description.paths[path]?.[verb.toLowerCase()]?.responses[status];
      const schema = described?.content['application/json']?.schema;
      expect(schema).toBeDefined();
      const ajv = new Ajv2020({ strict: false, allErrors: true });
      formats.default(ajv);
      const validate = ajv.compile({ ...schema, components: description.components });
      expect(validate(JSON.parse(answer.text)) ? [] : validate.errors).toEqual([]);
    },
  );

  it('has a case for every route that answers with JSON', () => {
    const answering = ROUTES.filter(({ answers }) => answers.some(({ schema }) => schema !== null));
    const covered = new Set(cases.filter(({ status }) => status < 300).map(({ path }) => path));
    expect(answering.filter(({ path }) => !covered.has(path)).map(({ path }) => path)).toEqual([]);
  });

  it('is strict: what it does not name would be found', () => {
    const { paths, components } = description;
    const schema = paths['/v1/pause']?.post?.responses['200']?.content['application/json']?.schema;
    const validate = new Ajv2020({ strict: false }).compile({ ...schema, components });
    expect(validate({ isPaused: true })).toBe(true);
    expect(validate({ isPaused: true, more: 1 })).toBe(false);
    expect(validate({})).toBe(false);
  });
});
