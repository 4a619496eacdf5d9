import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCroupier, until } from '../../support/dev-process.js';
import { payloadOf } from './caller.js';
import { httpServer } from './http-server.js';
import { eventsOf, lastOf, reloaded, Scenario } from './scenario.js';

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

const FUNCTIONS = [
  { id: 'echo', http: 'POST /functions/echo' },
  { id: 'count', version: '2.0.0', http: 'POST /functions/count' },
];

/** The source of a manifest with these functions. */
function manifest(...functions: readonly object[]): string {
  return `JSON.stringify(${JSON.stringify({ functions })})`;
}

describe('functions of a server without an SDK', () => {
  it('are those of the configuration: called, reloaded and held as any others', async () => {
    scenario.save(httpServer('one'));
    scenario.config({ functions: FUNCTIONS });
    const { dev, caller } = await scenario.running();
    expect((await dev.waitFor('generation.ready')).functions).toEqual([
      { id: 'echo', version: '1.0.0' },
      { id: 'count', version: '2.0.0' },
    ]);
    const first = await caller.echo({ id: 'a' }, { idempotencyKey: 'k1' }).outcome;
    expect(first).toMatchObject({ status: 'OK', answer: { generation: 1, version: 'one' } });
    expect(first.answer?.headers).toMatchObject({
      'idempotency-key': 'k1',
      'croupier-function-id': 'echo',
      'croupier-timeout-ms': expect.stringMatching(/^\d+$/),
    });

    const slow = caller.echo({ id: 'slow', barrier: 'gate' });
    await scenario.reached(dev, 'gate');
    const mark = dev.mark();
    scenario.save(httpServer('two'));
    await dev.waitFor('generation.active', ({ generation }) => generation === 2, mark);
    expect(await caller.echo().outcome).toMatchObject({ answer: { generation: 2, version: 'two' } });
    scenario.open('gate');
    expect(await slow.outcome).toMatchObject({ status: 'OK', answer: { generation: 1 } });
    expect((await reloaded(dev, mark)).calls.lost).toBe(0);
  });

  it('have jobs whose events are the response', async () => {
    scenario.save(httpServer('one'));
    scenario.config({ functions: FUNCTIONS });
    const { caller } = await scenario.running();
    const events = await caller.jobEvents(await caller.job('count', { steps: 4 }));
    expect(events.map(({ type, progress }) => [type, progress])).toEqual([
      ['progress', 25],
      ['progress', 50],
      ['progress', 75],
      ['progress', 100],
      ['done', 0],
    ]);
    expect(payloadOf(events.at(-1))).toEqual({ generation: 1, steps: 4 });
  });

  it.each(['overlap', 'stop-first'] as const)('lose no call in 10 reloads by %s', async (strategy) => {
    scenario.save(httpServer('0'));
    scenario.config({ functions: FUNCTIONS, restart: { strategy } });
    const { dev, caller } = await scenario.running();
    const calls: ReturnType<typeof caller.echo>[] = [];
    const timer = setInterval(() => calls.push(caller.echo({ id: `${calls.length}`, delay: 10 })), 20);
    for (let edit = 1; edit <= 10; edit++) {
      const mark = dev.mark();
      scenario.save(httpServer(String(edit)));
      expect((await reloaded(dev, mark)).outcome).toBe('swapped');
    }
    clearInterval(timer);
    const outcomes = await Promise.all(calls.map((call) => call.outcome));
    expect(outcomes.filter(({ status }) => status !== 'OK')).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(20);
    expect((await caller.echo().outcome).answer?.version).toBe('10');
    // Each ran once.
    const runs = scenario.executions().map((line) => line.split(' ')[0]);
    expect(runs.filter((id, index) => id !== 'a' && runs.indexOf(id) !== index && id !== 'a call')).toEqual(
      [],
    );
  });

  it('are named by the server itself in its manifest, each generation anew', async () => {
    scenario.save(httpServer('one', { manifest: manifest({ id: 'echo', summary: 'Says it again' }) }));
    scenario.config();
    const { dev, caller } = await scenario.running();
    expect((await dev.waitFor('generation.ready')).functions).toEqual([{ id: 'echo', version: '1.0.0' }]);
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation: 1 } });

    const mark = dev.mark();
    scenario.save(
      httpServer('two', { manifest: manifest({ id: 'echo', version: '1.1.0' }, { id: 'count' }) }),
    );
    await reloaded(dev, mark);
    expect(await dev.waitFor('functions.changed', () => true, mark)).toMatchObject({
      added: ['count'],
      updated: ['echo'],
      removed: [],
    });
    expect(await caller.echo().outcome).toMatchObject({ answer: { generation: 2, version: 'two' } });
  });

  it('are of both, and the configuration wins', async () => {
    const both = manifest({ id: 'echo', version: '9.0.0', http: 'POST /nowhere' }, { id: 'count' });
    scenario.save(httpServer('one', { manifest: both }));
    scenario.config({ functions: [FUNCTIONS[0]] });
    const { dev, caller } = await scenario.running();
    await until('both are there', () =>
      eventsOf(dev, 'functions.changed').some(({ added }) => added.includes('count')),
    );
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation: 1 } });
  });

  it('validate what they are given', async () => {
    const schema = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };
    scenario.save(
      httpServer('one', {
        manifest: manifest({ id: 'count', request: { json_schema: { required: ['steps'] } } }),
      }),
    );
    scenario.project.write('schemas/echo.json', JSON.stringify(schema));
    scenario.config({ functions: [{ ...FUNCTIONS[0], inputSchema: 'schemas/echo.json' }] });
    const { dev, caller } = await scenario.running();
    await until('both are there', () =>
      eventsOf(dev, 'functions.changed').some(({ added }) => added.includes('count')),
    );
    expect(await caller.call('echo', { id: 7 }).outcome).toMatchObject({
      status: 'INVALID_ARGUMENT',
      message: "the payload does not fit the function's input schema: /id must be string",
    });
    expect(await caller.call('count', {}).outcome).toMatchObject({ status: 'INVALID_ARGUMENT' });
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK' });

    // A schema that is broken later is told of, and the last good one stays.
    const mark = dev.mark();
    scenario.project.write('schemas/echo.json', '{ "type": ');
    await reloaded(dev, mark);
    const { message } = await dev.waitFor('session.notice', ({ level }) => level === 'warn', mark);
    expect(message).toMatch(
      /the input schema of the function echo: .*echo\.json is not JSON: .*; the last good one is used$/,
    );
    expect(await caller.call('echo', { id: 7 }).outcome).toMatchObject({ status: 'INVALID_ARGUMENT' });
  });

  it('pass the status of the server on, with its words', async () => {
    scenario.save(httpServer('one'));
    scenario.config({ functions: [{ id: 'gone', http: 'POST /nowhere' }] });
    const { caller } = await scenario.running();
    expect(await caller.call('gone', {}).outcome).toMatchObject({
      status: 'NOT_FOUND',
      reason: null,
      message: 'HTTP 404 Not Found: {"error":"nothing at /nowhere"}',
    });
  });

  it('wait for the server after a crash', async () => {
    scenario.save(httpServer('one', { handle: "if (path === '/functions/crash') process.exit(7);" }));
    scenario.config({ functions: [...FUNCTIONS, { id: 'crash', http: 'POST /functions/crash' }] });
    const { dev, caller } = await scenario.running();
    expect(await caller.call('crash', {}).outcome).toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'child-lost',
    });
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation: 2 } });
    expect(lastOf(dev, 'generation.failed')).toMatchObject({ generation: 1, exitCode: 7 });
  });
});

