import { describe, expect, test } from 'vitest';
import { pauseAfter } from '../../../src/sdk/backoff.js';
import { advertisedAddress, longestPause, resolveOptions } from '../../../src/sdk/options.js';
import { type TunableOptions, type TunableSettings, tune } from '../../../src/sdk/tunable-options.js';

describe('the options of a service', () => {
  test('have defaults', () => {
    expect(resolveOptions({}, {}, '/games/tetris')).toMatchObject({
      serviceId: 'tetris',
      gameId: null,
      env: null,
      generation: null,
      agentAddress: '127.0.0.1:19090',
      listen: '127.0.0.1:0',
      tunable: {
        version: '1.0.0',
        autoReconnect: true,
        reconnectDelay: 100,
        maxRetryAttempts: 10,
        healthCheckInterval: 30_000,
        gracefulShutdownTimeout: 30_000,
      },
      functions: null,
      watch: false,
      hotReload: true,
      restartBudget: 100 * 1024 * 1024,
      handleSignals: true,
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
      tunable: { version: '2' },
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
    expect(resolveOptions({ agentAddress: 'agent.example:19090' }, {}, '/').tunable.reconnectDelay).toBe(
      5_000,
    );
    expect([longestPause(false, 5_000), longestPause(true, 100), longestPause(true, 8_000)]).toEqual([
      60_000, 5_000, 8_000,
    ]);
  });

  test.each([
    [{ agentAddress: 'localhost' }, 'the address of the agent is host:port'],
    [{ agentAddress: 'agent://localhost:1' }, 'the address of the agent is host:port'],
    [{ listen: '127.0.0.1:70000' }, 'listen is host:port'],
    [{ gracefulShutdownTimeout: -1 }, 'gracefulShutdownTimeout is a number of milliseconds'],
    [{ reconnectDelay: Number.NaN }, 'reconnectDelay is a number of milliseconds, 0 or more'],
    [{ healthCheckInterval: 0 }, 'healthCheckInterval is a number of milliseconds, 100 or more'],
    [{ maxRetryAttempts: 1.5 }, 'maxRetryAttempts is a whole number, 0 or more; got 1.5'],
    [{ restartBudget: -1 }, 'restartBudget is a whole number'],
    [{ functions: '' }, "functions is a folder, such as 'functions'"],
    [{ version: '' }, "version is a text such as '1.0.0'"],
  ])('%j is a mistake', (options, message) => {
    expect(() => resolveOptions(options, {}, '/')).toThrow(message);
  });
});

describe('files', () => {
  test.each([
    ['functions', '/games/functions'],
    ['/elsewhere', '/elsewhere'],
    [new URL('file:///built/functions/'), '/built/functions'],
  ])('the folder %s is %s', (functions, folder) => {
    expect(resolveOptions({ functions }, {}, '/games').functions).toBe(folder);
  });

  test.each([
    ['asked for', { watch: true }, {}, true],
    ['under a runner, which watches', { watch: true }, { CROUPIER_HOTRELOAD: 'true' }, false],
    ['by default', {}, {}, false],
  ])('watching them %s', (_when, options, environment, watch) => {
    expect(resolveOptions(options, environment, '/').watch).toBe(watch);
  });

  test.each([
    ['in production', {}, { NODE_ENV: 'production' }, false],
    ['in production that watches', { watch: true }, { NODE_ENV: 'production' }, true],
    ['in production under a runner', {}, { NODE_ENV: 'production', CROUPIER_HOTRELOAD: 'true' }, true],
    ['where that is said', { hotReload: false }, {}, false],
  ])('loading them again %s', (_when, options, environment, hotReload) => {
    expect(resolveOptions(options, environment, '/').hotReload).toBe(hotReload);
  });
});

describe('instances of PM2', () => {
  test.each([
    ['the second of two', { instances: '2', NODE_APP_INSTANCE: '1' }, 'game-1'],
    ['as many as there are processors', { instances: 'max', NODE_APP_INSTANCE: '0' }, 'game-0'],
    ['a single one', { instances: '1', NODE_APP_INSTANCE: '0' }, 'game'],
    ['one that was scaled up from a single one', { instances: '1', NODE_APP_INSTANCE: '2' }, 'game-2'],
    ['a variable of its own', { instances: '2', instance_var: 'WORKER', WORKER: '1' }, 'game-1'],
    [
      'an id from the environment',
      { CROUPIER_SERVICE_ID: 'x', instances: '2', NODE_APP_INSTANCE: '1' },
      'x-1',
    ],
  ])('%s', (_what, environment, serviceId) => {
    const options = { serviceId: 'game' };
    expect(resolveOptions(options, { pm_id: '4', ...environment }, '/').serviceId).toBe(serviceId);
  });

  test('are no others', () => {
    const environment = { instances: '2', NODE_APP_INSTANCE: '1' };
    expect(resolveOptions({ serviceId: 'game' }, environment, '/').serviceId).toBe('game');
  });
});

describe('options that change while the service runs', () => {
  const settings: TunableSettings = resolveOptions({}, {}, '/').tunable;

  test('are taken over', () => {
    const change: TunableOptions = { version: '2.0.0', reconnectDelay: 7, autoReconnect: false };
    expect(tune(settings, change)).toEqual({ ...settings, ...change });
    expect(tune(settings, {})).toEqual(settings);
  });

  test.each([
    [{ version: '2.0.0', healthCheckInterval: -5 }, 'healthCheckInterval is a number'],
    [{ listen: '127.0.0.1:1' }, 'listen cannot be changed while the service runs; what can: version, auto'],
    [JSON.parse('{"autoReconnect": "no"}'), 'autoReconnect is true or false; got "no"'],
  ])('%j is refused as a whole', (change, message) => {
    expect(() => tune(settings, change)).toThrow(message);
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
