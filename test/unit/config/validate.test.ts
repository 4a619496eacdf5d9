import { describe, expect, it } from 'vitest';
import { errorOf, Project, serviceOf } from './project.js';

describe('unknown keys', () => {
  it.each([
    [{ comand: 'x' }, 'comand', '"x"', 'command'],
    [{ watch: { quite: '20ms' } }, 'watch.quite', '"20ms"', 'quiet'],
    [{ restart: { backoff: { inital: 1 } } }, 'restart.backoff.inital', '1', 'initial'],
    [{ ready: { htp: '/x' } }, 'ready.htp', '"/x"', 'http'],
    [{ build: { command: 'x', time_out: 3 } }, 'build.time_out', '3', 'timeout'],
    [{ rules: [{ match: 'x', acton: 'run', action: 'ignore' }] }, 'rules[0].acton', '"run"', 'action'],
    [{ services: { game: { Cwd: 'x' } } }, 'services.game.Cwd', '"x"', 'cwd'],
    [{ gateway: { Listen: 1 } }, 'gateway.Listen', '1', 'listen'],
  ])('%j: the nearest valid one is named', async (config, key, value, nearest) => {
    const { message, wayOut } = await errorOf(config);
    expect(message).toMatch(/^croupier\.config\.json:1:\d+: /);
    expect(message).toContain(`\`${key}\` is ${value}, but there is no such key`);
    expect(wayOut).toContain(`Did you mean \`${nearest}\`?`);
  });

  it('that are like no other: all valid ones are listed', async () => {
    const { wayOut } = await errorOf({ drain: { xyzzy: 1 } });
    expect(wayOut).toBe('Valid keys of `drain`: calls, jobs, policy.');
  });

  it('are all named at once, in the order of the file', async () => {
    const { message } = await errorOf({ zeta: 1, watch: { alpha: 2, quiet: 'x' }, beta: 3 });
    expect(message.split('\n').map((line) => /`([^`]+)`/.exec(line)?.[1])).toEqual([
      'zeta',
      'watch.alpha',
      'watch.quiet',
      'beta',
    ]);
  });

  it('are shown up to ten', async () => {
    const many = Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`key-${index}`, 1]));
    const { message } = await errorOf(many);
    expect(message.split('\n')).toHaveLength(11);
    expect(message).toContain('and 3 more in croupier.config.json');
  });
});

describe('wrong values', () => {
  it.each([
    [{ service: 3 }, 'service', '3', 'must be a string'],
    [{ service: '' }, 'service', '""', 'must not be empty'],
    [{ version: 1 }, 'version', '1', 'must be a string'],
    [{ command: 3 }, 'command', '3', 'must be a command'],
    [{ command: [] }, 'command', '[]', 'must be a command'],
    [{ command: '' }, 'command', '""', 'must not be empty'],
    [{ command: 'a | b' }, 'command', '"a | b"', 'set "shell": true'],
    [{ command: ['a'], shell: true }, 'command', '["a"]', 'must be one string'],
    [{ shell: 'yes' }, 'shell', '"yes"', 'must be true or false'],
    [{ cwd: 'gone' }, 'cwd', '"gone"', 'there is no folder'],
    [{ environment: [] }, 'environment', 'an array', 'must be an object of strings'],
    [
      { environment: { 'A=B': 'x' } },
      'environment."A=B"',
      'of type string',
      'must be the name of a variable',
    ],
    [{ build: true }, 'build', 'true', 'must be an object with a command, false'],
    [{ build: { command: 'a && b' } }, 'build.command', '"a && b"', 'set "shell": true'],
    [{ build: { command: 'a', timeout: '0s' } }, 'build.timeout', '"0s"', 'longer than 0'],
    [
      { build: { command: 'a', artifact: 'out/app' } },
      'build.artifact',
      '"out/app"',
      'must contain {generation}',
    ],
    [{ watch: [] }, 'watch', '[]', 'must be an object'],
    [{ watch: { paths: 'src' } }, 'watch.paths', '"src"', 'must be an array of strings'],
    [{ watch: { paths: [3] } }, 'watch.paths[0]', '3', 'must be a string'],
    [{ watch: { quiet: 'fast' } }, 'watch.quiet', '"fast"', 'must be a duration such as "20ms"'],
    [{ watch: { quiet: -1 } }, 'watch.quiet', '-1', 'must be a duration'],
    [{ watch: { polling: 'no' } }, 'watch.polling', '"no"', 'must be true, false or "auto"'],
    [{ rules: {} }, 'rules', '{}', 'must be an array of rules'],
    [{ rules: [{ match: 'a', action: 'rn' }] }, 'rules[0].action', '"rn"', 'must be one of "ignore"'],
    [
      { rules: [{ match: 'a', action: 'ignore', command: 'b' }] },
      'rules[0].command',
      '"b"',
      'only a rule with "action": "run"',
    ],
    [
      { restart: { strategy: 'fast' } },
      'restart.strategy',
      '"fast"',
      'must be one of "auto", "overlap", "stop-first"',
    ],
    [{ restart: { signal: 'TERM' } }, 'restart.signal', '"TERM"', 'must be one of "SIGTERM"'],
    [{ restart: { backoff: { max: '100ms' } } }, 'restart.backoff.max', '"100ms"', 'must not be longer than'],
    [
      { restart: { backoff: { initial: '1m' } } },
      'restart.backoff.initial',
      '"1m"',
      'must not be longer than',
    ],
    [{ ready: 'now' }, 'ready', '"now"', 'must be "spawn", or an object'],
    [{ ready: { http: 'healthz' } }, 'ready.http', '"healthz"', 'must be a path such as "/healthz"'],
    [{ ready: { tcp: 'localhost' } }, 'ready.tcp', '"localhost"', 'must be "host:port"'],
    [{ ready: { log: '(' } }, 'ready.log', '"("', 'must be a regular expression'],
    [{ ready: { timeout: 0 } }, 'ready.timeout', '0', 'longer than 0'],
    [
      { ready: { http: '/', log: 'x' } },
      'ready',
      '{"http":"/","log":"x"}',
      'at most one of http, tcp and log, not http and log',
    ],
    [{ hold: { bytes: '64 potatoes' } }, 'hold.bytes', '"64 potatoes"', 'must be a size such as "16KiB"'],
    [{ hold: { calls: 1.5 } }, 'hold.calls', '1.5', 'must be a whole number, 0 or more'],
    [
      { gateway: { listen: ':80' } },
      'gateway.listen',
      '":80"',
      'must be an address such as "127.0.0.1:19090"',
    ],
    [{ services: { 'a b': {} } }, 'services."a b"', '{}', 'must be a name of letters'],
    [{ command: 'run {artifact}' }, 'command', '"run {artifact}"', 'no build that makes the {artifact}'],
  ])('%j: file, position, key, value and way out', async (config, key, value, complaint) => {
    const { message, wayOut } = await errorOf(config);
    expect(message.split('\n')).toHaveLength(1);
    expect(message).toMatch(/^croupier\.config\.json:1:\d+: /);
    expect(message).toContain(`\`${key}\` is ${value}, but `);
    expect(message).toContain(complaint);
    expect(wayOut).toContain(key === 'command' && complaint.includes('artifact') ? '"build"' : `\`${key}\``);
  });

  it('that are missing are named', async () => {
    const { message } = await errorOf({ rules: [{ action: 'ignore' }, { match: 'x', action: 'run' }] });
    expect(message).toContain('`rules[0].match` is missing: it must be a string');
    expect((await errorOf({ rules: [{ match: 'x', action: 'run' }] })).message).toContain(
      '`rules[0].command` is missing: a rule with "action": "run" needs one',
    );
  });

  it('tell the default', async () => {
    expect((await errorOf({ watch: { quiet: 'x' } })).wayOut).toContain('the default is "20ms"');
    expect((await errorOf({ services: { a: { hold: { bytes: 'x' } } } })).wayOut).toContain(
      'the default is "64MiB"',
    );
  });

  it('of `environment` are not shown, since they can be secrets', async () => {
    const { message } = await errorOf({ environment: { TOKEN: ['hush'] } });
    expect(message).toContain('`environment.TOKEN` is an array');
    expect(message).not.toContain('hush');
  });

  it('are told with the key of package.json above them', async () => {
    const project = await Project.create({ 'package.json': { croupier: { watch: { quiet: 'x' } } } });
    expect((await project.error()).message).toMatch(/^package\.json:1:\d+: `croupier\.watch\.quiet` is "x"/);
  });

  it('are told without a position where the format has none', async () => {
    const project = await Project.create({ '.croupierrc.yaml': 'watch:\n  quiet: x\n' });
    expect((await project.error()).message).toMatch(/^\.croupierrc\.yaml: `watch\.quiet` is "x"/);
  });
});

