import { describe, expect, it } from 'vitest';
import type { BuildConfig, ServiceConfig } from '../../../src/config/types.js';
import { compareService, type ServiceChange } from '../../../src/dev/service-change.js';
import { commandLine, serviceConfig } from './service-config.js';

const BUILD: BuildConfig = {
  command: commandLine('make {artifact}'),
  timeout: 1000,
  artifact: '/project/.croupier/build/{generation}/app',
  producesArtifact: true,
  checkOnly: false,
};
const { restart, drain, hold, watch } = serviceConfig();

function compare(
  before: Partial<ServiceConfig>,
  after: Partial<ServiceConfig>,
  stdinIsFixed = false,
): ServiceChange | null {
  return compareService(serviceConfig(before), serviceConfig(after), { stdinIsFixed });
}

/** What has to be done, and nothing else. */
interface Needs {
  readonly action?: 'restart' | 'rebuild';
  readonly watcher?: true;
  readonly mode?: true;
  readonly order?: true;
  readonly used?: readonly string[];
  readonly session?: readonly string[];
}

const ROWS: readonly (readonly [string, Partial<ServiceConfig>, Partial<ServiceConfig>, Needs])[] = [
  ['command', {}, { command: commandLine('node other.js') }, { action: 'restart', mode: true }],
  [
    'command, to a shell',
    {},
    { command: { ...commandLine('node server.js'), shell: true } },
    { action: 'restart', mode: true },
  ],
  ['command, in other words', {}, { command: commandLine('node server.js', 'node $FILE') }, {}],
  ['service', {}, { service: 'shop' }, { action: 'restart' }],
  ['serviceIsConfigured', {}, { serviceIsConfigured: false }, { action: 'restart' }],
  ['version', {}, { version: '2.0.0' }, { action: 'restart' }],
  ['versionIsConfigured', {}, { versionIsConfigured: true }, { action: 'restart' }],
  ['gameId', {}, { gameId: 'chess' }, { action: 'restart' }],
  ['env', {}, { env: 'test' }, { action: 'restart' }],
  ['stdin', {}, { stdin: true }, { action: 'restart' }],
  ['cwd', {}, { cwd: '/project/src' }, { action: 'rebuild', watcher: true }],
  ['environment', {}, { environment: { A: '1' } }, { action: 'rebuild', mode: true }],
  ['envFileVariables', {}, { envFileVariables: { A: '1' } }, { action: 'rebuild' }],
  ['envFile', {}, { envFile: '/project/.env.local' }, {}],
  ['commandSource', {}, { commandSource: 'package.json' }, {}],
  ['build, new', {}, { build: BUILD }, { action: 'rebuild', watcher: true }],
  ['build, none any more', { build: BUILD }, {}, { action: 'rebuild', watcher: true }],
  [
    'build.command',
    { build: BUILD },
    { build: { ...BUILD, command: commandLine('make fast {artifact}') } },
    { action: 'rebuild', watcher: true },
  ],
  [
    'build.artifact',
    { build: BUILD },
    { build: { ...BUILD, artifact: '/project/out/{generation}' } },
    { action: 'rebuild', watcher: true },
  ],
  ['build.timeout', { build: BUILD }, { build: { ...BUILD, timeout: 2000 } }, { used: ['build.timeout'] }],
  ['watch', {}, { watch: { ...watch, ignore: ['data'] } }, { watcher: true }],
  ['rules', {}, { rules: [{ match: '*.md', action: 'ignore', command: null }] }, { watcher: true }],
  [
    'restart.strategy',
    {},
    { restart: { ...restart, strategy: 'stop-first' } },
    { used: ['restart.strategy'], mode: true },
  ],
  [
    'restart, deep in it',
    {},
    { restart: { ...restart, signal: 'SIGINT', backoff: { initial: 500, max: 600 } } },
    { used: ['restart.signal', 'restart.backoff.max'] },
  ],
  ['ready', {}, { ready: { kind: 'tcp', timeout: 30_000, address: ':{port}' } }, { used: ['ready'] }],
  [
    'drain',
    {},
    { drain: { ...drain, calls: 1, policy: 'deregister' } },
    { used: ['drain.calls', 'drain.policy'] },
  ],
  ['hold', {}, { hold: { ...hold, timeout: 1 } }, { used: ['hold.timeout'] }],
  ['replay', {}, { replay: ['player.ban'] }, { used: ['replay'] }],
  [
    'functions',
    {},
    { functions: [{ id: 'a', version: '1', method: 'GET', path: '/', inputSchema: null }] },
    { action: 'restart' },
  ],
  ['dependsOn', {}, { dependsOn: ['shop'] }, { order: true }],
  ['check', {}, { check: { functions: ['player.ban'], invoke: [] } }, {}],
  ['instances', {}, { instances: 2 }, { session: ['instances'] }],
  ['proxy', {}, { proxy: [{ host: '127.0.0.1', port: 8000 }] }, { session: ['proxy'] }],
];

describe('what a changed key needs', () => {
  it.each(ROWS)('%s', (_name, before, after, needs) => {
    expect(compare(before, after)).toMatchObject({
      action: needs.action ?? null,
      needsWatcher: needs.watcher ?? false,
      needsMode: needs.mode ?? false,
      needsOrder: needs.order ?? false,
      usedKeys: needs.used ?? [],
      sessionKeys: needs.session ?? [],
    });
  });

  it('every key has its row', () => {
    const rows = new Set(ROWS.map(([name]) => name.split(/[., ]/)[0]));
    const keys = Object.keys(serviceConfig()).filter((key) => key !== 'name');
    expect(keys.filter((key) => !rows.has(key))).toEqual([]);
  });

  it('nothing is different: null', () => {
    expect(compare({}, {})).toBeNull();
    expect(compare({ build: BUILD }, { build: { ...BUILD } })).toBeNull();
  });

  it('keys that need a build and keys that do not: the build runs', () => {
    expect(compare({}, { gameId: 'chess', environment: { A: '1' } })).toMatchObject({ action: 'rebuild' });
  });

  it('the file of variables is why only where nothing else is', () => {
    const envFileVariables = { A: '1' };
    expect(compare({}, { envFileVariables })).toMatchObject({ isByEnvFile: true });
    expect(compare({}, { envFileVariables, gameId: 'chess' })).toMatchObject({ isByEnvFile: false });
    expect(compare({}, { hold: { ...hold, timeout: 1 } })).toMatchObject({ isByEnvFile: false });
  });
});

describe('what counts from now on', () => {
  it('is what the files say, under the name in the session', () => {
    const change = compare({}, { name: 'other', service: 'other', gameId: 'chess' });
    expect(change).toMatchObject({
      name: 'game',
      service: { name: 'game', service: 'other', gameId: 'chess' },
    });
  });

  it('is as it was where it takes another session', () => {
    const proxy = [{ host: '127.0.0.1', port: 8000 }];
    expect(compare({}, { proxy, gameId: 'chess' })).toMatchObject({
      service: { proxy: [], gameId: 'chess' },
      sessionKeys: ['proxy'],
    });
    expect(compare({}, { stdin: true }, true)).toMatchObject({
      service: { stdin: false },
      action: null,
      sessionKeys: ['stdin'],
    });
    expect(compare({}, { stdin: true }, false)).toMatchObject({ service: { stdin: true } });
  });
});
