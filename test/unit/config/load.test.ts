import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SEARCH_PLACES } from '../../../src/config/load.js';
import { Project } from './project.js';

const JSON_TEXT = `{
  // comments
  "command": "node x.js", /* and */
  "replay": ["a",],
}`;
const YAML_TEXT = 'command: node x.js # comment\nreplay:\n  - a\n';
const ESM_TEXT = "export default { command: 'node x.js', replay: ['a'], shell: undefined };";
const CJS_TEXT = "module.exports = { command: 'node x.js', replay: ['a'] };";
const TS_TEXT = `interface Config { command: string; replay: string[] }
const config: Config = { command: 'node x.js', replay: ['a'] };
export default config;`;

function textOf(place: string): string {
  if (place === 'package.json')
    return JSON.stringify({ name: 'pkg', croupier: { command: 'node x.js', replay: ['a'] } });
  if (/\.ya?ml$|rc$/.test(place)) return YAML_TEXT;
  if (place.endsWith('.json')) return JSON_TEXT;
  if (place.endsWith('.ts')) return TS_TEXT;
  return place.endsWith('.mjs') ? ESM_TEXT : CJS_TEXT;
}

describe('formats', () => {
  it.each(SEARCH_PLACES)('finds and reads %s', async (place) => {
    const project = await Project.create({ [place]: textOf(place) });
    const session = await project.session();
    expect(session.file).toBe(join(project.folder, place));
    expect(session.root).toBe(project.folder);
    expect(session.services[0]).toMatchObject({
      command: { argv: ['node', 'x.js'] },
      commandSource: place,
      replay: ['a'],
      cwd: project.folder,
    });
  });

  it.each([
    ['.croupierrc', JSON_TEXT],
    ['croupier.config.json', `\uFEFF${JSON_TEXT}`],
    ['croupier.config.js', ESM_TEXT, 'module'],
    ['croupier.config.mjs', "export default () => ({ command: 'node x.js', replay: ['a'] });"],
    ['croupier.config.cjs', "module.exports = async () => ({ command: 'node x.js', replay: ['a'] });"],
    ['croupier.config.ts', "export default async () => ({ command: 'node x.js' as string, replay: ['a'] });"],
    [
      'croupier.config.cjs',
      `exports.__esModule = true; exports.default = { command: 'node x.js', replay: ['a'] };`,
    ],
  ])('reads %s as %j', async (place, text, type = 'commonjs') => {
    const project = await Project.create({ [place]: text, 'package.json': { type } });
    expect(await project.service()).toMatchObject({ command: { argv: ['node', 'x.js'] }, replay: ['a'] });
  });

  it.each(['croupier.config.mjs', 'croupier.config.cjs', 'croupier.config.ts'])(
    'reads %s again when it has changed',
    async (place) => {
      const start = place.endsWith('cjs') ? 'module.exports =' : 'export default';
      const text = (command: string) => `${start} { command: '${command}' };`;
      const project = await Project.create({ [place]: text('one') });
      expect((await project.service()).command.argv).toEqual(['one']);
      await project.write(place, text('two'));
      expect((await project.service()).command.argv).toEqual(['two']);
    },
  );

  it('takes an empty file as a configuration without keys', async () => {
    const project = await Project.create({ 'croupier.config.json': '// nothing yet\n', 'server.js': '' });
    const session = await project.session();
    expect(session.file).toBe(join(project.folder, 'croupier.config.json'));
    expect(session.services[0]?.commandSource).toBe('server.js');
  });
});

