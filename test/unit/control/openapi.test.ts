import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../../src/control/api.js';
import { describeApi } from '../../../src/control/openapi.js';
import { err, ok } from '../../../src/core/result.js';
import { events, stamp } from '../../support/events.js';
import { report, service } from './fake-session.js';
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

  /** A path of the description, the request for it, the status that it shall have, and what is arranged before. */
  const requests: readonly (readonly [
    string,
    string,
    RequestOptions,
    number,
    ((api: RunningApi) => void)?,
  ])[] = [
    ['/healthz', '/healthz', {}, 200],
    ['/readyz', '/readyz', {}, 200],
    [
      '/readyz',
      '/readyz',
      {},
      503,
      ({ session }) => {
        session.isReady = false;
      },
    ],
    ['/v1/status', '/v1/status', {}, 200],
    [
      '/v1/status',
      '/v1/status',
      {},
      200,
      ({ session }) => {
        const failure = { reason: 'exited', message: 'the process exited with code 1' };
        session.services = [
          service({ state: 'failed', isServing: false, active: [], failure, lastReload: null }),
        ];
      },
    ],
    ['/v1/status', '/v1/status', { token: null }, 401],
    ['/v1/status', '/v1/status', { headers: { host: 'evil.example' } }, 403],
    ['/v1/functions', '/v1/functions', {}, 200],
    ['/v1/functions', '/v1/functions?service=chat', {}, 404],
    ['/v1/generations', '/v1/generations?service=game', {}, 200],
    ['/v1/reload', '/v1/reload', { json: { targets: [] } }, 200],
    [
      '/v1/reload',
      '/v1/reload',
      { json: {} },
      200,
      ({ session }) => {
        const failed = [{ id: null, path: 'a.js', error: 'SyntaxError', rolledBack: true }];
        const functions = [
          {
            service: 'game',
            outcome: 'failed' as const,
            generation: 2,
            reloaded: [],
            failed,
            reason: null,
            ms: 3,
          },
        ];
        session.reloads = ok({
          ok: false,
          services: [report({ failure: 'it failed', serving: null })],
          functions,
        });
      },
    ],
    ['/v1/reload', '/v1/reload', { json: { targets: 7 } }, 400],
    ['/v1/reload', '/v1/reload', { body: '{}' }, 415],
    ['/v1/rollback', '/v1/rollback', { json: {} }, 200],
    [
      '/v1/rollback',
      '/v1/rollback',
      { json: {} },
      409,
      ({ session }) => {
        session.rollbacks = err({ code: 'not-possible', message: 'there is nothing to go back to' });
      },
    ],
    ['/v1/pause', '/v1/pause', { method: 'POST' }, 200],
    ['/v1/resume', '/v1/resume', { method: 'POST' }, 200],
    ['/v1/drain', '/v1/drain', { json: {} }, 200],
    ['/v1/stop', '/v1/stop', { json: { force: true } }, 202],
    ['/v1/functions/{id}/invoke', '/v1/functions/player.ban/invoke', { json: { payload: 1 } }, 200],
    [
      '/v1/functions/{id}/invoke',
      '/v1/functions/player.ban/invoke',
      { json: {} },
      502,
      ({ session }) => {
        session.answer = async () => err({ code: 'UNAVAILABLE', message: 'lost', reason: 'child-lost' });
      },
    ],
    ['/v1/functions/{id}/jobs', '/v1/functions/player.ban/jobs', { json: {} }, 201],
    ['/v1/functions/{id}/jobs', '/v1/functions/echo/jobs', { json: {} }, 404],
    ['/v1/jobs/{id}', '/v1/jobs/job-1', {}, 200],
    ['/v1/jobs/{id}/cancel', '/v1/jobs/job-1/cancel', { method: 'POST' }, 202],
    ['/v1/logs', '/v1/logs', {}, 200],
  ];

  it.each(requests)('describes what %s answers: %s %o %i', async (path, asked, options, status, arrange) => {
    const api = await RunningApi.open();
    api.session.events.add(
      stamp({ type: 'process.output', service: 'game', generation: 1, stream: 'stderr', line: 'hello' }),
    );
    api.session.events.add(stamp(events.notice('info', 'hello')));
    arrange?.(api);
    const answer = await api.ask(asked, options);
    expect(answer.status).toBe(status);
    const method =
      options.method === undefined && options.json === undefined && options.body === undefined
        ? 'get'
        : 'post';
    const schema = description.paths[path]?.[method]?.responses[status]?.content['application/json']?.schema;
    expect(schema).toBeDefined();
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile({ ...schema, components: description.components });
    expect(validate(JSON.parse(answer.text)) ? [] : validate.errors).toEqual([]);
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
