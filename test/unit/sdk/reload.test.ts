import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import type { AgentClient } from '../../../src/protocol/client.js';
import { ReloadError, type Service } from '../../../src/sdk/index.js';
import { callHotReload } from './hot-reload-client.js';
import { createServed, requestOf } from './served.js';
import { until } from './until.js';

const CALL = { timeoutMs: 10_000 };

async function answerOf(client: AgentClient, functionId: string): Promise<string> {
  const answer = await client.invoke(requestOf(functionId), CALL);
  return answer.ok ? answer.value.payload.toString() : answer.error.codeName;
}

function registerTwo(service: Service): void {
  service.registerFunction({ id: 'a' }, () => 'a1').registerFunction({ id: 'b' }, () => 'b1');
}

/** Names of events and what they carry, as they come. */
function record(service: Service): unknown[] {
  const events: unknown[] = [];
  for (const name of [
    'functionReloaded',
    'functionsReloaded',
    'reloadFailed',
    'configReloaded',
    'rolledBack',
  ] as const) {
    service.on(name, (told: unknown) => events.push([name, told]));
  }
  return events;
}

describe('reloadFunction()', () => {
  test('gives later calls the new handler, and leaves those under way with the old one', async () => {
    let finish = (_: string) => {};
    const { service, client } = await createServed((service) =>
      service.registerFunction(
        { id: 'a' },
        () =>
          new Promise<string>((resolve) => {
            finish = resolve;
          }),
      ),
    );
    const under = answerOf(client, 'a');
    await until('under way', () => service.inFlight === 1);
    expect(service.reloadFunction('a', { id: 'a', version: '2.0.0' }, () => 'new')).toEqual({
      id: 'a',
      oldVersion: '1.0.0',
      newVersion: '2.0.0',
    });
    expect(await answerOf(client, 'a')).toBe('"new"');
    finish('old');
    expect(await under).toBe('"old"');
  });

  test('tells the agent where the descriptor is another, and only then', async () => {
    const { service, agent } = await createServed(registerTwo);
    service.reloadFunction('a', { id: 'a' }, () => 'a2');
    service.reloadFunction('b', { id: 'b', summary: 'better' }, () => 'b2');
    await until('registered again', () => agent.registrations.length === 2);
    expect(agent.registrations[1]?.functions.map((one) => one.summary)).toEqual(['', 'better']);
  });
});

describe('reloadFunctions()', () => {
  test.each([
    [
      'an invalid descriptor',
      { id: 'b', descriptor: { id: 'b', version: '' } },
      'function b: version is a text',
    ],
    [
      'a schema that is no JSON',
      { id: 'b', descriptor: { id: 'b', inputSchema: '{' } },
      'inputSchema is not JSON',
    ],
    ['an unknown function', { id: 'c', descriptor: { id: 'c' } }, 'no function "c" is registered here'],
    ['another id', { id: 'b', descriptor: { id: 'c' } }, 'function b: its descriptor has another id, c'],
    ['the same function twice', { id: 'a', descriptor: { id: 'a' } }, 'function a is in the batch twice'],
  ])('changes nothing where one has %s', async (_what, wrong, message) => {
    const { service, client } = await createServed(registerTwo);
    const events = record(service);
    const batch = [
      { id: 'a', descriptor: { id: 'a', version: '2.0.0' }, handler: () => 'a2' },
      { ...wrong, handler: () => 'wrong' },
    ];
    expect(() => service.reloadFunctions(batch)).toThrow(ReloadError);
    expect([await answerOf(client, 'a'), await answerOf(client, 'b')]).toEqual(['"a1"', '"b1"']);
    const failed = { id: wrong.id, path: null, error: expect.stringContaining(message) };
    expect(events).toEqual([
      ['reloadFailed', { ...failed, rolledBack: true }],
      ['functionsReloaded', { reloaded: [], failed: [failed] }],
    ]);
    expect(service.getReloadStatus()).toMatchObject({ failedReloads: 1, functionReloads: 0 });
  });

  test('is one step, one registration, and an event for each', async () => {
    const { service, agent, client } = await createServed(registerTwo);
    const events = record(service);
    const handler = () => 'new';
    service.reloadFunctions([
      { id: 'a', descriptor: { id: 'a', version: '2.0.0' }, handler },
      { id: 'b', descriptor: { id: 'b', version: '3.0.0' }, handler },
    ]);
    expect(await answerOf(client, 'b')).toBe('"new"');
    await until('registered again', () => agent.registrations.length === 2);
    const changes = [
      { id: 'a', oldVersion: '1.0.0', newVersion: '2.0.0' },
      { id: 'b', oldVersion: '1.0.0', newVersion: '3.0.0' },
    ];
    expect(events).toEqual([
      ['functionReloaded', changes[0]],
      ['functionReloaded', changes[1]],
      ['functionsReloaded', { reloaded: changes, failed: [] }],
    ]);
    expect(service.getReloadStatus()).toMatchObject({
      functionReloads: 2,
      failedReloads: 0,
      functionsCount: 2,
    });
  });
});

