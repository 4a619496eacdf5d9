import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { splitLine } from '../../../src/cli/completion-line.js';
import type { CliIo } from '../../../src/cli/io.js';
import { runCli } from '../../../src/cli/program.js';
import { TEMPLATES } from '../../../src/scaffold/templates.js';
import { CapturedStream } from '../../support/virtual-terminal.js';
import { FakeGateway } from './fake-gateway.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'croupier-completion-'));
  mkdirSync(join(folder, '.git'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function complete(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const stdout = new CapturedStream();
  const stderr = new CapturedStream();
  const io: CliIo = { stdin: new PassThrough(), stdout, stderr, cwd: folder, env };
  const exitCode = await runCli(['complete', ...args], io);
  const lines = stdout.text.trimEnd().split('\n');
  const paths = lines.pop();
  const values = lines.map((line) => line.split('\t')[0]);
  return { exitCode, paths, values, lines, stderr: stderr.text };
}

const offered = async (...words: readonly string[]) => (await complete(['--', ...words])).values;

describe('commands and flags', () => {
  it('lists the commands with what they do, and none that is hidden', async () => {
    const { values, lines, paths } = await complete(['--', '']);
    expect(values).toEqual(expect.arrayContaining(['dev', 'init', 'invoke', 'doctor', 'completion', 'help']));
    expect(values).not.toContain('complete');
    expect(lines).toContain('dev\trun a project and reload it on save');
    expect(paths).toBe(':none');
  });

  it.each<readonly [readonly string[], readonly string[]]>([
    [['de'], ['dev']],
    [['dev', '--strat'], ['--strategy']],
    [
      ['dev', '--strategy', ''],
      ['auto', 'overlap', 'stop-first'],
    ],
    [['dev', '--strategy', 'o'], ['overlap']],
    [['dev', '--strategy=o'], ['--strategy=overlap']],
    [['dev', '--json=x'], []],
    [['dev', '--json', '--upst'], ['--upstream']],
    [['dev', '--port', '1', '--no-w'], ['--no-watch']],
    [['dev', '--port', ''], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['completion', 'bash', ''], []],
    [
      ['init', '--template', 'http-'],
      ['http-node', 'http-go', 'http-python'],
    ],
    [['nonsense', ''], []],
  ])('%j', async (words, expected) => {
    const found = await offered(...words);
    expect(found).toEqual(expect.arrayContaining([...expected]));
    expect(found).toHaveLength(expected.length);
  });

  it('knows every template', async () => {
    expect(await offered('init', '--template', '')).toEqual(TEMPLATES.map(({ name }) => name));
  });
});

describe('files and folders', () => {
  it.each([
    [['dev', '--config', ''], ':files'],
    [['check', '--junit', 'x'], ':files'],
    [['init', ''], ':folders'],
    [['dev', '--', 'node', 's'], ':files'],
    [['dev', ''], ':none'],
  ])('%j: %s', async (words, expected) => {
    expect((await complete(['--', ...words])).paths).toBe(expected);
  });
});

describe('names of services', () => {
  it.each(['dev', 'run', 'check', 'logs', 'drain'])(
    'after %s come from the configuration',
    async (command) => {
      const services = { lobby: {}, match: {} };
      writeFileSync(join(folder, 'croupier.config.json'), JSON.stringify({ command: 'x', services }));
      expect(await offered(command, '')).toEqual(['lobby', 'match']);
    },
  );

  it('come to nothing where the configuration is broken', async () => {
    writeFileSync(join(folder, 'croupier.config.json'), '{');
    const { exitCode, values, stderr } = await complete(['--', 'dev', '']);
    expect({ exitCode, values, stderr }).toEqual({ exitCode: 0, values: [], stderr: '' });
  });
});

describe('functions of the running session', () => {
  it.each(['invoke', 'reload', 'rollback'])('after %s', async (command) => {
    const gateway = await new FakeGateway().listen();
    const { values } = await complete(['--', command, 'p'], { CROUPIER_AGENT_ADDR: gateway.address });
    expect(values).toEqual(['player.ban']);
  });

  it('that would mean something to a shell are left out', async () => {
    const gateway = await new FakeGateway().listen();
    gateway.functionIds = ['player.ban', 'player.$(reboot)', 'player.x;reboot', 'player.a b'];
    const { values } = await complete(['--', 'invoke', 'player.'], { CROUPIER_AGENT_ADDR: gateway.address });
    expect(values).toEqual(['player.ban']);
  });

  it('are not waited for where nobody answers', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const startedAt = performance.now();
    const { exitCode, values, stderr } = await complete(['--', 'invoke', ''], {
      CROUPIER_AGENT_ADDR: `127.0.0.1:${port}`,
    });
    silent.close();
    expect({ exitCode, values, stderr }).toEqual({ exitCode: 0, values: [], stderr: '' });
    // 300 ms and what a busy machine adds; gRPC itself would try for 20 s.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

describe('a line', () => {
  it.each<readonly [string, readonly string[]]>([
    ['croupier ', ['croupier', '']],
    ['croupier de', ['croupier', 'de']],
    ['croupier invoke x \'{"a": 1}\' --', ['croupier', 'invoke', 'x', '{"a": 1}', '--']],
    ['a "b \\" c" d\\ e', ['a', 'b " c', 'd e']],
    ['a "open quo', ['a', 'open quo']],
    ["a '' ", ['a', '', '']],
    ['', ['']],
  ])('%s', (line, expected) => expect(splitLine(line)).toEqual(expected));

  it('is taken in the place of words', async () => {
    expect((await complete(['--line=croupier dev --strategy=o'])).values).toEqual(['--strategy=overlap']);
  });
});