describe('features that are not built', () => {
  it.each([
    ['dashboard', { listen: 1234 }],
    ['dashboard', { listen: '127.0.0.1:8000' }],
  ])('%s is refused with what it would do, and how to leave it out', async (key, value) => {
    const config = key.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
    const project = await Project.create({ 'croupier.config.json': config, 'server.js': '' });
    const { message, wayOut } = await project.error();
    expect(message.split('\n')).toHaveLength(1);
    expect(message).toContain(`croupier.config.json:1:`);
    expect(message).toContain(`\`${key}\` is ${JSON.stringify(value)}, but `);
    expect(message).toMatch(/is not available in this version \(\d+\.\d+\.\d+/);
    expect(wayOut).toContain(`\`${key}\``);
  });

  it('a mistake inside of one does not hide that it is not available', async () => {
    const { message } = await errorOf({ dashboard: { lisen: 1 } });
    expect(message).toContain('not available in this version');
    expect(message).not.toContain('no such key');
  });

  it.each([
    { upstream: null },
    { upstream: 'none' },
    { functions: [], proxy: [], check: null, dependsOn: [], instances: 1 },
    { control: { listen: '127.0.0.1:0' }, dashboard: { listen: '127.0.0.1:19191' } },
    { control: {}, dashboard: {} },
    { gateway: { advertise: null, tls: null, childTls: null }, drain: { policy: 'hold' } },
    { services: { one: {} } },
    { services: {} },
    { $schema: './croupier.schema.json' },
  ])('%j asks for nothing and is accepted', async (config) => {
    expect((await serviceOf(config)).command.display).toBe('node x.js');
  });
});
