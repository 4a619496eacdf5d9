import { describe, expect, test } from 'vitest';
import { pauseAfter } from '../../../src/sdk/backoff.js';
import { advertisedAddress, resolveOptions } from '../../../src/sdk/options.js';

describe('the options of a service', () => {
  test('have defaults', () => {
    expect(resolveOptions({}, {}, '/games/tetris')).toMatchObject({
      serviceId: 'tetris',
      version: '1.0.0',
      gameId: null,
      env: null,
      generation: null,
      agentAddress: '127.0.0.1:19090',
      listen: '127.0.0.1:0',
      backoff: { initialMs: 100, maxMs: 5_000 },
      handleSignals: true,
      closeTimeoutMs: 30_000,
    });
  });

  test('are overridden by the environment', () => {
    const said = { serviceId: 'a', version: '1', gameId: 'g', env: 'e', agentAddress: '10.0.0.1:1' };
    const environment = {
      CROUPIER_SERVICE_ID: 'b',
      CROUPIER_SERVICE_VERSION: '2',
      CROUPIER_GAME_ID: 'h',
      CROUPIER_ENV: 'f',
      CROUPIER_AGENT_ADDR: '127.0.0.1:2',
      CROUPIER_GENERATION: '7',
    };
    expect(resolveOptions(said, environment, '/')).toMatchObject({
      serviceId: 'b',
      version: '2',
      gameId: 'h',
      env: 'f',
      agentAddress: '127.0.0.1:2',
      generation: 7,
    });
  });

  test('are kept where the environment is empty', () => {
    const environment = { CROUPIER_SERVICE_ID: '', CROUPIER_AGENT_ADDR: '' };
    expect(resolveOptions({ serviceId: 'a', agentAddress: 'localhost:1' }, environment, '/')).toMatchObject({
      serviceId: 'a',
      agentAddress: 'localhost:1',
    });
  });

  test('an agent far away is tried less often', () => {
    expect(resolveOptions({ agentAddress: 'agent.example:19090' }, {}, '/').backoff.initialMs).toBe(500);
  });

  test.each([
    [{ agentAddress: 'localhost' }, 'the address of the agent is host:port'],
    [{ agentAddress: 'agent://localhost:1' }, 'the address of the agent is host:port'],
    [{ listen: '127.0.0.1:70000' }, 'listen is host:port'],
    [{ closeTimeoutMs: -1 }, 'closeTimeoutMs is a number of milliseconds'],
    [{ reconnect: { maxMs: Number.NaN } }, 'reconnect.maxMs is a number of milliseconds'],
  ])('%j is a mistake', (options, message) => {
    expect(() => resolveOptions(options, {}, '/')).toThrow(message);
  });
});

test.each([
  ['127.0.0.1:0', '127.0.0.1:41'],
  ['0.0.0.0:0', '127.0.0.1:41'],
  ['[::]:0', '127.0.0.1:41'],
  ['[::1]:0', '[::1]:41'],
  ['game-1:0', 'game-1:41'],
])('who listens on %s is called at %s', (listen, address) => {
  expect(advertisedAddress(listen, 41)).toBe(address);
});

test('pauses differ by a quarter at most', () => {
  const backoff = { initialMs: 100, maxMs: 5_000 };
  expect(pauseAfter(1, backoff, () => 0)).toBe(75);
  expect(pauseAfter(1, backoff, () => 1)).toBe(125);
  expect(pauseAfter(3, backoff, () => 0.5)).toBe(400);
  expect(pauseAfter(1000, backoff, () => 0.5)).toBe(5_000);
});