describe('search', () => {
  it('goes up to the folder of the repository and takes the nearest', async () => {
    const project = await Project.create({
      'croupier.config.json': { command: 'node top.js' },
      'a/b/c/x.js': '',
    });
    expect((await project.session({ cwd: 'a/b/c' })).root).toBe(project.folder);
    await project.write('a/.croupierrc.yaml', 'command: node nearer.js');
    const session = await project.session({ cwd: 'a/b/c' });
    expect(session.root).toBe(join(project.folder, 'a'));
    expect(session.services[0]?.cwd).toBe(join(project.folder, 'a'));
  });

  it('does not leave the repository', async () => {
    const project = await Project.create({
      'croupier.config.json': { command: 'node top.js' },
      'inner/src/server.js': '',
    });
    await mkdir(join(project.folder, 'inner', '.git'));
    const session = await project.session({ cwd: 'inner/src' });
    expect(session.file).toBeNull();
    expect(session.root).toBe(join(project.folder, 'inner', 'src'));
  });

  it('passes over a package.json without the key', async () => {
    const project = await Project.create({
      'croupier.config.json': { command: 'node top.js' },
      'inner/package.json': { name: 'inner', scripts: { start: 'node inner.js' } },
    });
    expect((await project.service({ cwd: 'inner' })).command.argv).toEqual(['node', 'top.js']);
  });

  it('passes over a broken package.json that does not name us', async () => {
    const project = await Project.create({
      'croupier.config.json': { command: 'node top.js' },
      'inner/package.json': '{ "name": <%= name %> }',
    });
    expect((await project.service({ cwd: 'inner' })).command.argv).toEqual(['node', 'top.js']);
  });

  it('prefers croupier.config.json to every other place of the folder', async () => {
    const project = await Project.create(
      Object.fromEntries(SEARCH_PLACES.map((place) => [place, textOf(place)])),
    );
    expect((await project.session()).file).toBe(join(project.folder, 'croupier.config.json'));
  });
});

describe('--config', () => {
  it('reads the named file, and its folder is the root', async () => {
    const project = await Project.create({
      'croupier.config.json': { command: 'node wrong.js' },
      'conf/game.yaml': 'command: node right.js',
    });
    const session = await project.session({ flags: { config: 'conf/game.yaml' } });
    expect(session.root).toBe(join(project.folder, 'conf'));
    expect(session.services[0]?.command.argv).toEqual(['node', 'right.js']);
  });

  it.each([
    ['missing.json', 'missing.json: there is no such file'],
    ['package.json', 'package.json: there is no key `croupier`'],
  ])('refuses %s', async (config, complaint) => {
    const project = await Project.create({ 'package.json': { name: 'x' } });
    expect((await project.error({ flags: { config } })).message).toContain(complaint);
  });
});

describe('files that cannot be read', () => {
  it.each([
    [
      'croupier.config.json',
      '{\n  "command": "x"\n  "cwd": "."\n}',
      'croupier.config.json:3:3: not valid JSON: comma expected',
    ],
    ['.croupierrc', '{ "command" }', '.croupierrc:1:13: not valid JSON: colon expected'],
    ['croupier.config.yaml', 'command: x\nwatch: [\n', 'croupier.config.yaml:3:1: not valid YAML'],
    ['package.json', '{\n "croupier": {},\n}', 'package.json:3:1: not valid JSON'],
    [
      'package.json',
      '{\n // no\n "croupier": {} }',
      'package.json:2:2: not valid JSON: invalid comment token',
    ],
    ['croupier.config.json', '[]', 'croupier.config.json: the configuration must be an object, not []'],
    ['croupier.config.json', 'null', 'croupier.config.json: the configuration must be an object, not null'],
    [
      'croupier.config.ts',
      'export default {\n command: "x",,\n}',
      'croupier.config.ts:2:14: ParseError: Unexpected token',
    ],
    [
      'croupier.config.mjs',
      '\nthrow new TypeError("no luck");',
      'croupier.config.mjs:2:7: TypeError: no luck',
    ],
    [
      'croupier.config.cjs',
      'module.exports = () => { nope(); };',
      'croupier.config.cjs:1:26: ReferenceError: nope is not defined',
    ],
    [
      'croupier.config.ts',
      'export default () => { throw new Error("no luck"); };',
      'croupier.config.ts:1: Error: no luck',
    ],
    [
      'croupier.config.mjs',
      'export const command = "x";',
      'croupier.config.mjs: it must export an object as default',
    ],
    [
      'croupier.config.cjs',
      'module.exports = 3;',
      'croupier.config.cjs: it must export an object as default',
    ],
  ])('%s with %j', async (place, text, message) => {
    const project = await Project.create({ [place]: text, 'server.js': '' });
    expect(await project.error()).toMatchObject({
      message: expect.stringContaining(message),
      wayOut: expect.stringContaining(place),
    });
  });

  it('is an error where the link leads nowhere, and not passed over', async () => {
    const project = await Project.create({ '.croupierrc': '{}', 'server.js': '' });
    await symlink('gone.json', join(project.folder, 'croupier.config.json'));
    expect((await project.error()).message).toContain('croupier.config.json: there is no such file');
  });

  it('that import what is not there are an error, and not passed over', async () => {
    const project = await Project.create({
      'croupier.config.json': { $import: './gone.json' },
      'server.js': '',
    });
    expect((await project.error()).message).toContain('there is no such file');
  });
});
