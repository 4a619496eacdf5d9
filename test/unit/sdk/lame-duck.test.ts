import { describe, expect, test } from 'vitest';
import type { ListLocalResponse } from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import { FunctionHost } from '../../../src/sdk/function-host.js';
import { FunctionRegistry } from '../../../src/sdk/function-registry.js';
import { lameDuckTime } from '../../../src/sdk/lame-duck.js';
import { hasOthers } from '../../../src/sdk/registration.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';

const REQUEST = { functionId: 'a', idempotencyKey: '', payload: Buffer.alloc(0), metadata: {} };

function open() {
  const clock = new VirtualClock();
  const host = new FunctionHost(new FunctionRegistry(), clock, () => {});
  let drained = false;
  const drain = (timeoutMs: number) =>
    void host.drain(timeoutMs, { quietMs: 50, capMs: 500 }).then(() => {
      drained = true;
    });
  const arrive = () => host.invoke(REQUEST, { signal: new AbortController().signal, deadline: null });
  const advance = async (ms: number) => {
    await clock.advance(ms);
    await settle();
  };
  return { clock, drain, arrive, advance, isDrained: () => drained };
}

describe('after it has left, a service', () => {
  test('serves until no call has come for the quiet time', async () => {
    const { drain, arrive, advance, isDrained } = open();
    drain(30_000);
    await advance(49);
    await arrive();
    await advance(49);
    expect(isDrained()).toBe(false);
    await advance(1);
    expect(isDrained()).toBe(true);
  });

  test('does not wait for quiet longer than the cap', async () => {
    const { drain, arrive, advance, isDrained } = open();
    drain(30_000);
    for (let ms = 0; ms < 480; ms += 40) {
      await advance(40);
      await arrive();
    }
    expect(isDrained()).toBe(false);
    await advance(20);
    expect(isDrained()).toBe(true);
  });

  test('takes the time from that of the shutdown', async () => {
    const { drain, advance, isDrained } = open();
    drain(20);
    await advance(20);
    expect(isDrained()).toBe(true);
  });

  test('with no time at all does not wait', async () => {
    const { drain, advance, isDrained } = open();
    drain(0);
    await advance(0);
    expect(isDrained()).toBe(true);
  });
});

test.each([
  ['alone', false, { quietMs: 20, capMs: 200 }],
  ['with-others', false, { quietMs: 500, capMs: 3_000 }],
  ['unknown', false, null],
  ['alone', true, null],
  ['with-others', true, null],
] as const)('%s, under the runner: %s', (departure, isUnderRunner, time) => {
  expect(lameDuckTime(departure, isUnderRunner)).toEqual(time);
});

describe('others', () => {
  const list = (id: string, serviceId: string, ...addresses: string[]): ListLocalResponse => ({
    functions: [
      { id, instances: addresses.map((addr) => ({ serviceId, addr, version: '1', lastSeen: '' })) },
    ],
  });
  const functions = [
    {
      id: 'a',
      version: '1',
      tags: [],
      summary: '',
      description: '',
      operationId: '',
      deprecated: false,
      inputSchema: '',
      outputSchema: '',
      category: '',
      risk: '',
      entity: '',
      operation: '',
    },
  ];
  test.each([
    ['one of our functions elsewhere', list('a', 'any', '127.0.0.1:1', '127.0.0.1:2'), true],
    ['only ours', list('a', 'game', '127.0.0.1:1'), false],
    ['a function that is not ours', list('b', 'any', '127.0.0.1:2'), false],
    ['our id with other functions elsewhere', list('b', 'game', '127.0.0.1:2'), true],
  ])('%s', (_name, answer, expected) => {
    expect(hasOthers(answer, { serviceId: 'game', functions, rpcAddr: '127.0.0.1:1' })).toBe(expected);
  });
});
