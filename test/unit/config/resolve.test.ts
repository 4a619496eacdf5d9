import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorOf, Project, serviceOf } from './project.js';

describe('resolved keys', () => {
  it('are all taken from the file', async () => {
    const project = await Project.create({
      'game/x.js': '',
      'croupier.config.json': {
        service: 'poker',
        version: '2.1.0',
        gameId: 'g',
        env: 'dev',
        command: 'cat x | node x.js',
        shell: true,
        cwd: 'game',
        stdin: true,
        build: { command: 'make {artifact}', timeout: '1m', artifact: 'out/{generation}/app' },
        watch: {
          paths: ['src', '../lib'],
          extensions: ['ts', '.lua'],
          ignore: ['*.log'],
          gitignore: false,
          quiet: 0,
          polling: true,
        },
        rules: [
          { match: 'a/**', action: 'ignore' },
          { match: 'f/**', action: 'hot' },
          { match: '*.p', action: 'run', command: 'gen {files} > out', shell: true },
        ],
        restart: {
          strategy: 'stop-first',
          signal: 'SIGINT',
          stopTimeout: '1s',
          keepOld: 0,
          backoff: { initial: 1, max: 2 },
        },
        ready: { timeout: '3s', http: 'http://127.0.0.1:{port}/up' },
        drain: { calls: 4, jobs: '5s' },
        hold: { timeout: '6s', calls: 7, bytes: '8KiB' },
        replay: ['a.b'],
        check: {
          functions: ['a.b'],
          invoke: [
            {
              function: 'a.b',
              payload: [1],
              expect: { x: 1 },
              timeout: '2s',
              metadata: { m: 'v' },
              job: true,
            },
            { function: 'a.c' },
          ],
        },
        instances: 4,
        gateway: { listen: '0.0.0.0:7000' },
        control: { listen: '127.0.0.1:7001' },
      },
    });
    const folder = join(project.folder, 'game');
    const session = await project.session();
    expect(session.gateway).toMatchObject({ host: '0.0.0.0', port: 7000, portIsFixed: true });
    expect(session.control).toEqual({ host: '127.0.0.1', port: 7001 });
    expect(session.notes).toEqual([]);
    expect(session.services).toEqual([
      {
        name: 'poker',
        service: 'poker',
        serviceIsConfigured: true,
        version: '2.1.0',
        versionIsConfigured: true,
        gameId: 'g',
        env: 'dev',
        command: { argv: ['cat x | node x.js'], shell: true, display: 'cat x | node x.js' },
        commandSource: 'croupier.config.json',
        cwd: folder,
        environment: {},
        envFileVariables: {},
        envFile: join(folder, '.env'),
        stdin: true,
        build: {
          command: { argv: ['make', '{artifact}'], shell: false, display: 'make {artifact}' },
          timeout: 60_000,
          artifact: join(folder, 'out/{generation}/app'),
          producesArtifact: true,
          checkOnly: false,
        },
        watch: {
          paths: [join(folder, 'src'), join(project.folder, 'lib')],
          extensions: ['.ts', '.lua'],
          ignore: ['*.log'],
          gitignore: false,
          quiet: 0,
          polling: true,
        },
        rules: [
          { match: 'a/**', action: 'ignore', command: null },
          { match: 'f/**', action: 'hot', command: null },
          {
            match: '*.p',
            action: 'run',
            command: { argv: ['gen {files} > out'], shell: true, display: 'gen {files} > out' },
          },
        ],
        restart: {
          strategy: 'stop-first',
          signal: 'SIGINT',
          stopTimeout: 1000,
          keepOld: 0,
          backoff: { initial: 1, max: 2 },
        },
        ready: { kind: 'http', timeout: 3000, url: 'http://127.0.0.1:{port}/up' },
        drain: { calls: 4, jobs: 5000, policy: 'hold' },
        hold: { timeout: 6000, calls: 7, bytes: 8192 },
        replay: ['a.b'],
        dependsOn: [],
        functions: [],
        proxy: [],
        check: {
          functions: ['a.b'],
          invoke: [
            {
              function: 'a.b',
              payload: [1],
              expect: { x: 1 },
              timeout: 2000,
              metadata: { m: 'v' },
              job: true,
            },
            { function: 'a.c', payload: {}, expect: null, timeout: 5000, metadata: {}, job: false },
          ],
        },
        instances: 4,
      },
    ]);
  });

  it.each([
    ['spawn', { kind: 'spawn', timeout: 30_000 }],
    [{}, { kind: 'auto', timeout: 30_000 }],
    [
      { timeout: '1s', http: null },
      { kind: 'auto', timeout: 1000 },
    ],
    [{ http: '/up' }, { kind: 'http', timeout: 30_000, url: '/up' }],
    [{ tcp: '127.0.0.1:80' }, { kind: 'tcp', timeout: 30_000, address: '127.0.0.1:80' }],
    [{ tcp: 'localhost:{port}' }, { kind: 'tcp', timeout: 30_000, address: 'localhost:{port}' }],
    [{ tcp: ':80' }, { kind: 'tcp', timeout: 30_000, address: ':80' }],
    [{ tcp: '{port}' }, { kind: 'tcp', timeout: 30_000, address: '{port}' }],
    [{ tcp: 80 }, { kind: 'tcp', timeout: 30_000, address: ':80' }],
    [
      { log: 'up|on', tcp: null },
      { kind: 'log', timeout: 30_000, pattern: 'up|on' },
    ],
  ])('ready %j', async (ready, expected) => {
    expect((await serviceOf({ ready })).ready).toEqual(expected);
  });

  it.each([
    ['make', 'node x.js', false],
    ['make {artifact}', 'node x.js', true],
    ['make', '{artifact} -p {port}', true],
  ])('build %j and command %j: artifacts %j', async (build, command, producesArtifact) => {
    const service = await serviceOf({ build: { command: build }, command });
    expect(service.build).toMatchObject({ producesArtifact, timeout: 300_000, checkOnly: false });
    expect(service.build?.artifact).toBe(join(service.cwd, '.croupier/build/{generation}/app'));
  });
});

