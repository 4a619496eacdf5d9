import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { displayWords } from '../../../src/config/command.js';
import { resolveConfig } from '../../../src/config/resolve.js';
import type { CommandLine, ServiceConfig } from '../../../src/config/types.js';
import { CONFIG_FILE, renderConfig, SCHEMA_PATH } from '../../../src/scaffold/config-text.js';
import type { DetectedRun } from '../../../src/scaffold/types.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'croupier-config-'));
  mkdirSync(join(folder, '.git'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const words = (...argv: string[]): CommandLine => ({ argv, shell: false, display: displayWords(argv) });
const shell = (text: string): CommandLine => ({ argv: [text], shell: true, display: text });

function found(parts: Partial<DetectedRun>): DetectedRun {
  return {
    command: words('node', 'server.js'),
    source: 'package.json scripts.start',
    build: null,
    extensions: [],
    ignore: [],
    ready: null,
    strategy: null,
    ...parts,
  };
}

/** What `croupier dev` makes of the text. */
async function resolved(run: DetectedRun, hasSchema = false): Promise<ServiceConfig> {
  writeFileSync(join(folder, CONFIG_FILE), renderConfig({ service: 'game', run, hasSchema }));
  const config = await resolveConfig({ cwd: folder, env: {}, flags: {} });
  if (!config.ok) throw new Error(config.error.message);
  const [service] = config.value.services;
  if (service === undefined) throw new Error('no service');
  return service;
}

describe('renderConfig', () => {
  it.each<readonly [string, CommandLine]>([
    ['plain words', words('go', 'run', './cmd/game', '--name=x', '-v')],
    ['a word with a blank', words('node', 'my server.js')],
    ['an empty word', words('node', '')],
    ['quotes and a backslash', words('C:\\tools\\run.exe', 'say "hi"', "it's")],
    ['what a shell would take for its own', words('run', '&&', '$HOME', '{', '*.js')],
    ['what looks like an assignment', words('A=b', 'run')],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the notation of the configuration
    ['what looks like a variable', words('run', '${HOME}', '${{x}}')],
    ['placeholders', words('python3', '-m', 'uvicorn', 'main:app', '--port', '{port}')],
    ['a command for a shell', shell('make build && ./game --port $PORT')],
  ])('writes down a command: %s', async (_, command) => {
    const service = await resolved(found({ command }));
    expect(service.command.argv).toEqual(command.argv);
    expect(service.command.shell).toBe(command.shell);
    expect(service.build).toBeNull();
  });

  it.each([words('go', 'build', '-o', '{artifact}', './my cmd'), shell('mvn -q package && cp a {artifact}')])(
    'writes down a build: $display',
    async (command) => {
      const run = found({ command: words('{artifact}'), build: { command, checkOnly: false } });
      const service = await resolved(run);
      expect(service.build?.command).toMatchObject({ argv: command.argv, shell: command.shell });
      expect(service.build?.producesArtifact).toBe(true);
    },
  );

  it('leaves a mere check to those who want it', async () => {
    const run = found({ build: { command: words('node', '--check', 'server.js'), checkOnly: true } });
    expect((await resolved(run)).build).toBeNull();
    expect(renderConfig({ service: 'game', run, hasSchema: false })).toContain(
      '// "build": { "command": "node --check server.js" },',
    );
  });

  it('writes down what is watched', async () => {
    const { watch } = await resolved(
      found({ extensions: ['.go', '.mod'], ignore: ['vendor/', '*_test.go'] }),
    );
    expect(watch).toMatchObject({ extensions: ['.go', '.mod'], ignore: ['vendor/', '*_test.go'] });
  });

  it.each([
    { kind: 'auto', timeout: 30_000 },
    { kind: 'auto', timeout: 120_000 },
    { kind: 'spawn', timeout: 30_000 },
    { kind: 'http', timeout: 30_000, url: '/healthz' },
    { kind: 'tcp', timeout: 60_000, address: '127.0.0.1:{port}' },
    { kind: 'log', timeout: 30_000, pattern: 'Started \\w+ in "' },
  ] as const)('writes down readiness: $kind', async (ready) => {
    expect((await resolved(found({ ready }))).ready).toEqual(ready);
  });

  it('writes down a strategy', async () => {
    expect((await resolved(found({ strategy: 'stop-first' }))).restart.strategy).toBe('stop-first');
    expect((await resolved(found({}))).restart.strategy).toBe('auto');
  });

  it('does not tell the process who it is', async () => {
    expect((await resolved(found({}))).serviceIsConfigured).toBe(false);
  });

  it('survives a source of several lines', async () => {
    expect((await resolved(found({ source: 'a\nb */ "c"' }))).command.display).toBe('node server.js');
  });

  it('names the schema where it is installed', async () => {
    const text = (hasSchema: boolean) => renderConfig({ service: 'game', run: found({}), hasSchema });
    expect(text(true)).toContain(`"$schema": "${SCHEMA_PATH}"`);
    expect(text(false)).not.toContain('$schema');
    await resolved(found({}), true);
  });

  it('has only keys that would be accepted behind its comment marks', async () => {
    const text = renderConfig({ service: 'game', run: found({}), hasSchema: false });
    const open = text.replaceAll(/^( *)\/\/ (?="\w+":|\{ "match")/gm, '$1').replace(/ *"build".*\n/, '');
    expect(open).toContain('\n  "ready": { "http": "/healthz" },');
    writeFileSync(join(folder, CONFIG_FILE), open);
    const config = await resolveConfig({ cwd: folder, env: {}, flags: {} });
    if (!config.ok) expect(config.error.message).toMatch(/not available in this version/);
  });
});
