import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { status } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { invokeCommand } from '../../../src/cli/invoke.js';
import type { InvokeArguments } from '../../../src/cli/invoke-arguments.js';
import { writeSession } from '../../../src/control/session-file.js';
import { until } from '../sdk/until.js';
import { FakeGateway } from './fake-gateway.js';

interface Setting {
  readonly stdin?: string;
  readonly tty?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Runs the command for `player.ban` with the given flags. */
function start(flags: Partial<InvokeArguments>, setting: Setting = {}) {
  const stdout = Object.assign(new PassThrough(), { isTTY: setting.tty ?? false });
  const stderr = new PassThrough();
  const interrupts = new EventEmitter();
  const args: InvokeArguments = {
    functionId: 'player.ban',
    payload: undefined,
    job: false,
    timeout: undefined,
    metadata: [],
    idempotencyKey: undefined,
    agent: undefined,
    tls: { ca: undefined, cert: undefined, key: undefined, serverName: undefined },
    json: false,
    ...flags,
  };
  const io = {
    stdin: Readable.from([Buffer.from(setting.stdin ?? '')]),
    stdout,
    stderr,
    cwd: setting.cwd ?? tmpdir(),
    env: setting.env ?? {},
  };
  const written = { out: '', err: '' };
  stdout.on('data', (chunk: Buffer) => {
    written.out += chunk.toString();
  });
  stderr.on('data', (chunk: Buffer) => {
    written.err += chunk.toString();
  });
  return { written, interrupts, exited: invokeCommand(args, io, interrupts) };
}

async function run(flags: Partial<InvokeArguments>, setting?: Setting) {
  const { written, exited } = start(flags, setting);
  return { exitCode: await exited, ...written };
}

describe('one call', () => {
  test('sends everything that was typed, and prints the payload exactly', async () => {
    const gateway = await new FakeGateway().listen();
    const result = await run({
      agent: gateway.address,
      payload: ' {"playerId": "42"} ',
      metadata: ['game_id=demo', 'note=a=b'],
      idempotencyKey: 'k1',
    });
    expect(result).toEqual({ exitCode: 0, out: '{"result":"success"}', err: '' });
    expect(gateway.requests).toEqual([
      {
        functionId: 'player.ban',
        idempotencyKey: 'k1',
        payload: Buffer.from('{"playerId": "42"}'),
        metadata: { game_id: 'demo', note: 'a=b' },
      },
    ]);
  });

  test('reads its payload from stdin for -', async () => {
    const gateway = await new FakeGateway().listen();
    await run({ agent: gateway.address, payload: '-' }, { stdin: '[1,\n2]\n' });
    expect(gateway.requests[0]?.payload.toString()).toBe('[1,\n2]');
  });

  test('ends its line on a terminal, once', async () => {
    const gateway = await new FakeGateway().listen();
    expect((await run({ agent: gateway.address }, { tty: true })).out).toBe('{"result":"success"}\n');
    gateway.answer = 'text\n';
    expect((await run({ agent: gateway.address }, { tty: true })).out).toBe('text\n');
  });

  test('that fails is exit 1 with status, message and reason on stderr', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.answer = {
      code: status.UNAVAILABLE,
      details: 'held for 30 s',
      metadata: { 'croupier-reason': 'hold-timeout', 'croupier-generation': '3' },
    };
    expect(await run({ agent: gateway.address })).toEqual({
      exitCode: 1,
      out: '',
      err: 'error: UNAVAILABLE: held for 30 s\n  croupier-reason: hold-timeout\n  croupier-generation: 3\n',
    });
  });

  test('of an unknown function names those that there are', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.answer = { code: status.NOT_FOUND, details: 'no function "server.statsu"' };
    const result = await run({ agent: gateway.address, functionId: 'server.statsu' });
    expect(result.exitCode).toBe(1);
    expect(result.err).toBe(
      'error: NOT_FOUND: no function "server.statsu"\n  Registered, the most similar first: server.status, player.ban\n',
    );
  });

  test('that the function itself answers with NOT_FOUND is no unknown function', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.answer = { code: status.NOT_FOUND, details: 'there is no player 9' };
    expect((await run({ agent: gateway.address })).err).toBe('error: NOT_FOUND: there is no player 9\n');
  });

  test('with an empty answer succeeds where the function is listed, and else says what that means', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.answer = '';
    expect(await run({ agent: gateway.address })).toEqual({ exitCode: 0, out: '', err: '' });
    const unknown = await run({ agent: gateway.address, functionId: 'player.bann' });
    expect(unknown.exitCode).toBe(1);
    expect(unknown.err).toContain('does not list player.bann');
    expect(unknown.err).toContain('player.ban, server.status');
  });

  test('ends at its timeout', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.answer = 'never';
    const result = await run({ agent: gateway.address, timeout: '300ms' });
    expect(result.exitCode).toBe(1);
    expect(result.err).toContain('DEADLINE_EXCEEDED');
  });
});