describe('names', () => {
  it('the id is the name of the package without its scope, else that of the folder; the child is told neither', async () => {
    const project = await Project.create({
      'package.json': { name: '@games/poker' },
      'inner/server.js': '',
      'server.js': '',
    });
    expect(await project.service()).toMatchObject({
      service: 'poker',
      name: 'poker',
      serviceIsConfigured: false,
    });
    expect(await project.service({ cwd: 'inner' })).toMatchObject({
      service: 'inner',
      serviceIsConfigured: false,
    });
  });

  it('versions that nobody configured are not told', async () => {
    expect(await serviceOf({})).toMatchObject({
      version: '1.0.0',
      versionIsConfigured: false,
      gameId: null,
      env: null,
    });
  });

  it('on the command line have to be those of services', async () => {
    const project = await Project.create({
      'croupier.config.json': { command: 'x', services: { game: { service: 'game-id' } } },
    });
    await project.session({ flags: { names: ['game'] } });
    await project.session({ flags: { names: ['game-id'] } });
    const { message, wayOut } = await project.error({ flags: { names: ['game', 'gme', 'lobby'] } });
    expect(message).toBe('there is no service named "gme", "lobby"');
    expect(wayOut).toContain('game');
  });
});

describe('services', () => {
  it('an entry wins over the top level, key by key within a section', async () => {
    const project = await Project.create({
      'services/game/.env': 'A=file',
      'croupier.config.json': {
        command: 'node top.js',
        cwd: 'nowhere',
        environment: { TOP: '1', BOTH: 'top' },
        watch: { quiet: '50ms', ignore: ['top'] },
        restart: { stopTimeout: '9s', backoff: { initial: '1s', max: '9s' } },
        ready: { log: 'up' },
        hold: { calls: 5 },
        replay: ['top'],
        services: {
          game: {
            command: 'node game.js',
            cwd: 'services/game',
            environment: { BOTH: 'game' },
            watch: { ignore: ['game'] },
            restart: { strategy: 'overlap', backoff: { initial: '2s' } },
            ready: { tcp: ':1' },
            hold: { timeout: '1s' },
          },
        },
      },
    });
    const folder = join(project.folder, 'services/game');
    expect(await project.service()).toMatchObject({
      name: 'game',
      service: 'game',
      serviceIsConfigured: false,
      command: { argv: ['node', 'game.js'], display: 'node game.js' },
      commandSource: 'croupier.config.json services.game',
      cwd: folder,
      environment: { TOP: '1', BOTH: 'game' },
      envFileVariables: { A: 'file' },
      watch: { quiet: 50, ignore: ['game'], paths: [folder] },
      restart: { strategy: 'overlap', stopTimeout: 9000, backoff: { initial: 2000, max: 9000 } },
      ready: { kind: 'tcp', address: ':1' },
      hold: { calls: 5, timeout: 1000 },
      replay: ['top'],
    });
  });

  it('a mistake is told with its place, also where only both layers together make one', async () => {
    const { message } = await errorOf({
      restart: { backoff: { initial: '10s' } },
      services: { game: { restart: { backoff: { max: '5s' } } } },
    });
    expect(message).toContain('`services.game.restart.backoff.max` is "5s"');
  });
});