describe('rollback()', () => {
  test('puts the version before back, and says where there is none', async () => {
    const { service, client } = await createServed(registerTwo);
    const events = record(service);
    expect(() => service.rollback('a')).toThrow('function a has no earlier version');
    service.reloadFunction('a', { id: 'a', version: '2.0.0' }, () => 'a2');
    expect(service.rollback('a')).toEqual({ id: 'a', oldVersion: '2.0.0', newVersion: '1.0.0' });
    expect(await answerOf(client, 'a')).toBe('"a1"');
    expect(events.at(-1)).toEqual(['rolledBack', { id: 'a', oldVersion: '2.0.0', newVersion: '1.0.0' }]);
  });

  test('is served to the runner', async () => {
    const { service } = await createServed(registerTwo);
    const runner = callHotReload(service.address ?? '');
    service.reloadFunction('a', { id: 'a', version: '2.0.0' }, () => 'a2');
    expect(await runner.rollback('a')).toEqual({ id: 'a', oldVersion: '2.0.0', newVersion: '1.0.0' });
    await expect(runner.rollback('a')).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });
    await expect(runner.rollback('nobody')).rejects.toMatchObject({ code: status.NOT_FOUND });
  });
});

describe('reloadConfig()', () => {
  test('changes all or nothing, and registers another version', async () => {
    const { service, agent } = await createServed(registerTwo);
    const events = record(service);
    expect(() => service.reloadConfig({ version: '9.0.0', reconnectDelay: -1 })).toThrow(
      'reconnectDelay is a number of milliseconds',
    );
    expect(service.version).toBe('1.0.0');
    expect(service.getReloadStatus().configReloads).toBe(0);
    const change = { version: '2.0.0', maxRetryAttempts: 3 };
    service.reloadConfig(change);
    await until('registered again', () => agent.registrations.length === 2);
    expect(agent.registrations[1]?.version).toBe('2.0.0');
    expect(service.version).toBe('2.0.0');
    expect(service.getReloadStatus().configReloads).toBe(1);
    expect(events).toEqual([['configReloaded', { changed: change }]]);
  });
});

describe('getReloadStatus()', () => {
  test('follows the connection, and the runner sees the same', async () => {
    const { service, agent } = await createServed(registerTwo, { maxRetryAttempts: 1, reconnectDelay: 10 });
    const told: string[] = [];
    service.on('error', (error) => told.push(error.message));
    service.on('reconnected', ({ reconnectCount }) => told.push(`back ${reconnectCount}`));
    const runner = callHotReload(service.address ?? '');
    expect(await runner.status()).toMatchObject({
      connectionStatus: 'connected',
      reconnectCount: 0,
      lastReconnectUnixMs: 0,
      functionsCount: 2,
      hotPaths: [],
      languages: 'node',
    });
    agent.stop();
    await until('given up', () => service.getReloadStatus().connectionStatus === 'error');
    expect(told).toEqual([
      expect.stringMatching(/cannot be reached: .*; attempts that failed in a row: 1; from now on/),
    ]);
    await agent.start();
    const before = Date.now();
    await service.reconnect();
    const { lastReconnect, ...now } = service.getReloadStatus();
    expect(now).toMatchObject({ connectionStatus: 'connected', reconnectCount: 1 });
    expect(Number(lastReconnect)).toBeGreaterThanOrEqual(before);
    expect(told[1]).toBe('back 1');
    expect(await runner.status()).toMatchObject({
      reconnectCount: 1,
      lastReconnectUnixMs: Number(lastReconnect),
    });
  });
});

describe('a runner', () => {
  test('that asks a service without function modules to reload is told to restart it', async () => {
    const { service } = await createServed(registerTwo);
    expect(await callHotReload(service.address ?? '').reload(['server.js'])).toEqual({
      reloaded: [],
      failed: [],
      needsRestart: true,
      reason: 'this service has no function modules (option functions)',
    });
  });

  test('can wait until nothing is under way, and not for ever', async () => {
    let finish = (_: string) => {};
    const { service, client } = await createServed((service) =>
      service.registerFunction(
        { id: 'a' },
        () =>
          new Promise<string>((resolve) => {
            finish = resolve;
          }),
      ),
    );
    const runner = callHotReload(service.address ?? '');
    expect(await runner.drain(0)).toBe(0);
    const under = answerOf(client, 'a');
    await until('under way', () => service.inFlight === 1);
    expect(await runner.drain(10)).toBe(1);
    const drained = runner.drain(60_000);
    finish('done');
    expect(await drained).toBe(0);
    expect(await under).toBe('"done"');
  });
});