describe('whom it calls', () => {
  test('nobody there is exit 3 with the way out', async () => {
    const result = await run({ agent: await freeAddress() });
    expect(result.exitCode).toBe(3);
    expect(result.err).toMatch(/^error: nobody answers at 127\.0\.0\.1:\d+ \(--agent\): /);
    expect(result.err).toContain('Start `croupier dev`');
  });

  test('the environment comes before the session', async () => {
    const gateway = await new FakeGateway().listen();
    const result = await run({}, { env: { CROUPIER_AGENT_ADDR: gateway.address } });
    expect(result.exitCode).toBe(0);
  });

  test('the session is found from a folder below the project', async () => {
    const gateway = await new FakeGateway().listen();
    const root = await mkdtemp(join(tmpdir(), 'croupier-invoke-'));
    onTestFinished(() => rm(root, { recursive: true }));
    const cwd = join(root, 'functions');
    await mkdir(cwd);
    const written = writeSession(root, {
      pid: process.pid,
      startTime: 0,
      gateway: gateway.address,
      tls: null,
      control: null,
      token: null,
      startedAt: new Date().toISOString(),
      services: ['game'],
      groups: [],
    });
    expect(written.ok).toBe(true);
    expect((await run({}, { cwd })).exitCode).toBe(0);
    expect(gateway.requests).toHaveLength(1);
  });
});

describe('a mistake in the command line is exit 2 and says where', () => {
  test.each<[string, Partial<InvokeArguments>, string]>([
    ['no JSON', { payload: "{'a': 1}" }, "line 1, column 2\n  {'a': 1}\n   ^\n"],
    ['an unquoted word', { payload: '{"a": x}' }, 'line 1, column 7\n  {"a": x}\n        ^\n'],
    ['JSON that ends too early', { payload: '{"a":\n[1,' }, 'line 2, column 4\n  [1,\n     ^\n'],
    ['a second value', { payload: '{} {}' }, 'line 1, column 4\n  {} {}\n     ^\n'],
    [
      'metadata without a value',
      { metadata: ['game_id'] },
      '--metadata is "game_id", but it must be key=value',
    ],
    ['a timeout without a unit', { timeout: 'soon' }, '--timeout is "soon", but it must be a duration'],
    ['no time at all', { timeout: '0s' }, '--timeout is 0'],
    ['an address without a port', { agent: 'localhost' }, '--agent is "localhost", but it must be host:port'],
  ])('%s', async (_what, flags, text) => {
    const result = await run(flags);
    expect(result.exitCode).toBe(2);
    expect(result.out).toBe('');
    expect(result.err).toContain(text);
  });
});

describe('a job', () => {
  const EVENTS = [
    { type: 'started' },
    { type: 'progress', progress: 40, message: 'half\nway' },
    { type: 'log', message: 'a line' },
    { type: 'done', progress: 100, payload: Buffer.from('{\n "n": 3\n}') },
  ];

  test('prints each event on a line, and ends with the job', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.events = EVENTS;
    expect(await run({ agent: gateway.address, job: true })).toEqual({
      exitCode: 0,
      out: 'started\nprogress 40% half way\nlog a line\ndone {"n":3}\n',
      err: '',
    });
  });

  test('prints JSON lines with --json', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.events = [...EVENTS.slice(0, 3), { type: 'completed', payload: Buffer.from([0xff]) }];
    const { out, exitCode } = await run({ agent: gateway.address, job: true, json: true });
    expect(exitCode).toBe(0);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { jobId: 'job-1', type: 'started' },
      { jobId: 'job-1', type: 'progress', progress: 40, message: 'half\nway' },
      { jobId: 'job-1', type: 'log', message: 'a line' },
      { jobId: 'job-1', type: 'completed', payloadBase64: '/w==' },
    ]);
  });

  test.each(['error', 'cancelled', 'canceled'])('that ends with %s is exit 1', async (type) => {
    const gateway = await new FakeGateway().listen();
    gateway.events = [{ type, message: 'why' }];
    expect(await run({ agent: gateway.address, job: true })).toEqual({
      exitCode: 1,
      out: `${type} why\n`,
      err: '',
    });
  });

  test('whose events stop before it ends is exit 1', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.events = [{ type: 'started' }];
    gateway.endStream = true;
    const result = await run({ agent: gateway.address, job: true });
    expect(result.exitCode).toBe(1);
    expect(result.err).toContain('ended before the job did');
  });

  test('without an id was none, and that is said', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.jobId = '';
    const result = await run({ agent: gateway.address, job: true, functionId: 'player.bann' });
    expect(result.exitCode).toBe(1);
    expect(result.err).toContain('no job was started');
    expect(result.err).toContain('player.ban, server.status');
  });

  test('is cancelled by Ctrl-C, exit 130', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.events = [{ type: 'started' }];
    const { exited, interrupts, written } = start({ agent: gateway.address, job: true });
    await until('the job has started', () => written.out === 'started\n');
    interrupts.emit('SIGINT');
    expect(await exited).toBe(130);
    expect(gateway.cancelled).toEqual(['job-1']);
    expect(interrupts.listenerCount('SIGINT')).toBe(0);
  });

  test('is cancelled when its time is up, exit 1', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.events = [{ type: 'started' }];
    const result = await run({ agent: gateway.address, job: true, timeout: '1s' });
    expect(result.exitCode).toBe(1);
    expect(result.err).toContain('DEADLINE_EXCEEDED');
    expect(gateway.cancelled).toEqual(['job-1']);
  });
});

/** An address at which nobody listens. */
async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('not a TCP address');
  return `127.0.0.1:${address.port}`;
}