describe('a manifest', () => {
  it('that is none is told of, and asked for again after the next save', async () => {
    scenario.save(httpServer('one', { manifest: '\'{ "functions": [\'' }));
    scenario.config();
    const { dev, caller } = await scenario.running();
    const { message, service } = await dev.waitFor('session.notice', ({ level }) => level === 'warn');
    expect(service).toBe('game');
    expect(message).toMatch(
      /^the manifest \(\/croupier\/manifest\.json\) is not JSON: .*; generation 1 has no functions from it$/,
    );
    expect(await caller.echo().outcome).toMatchObject({ status: 'NOT_FOUND' });
    const mark = dev.mark();
    scenario.save(httpServer('two', { manifest: manifest({ id: 'echo' }) }));
    await reloaded(dev, mark);
    await until('it is called', async () => (await caller.echo().outcome).status === 'OK');
  });

  it('that is broken later keeps the calls with the generation that has them', async () => {
    scenario.save(httpServer('one', { manifest: manifest({ id: 'echo' }) }));
    scenario.config({ ready: { timeout: '2s' } });
    const { dev, caller } = await scenario.running();
    const mark = dev.mark();
    scenario.save(httpServer('two', { manifest: manifest({ id: '' }) }));
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'kept-old' });
    expect(lastOf(dev, 'generation.failed', mark).message).toContain(
      'its functions from GET /croupier/manifest.json',
    );
    const told = eventsOf(dev, 'session.notice', mark).map(({ message }) => message);
    expect(told.join('\n')).toContain('functions[0].id must be a text that is not empty');
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation: 1 } });
  });

  it('that is gone later takes its functions along, and that is said', async () => {
    scenario.save(httpServer('one', { manifest: manifest({ id: 'echo' }) }));
    scenario.config();
    const { dev, caller } = await scenario.running();
    const mark = dev.mark();
    scenario.save(httpServer('two'));
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped' });
    const { message } = await dev.waitFor('session.notice', ({ level }) => level === 'warn', mark);
    expect(message).toBe('generation 2 has no manifest any more (GET /croupier/manifest.json)');
    expect(await caller.echo().outcome).toMatchObject({ status: 'NOT_FOUND' });
    // And nobody waits for one any more.
    const next = dev.mark();
    scenario.save(httpServer('three'));
    expect(await reloaded(dev, next)).toMatchObject({ outcome: 'swapped' });
  });

  it('with a schema that is none is served without validation, and that is said', async () => {
    const wrong = manifest({ id: 'echo', request: { json_schema: { type: 'text' } } });
    scenario.save(httpServer('one', { manifest: wrong }));
    scenario.config();
    const { dev, caller } = await scenario.running();
    const { message } = await dev.waitFor('session.notice', ({ level }) => level === 'warn');
    expect(message).toMatch(
      /^the input schema of the function echo in the manifest is no JSON Schema: .*; its payloads are not validated$/,
    );
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK' });
  });
});

