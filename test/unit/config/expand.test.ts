// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text of a configuration, with its own placeholders
import { describe, expect, it } from 'vitest';
import { expandText } from '../../../src/config/expand.js';
import { errorOf, Project } from './project.js';

const VARIABLES: Readonly<Record<string, string>> = { A: 'alpha', B: 'beta', EMPTY: '', NESTED: '${A}' };
const expand = (text: string) => expandText(text, (name) => VARIABLES[name]);

describe('expandText', () => {
  it.each([
    ['plain', 'plain'],
    ['${A}', 'alpha'],
    ['x${A}-${B}y', 'xalpha-betay'],
    ['${NOPE:-fallback}', 'fallback'],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${EMPTY}', ''],
    ['${A:-fallback}', 'alpha'],
    ['${NOPE:-}', ''],
    ['${NOPE:-${B}}', 'beta'],
    ['${NOPE:-http://host:{port}/x}', 'http://host:{port}/x'],
    ['{port} {artifact} {generation} {files}', '{port} {artifact} {generation} {files}'],
    ['$${A}', '${A}'],
    ['${A}$${B}${B}', 'alpha${B}beta'],
    ['$A costs $5', '$A costs $5'],
    ['${NESTED}', '${A}'],
  ])('%j becomes %j', (text, expanded) => {
    expect(expand(text)).toEqual({ ok: true, value: expanded });
  });

  it('names the variable that is not set', () => {
    expect(expand('x ${NOPE} y')).toEqual({ ok: false, error: { reason: 'unset', name: 'NOPE' } });
  });

  it.each(['${', '${A', '${}', '${A-x}', '${A:+x}', '${1A}', '${A%.*}'])('%j is malformed', (text) => {
    expect(expand(text)).toMatchObject({ ok: false, error: { reason: 'malformed' } });
  });
});

describe('variables in a file', () => {
  it('are expanded in every string, from the environment before the envFile', async () => {
    const project = await Project.create({
      '.env': 'ENTRY=from-file.js\nQUIET=70ms\n',
      'croupier.config.json': {
        command: ['node', '${ENTRY}'],
        watch: { quiet: '${QUIET}', paths: ['${FOLDER:-src}'] },
        environment: { NAME: 'a-${ENTRY}' },
      },
    });
    const service = await project.service({ env: { ENTRY: 'from-env.js' } });
    expect(service.command.argv).toEqual(['node', 'from-env.js']);
    expect(service.environment.NAME).toBe('a-from-env.js');
    expect(service.watch.quiet).toBe(70);
    expect(service.watch.paths).toEqual([`${project.folder}/src`]);
  });

  it('stay in what is shown of a command, since they can be secrets', async () => {
    const project = await Project.create({
      'croupier.config.json': {
        command: 'node x.js --token ${TOKEN}',
        build: { command: ['make', 'TOKEN=${TOKEN}'] },
        rules: [{ match: '*.p', action: 'run', command: 'gen ${TOKEN} {files}' }],
      },
    });
    const service = await project.service({ env: { TOKEN: 'hush' } });
    expect(service.command).toEqual({
      argv: ['node', 'x.js', '--token', 'hush'],
      shell: false,
      display: 'node x.js --token ${TOKEN}',
    });
    expect(service.build?.command).toMatchObject({
      argv: ['make', 'TOKEN=hush'],
      display: 'make TOKEN=${TOKEN}',
    });
    expect(service.rules[0]?.command).toMatchObject({
      argv: ['gen', 'hush', '{files}'],
      display: 'gen ${TOKEN} {files}',
    });
  });

  it('are not shown expanded in an error either', async () => {
    const project = await Project.create({
      'croupier.config.json': { command: 'node x.js', watch: { quiet: '${TOKEN}' } },
    });
    const { message } = await project.error({ env: { TOKEN: 'hush' } });
    expect(message).toContain('`watch.quiet` is "${TOKEN}"');
    expect(message).not.toContain('hush');
  });

  it('that are not set are an error with file, position, key, value and way out', async () => {
    const { message, wayOut } = await errorOf({ rules: [{ match: '${NOPE}', action: 'ignore' }] });
    expect(message).toMatch(
      /^croupier\.config\.json:1:\d+: `rules\[0\]\.match` is "\$\{NOPE\}", but .*NOPE is not set/,
    );
    expect(wayOut).toContain('${NOPE:-default}');
  });

  it('that are malformed are an error that tells how to keep the text', async () => {
    const { message, wayOut } = await errorOf({ command: 'sh -c ${A%.*}' });
    expect(message).toContain('`command`');
    expect(message).toContain('`${A%.*}`');
    expect(wayOut).toContain('$${');
  });
});

describe('envFile', () => {
  it('goes to the child: the environment wins over it, and `environment` over both', async () => {
    const project = await Project.create({
      '.env': 'ONLY_FILE="from file"\nIN_BOTH=file\nCONFIGURED=file\n',
      'croupier.config.json': {
        command: 'node x.js',
        environment: { CONFIGURED: 'config', NUMBER: 3, YES: true },
      },
    });
    const service = await project.service({ env: { IN_BOTH: 'env', CONFIGURED: 'env' } });
    expect(service.environment).toEqual({ CONFIGURED: 'config', NUMBER: '3', YES: 'true' });
    expect(service.envFileVariables).toEqual({ ONLY_FILE: 'from file' });
    expect(service.envFile).toBe(`${project.folder}/.env`);
  });

  it('is read without a configuration too', async () => {
    const project = await Project.create({ '.env': 'A=1', 'server.js': '' });
    expect((await project.service()).envFileVariables).toEqual({ A: '1' });
  });

  it("lies in the service's folder, and its name may come from the environment", async () => {
    const project = await Project.create({
      'game/dev.env': 'A=1',
      'croupier.config.json': { command: 'node x.js', cwd: '${DIR}', envFile: '${STAGE:-dev}.env' },
    });
    const service = await project.service({ env: { DIR: 'game' } });
    expect(service.envFileVariables).toEqual({ A: '1' });
    expect(service.cwd).toBe(`${project.folder}/game`);
  });

  it('may be missing only where it is the default', async () => {
    await (await Project.create({ 'server.js': '' })).session();
    const { message, wayOut } = await errorOf({ envFile: 'prod.env' });
    expect(message).toMatch(
      /croupier\.config\.json:1:\d+: `envFile` is "prod\.env", but there is no file .*prod\.env/,
    );
    expect(wayOut).toContain('".env"');
  });
});