describe('precedence', () => {
  const files = {
    'server.js': '',
    'croupier.config.json': {
      service: 'file',
      command: 'file',
      restart: { strategy: 'overlap' },
      gateway: { listen: '127.0.0.2:1' },
    },
    'other.json': { command: 'other' },
    'third.json': { command: 'third' },
  };
  const env = {
    CROUPIER_SERVICE: 'env',
    CROUPIER_COMMAND: 'env --x "y z"',
    CROUPIER_STRATEGY: 'stop-first',
    CROUPIER_GATEWAY_LISTEN: '127.0.0.3:2',
    CROUPIER_UPSTREAM: 'none',
  };
  const flags = { service: 'flag', command: ['flag', 'a b'], strategy: 'auto', port: '3', upstream: 'none' };

  it('flags win over the environment, that over the file, that over detection', async () => {
    const project = await Project.create(files);
    expect(await project.session({ env, flags })).toMatchObject({
      gateway: { host: '127.0.0.3', port: 3, portIsFixed: true },
      services: [
        {
          service: 'flag',
          serviceIsConfigured: true,
          command: { argv: ['flag', 'a b'], shell: false, display: 'flag "a b"' },
          commandSource: 'command line',
          restart: { strategy: 'auto' },
        },
      ],
    });
    expect(await project.session({ env })).toMatchObject({
      gateway: { host: '127.0.0.3', port: 2, portIsFixed: true },
      services: [
        {
          service: 'env',
          serviceIsConfigured: true,
          command: { argv: ['env', '--x', 'y z'] },
          commandSource: 'CROUPIER_COMMAND',
          restart: { strategy: 'stop-first' },
        },
      ],
    });
    expect(await project.session()).toMatchObject({
      gateway: { host: '127.0.0.2', port: 1, portIsFixed: true },
      services: [{ service: 'file', command: { argv: ['file'] }, restart: { strategy: 'overlap' } }],
    });
    const detected = await Project.create({ 'server.js': '' });
    expect(await detected.session()).toMatchObject({
      file: null,
      gateway: { host: '127.0.0.1', port: 19090, portIsFixed: false },
      services: [{ commandSource: 'server.js', restart: { strategy: 'auto' } }],
    });
  });

  it('holds for the file itself', async () => {
    const project = await Project.create(files);
    const named = await project.service({ env: { CROUPIER_CONFIG: 'other.json' } });
    expect(named.command.argv).toEqual(['other']);
    const flagged = await project.service({
      env: { CROUPIER_CONFIG: 'other.json' },
      flags: { config: 'third.json' },
    });
    expect(flagged.command.argv).toEqual(['third']);
  });

  it('a port alone keeps the host, and 0 was asked for as well', async () => {
    const project = await Project.create(files);
    expect((await project.session({ flags: { port: 0 } })).gateway).toMatchObject({
      host: '127.0.0.2',
      port: 0,
      portIsFixed: true,
    });
  });

  it('empty variables count as not set', async () => {
    const project = await Project.create(files);
    const empty = Object.fromEntries(Object.keys(env).map((name) => [name, '']));
    expect(await project.session({ env: { ...empty, CROUPIER_CONFIG: '' } })).toEqual(
      await project.session(),
    );
  });

  it('variables that a child gets configure nothing', async () => {
    const project = await Project.create(files);
    const child = { CROUPIER_SERVICE_ID: 'other', CROUPIER_AGENT_ADDR: '127.0.0.1:1', CROUPIER_ENV: 'x' };
    expect(await project.session({ env: child })).toEqual(await project.session());
  });

  it.each([
    ['CROUPIER_STRATEGY', 'fast', 'auto, overlap, stop-first'],
    ['CROUPIER_GATEWAY_LISTEN', 'nowhere', '127.0.0.1:19090'],
    ['CROUPIER_COMMAND', 'a | b', '"shell": true'],
    [
      'CROUPIER_UPSTREAM',
      'http://host:1',
      'agent://host:port, server://host:port or edge://host:port, or none',
    ],
    ['CROUPIER_UPSTREAM', 'agent://host:0', '1 to 65535'],
  ])('%s=%s is an error that names it', async (name, value, complaint) => {
    const project = await Project.create(files);
    const { message, wayOut } = await project.error({ env: { [name]: value } });
    expect(message).toContain(`${name} is "${value}", but `);
    expect(message).toContain(complaint);
    expect(wayOut).toContain(name);
  });

  it.each([
    ['--strategy', { strategy: 'fast' }, 'auto, overlap, stop-first'],
    ['--port', { port: 'x' }, '65535'],
    ['--port', { port: 65_536 }, '65535'],
    ['--port', { port: -1 }, '65535'],
    ['--upstream', { upstream: 'host:1' }, 'agent://host:port'],
    ['--service', { service: '' }, 'empty'],
    ['--', { command: [''] }, 'empty'],
  ])('%s %j is an error that names it', async (name, invalid, complaint) => {
    const project = await Project.create(files);
    const { message } = await project.error({ flags: invalid });
    expect(message).toContain(name);
    expect(message).toContain(complaint);
  });
});