describe('what cannot work is said', () => {
  it.each([
    ['is not there', null, /schemas\/echo\.json cannot be read: ENOENT/],
    ['is not JSON', '{', /schemas\/echo\.json is not JSON: /],
    ['is no schema', '{ "type": 7 }', /schemas\/echo\.json is no JSON Schema: /],
  ])('a schema file that %s', async (_, text, words) => {
    scenario.save(httpServer('one'));
    if (text !== null) scenario.project.write('schemas/echo.json', text);
    scenario.config({ functions: [{ ...FUNCTIONS[0], inputSchema: 'schemas/echo.json' }] });
    const { code, stderr } = await runCroupier(
      scenario.project.folder,
      ['dev', '--port', '0'],
      scenario.environment,
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: the input schema of the function echo: /m);
    expect(stderr).toMatch(words);
    expect(stderr).toContain('"inputSchema"');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('functions of a server that listens elsewhere than on its PORT', async () => {
    scenario.save(httpServer('one', { port: '0' }));
    scenario.config({ functions: FUNCTIONS, ready: { timeout: '6s' } });
    const dev = scenario.start();
    const { message } = await dev.waitFor('session.notice', ({ level }) => level === 'warn');
    expect(message).toMatch(
      /^the process listens on 127\.0\.0\.1:\d+ and not on its PORT \d+, so its HTTP functions cannot be called: /,
    );
    const failed = await dev.waitFor('generation.failed');
    expect(failed).toMatchObject({ generation: 1, reason: 'not-ready' });
    expect(failed.message).toMatch(
      /a connection on PORT \d+, where its functions are called over HTTP \(echo, count\)/,
    );
    expect(eventsOf(dev, 'generation.active')).toEqual([]);
  });
});
