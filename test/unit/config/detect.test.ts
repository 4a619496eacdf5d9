import { describe, expect, it } from 'vitest';
import { detect } from '../../../src/config/detect/detect.js';
import { type Files, Project } from './project.js';

const TSX = { 'node_modules/tsx/package.json': { name: 'tsx' } };
const scripts = (all: Readonly<Record<string, string>>, main?: string) => ({
  'package.json': { name: 'pkg', scripts: all, ...(main === undefined ? {} : { main }) },
});

interface Case {
  readonly title: string;
  readonly files: Files;
  readonly command: string;
  readonly source: string;
  /** The file that is checked; null: no check. */
  readonly checks: string | null;
}

const CASES: readonly Case[] = [
  {
    title: 'scripts.start by node',
    files: {
      ...scripts({ start: 'node app/run.js --x', dev: 'node dev.js' }, 'server.js'),
      'app/run.js': '',
      'dev.js': '',
      'server.js': '',
    },
    command: 'node app/run.js --x',
    source: 'package.json scripts.start',
    checks: 'app/run.js',
  },
  {
    title: 'options of node before the entry',
    files: {
      ...scripts({ start: 'node --enable-source-maps --env-file .env server.js 8000' }),
      'server.js': '',
    },
    command: 'node --enable-source-maps --env-file .env server.js 8000',
    source: 'package.json scripts.start',
    checks: 'server.js',
  },
  {
    title: 'a loader, under which node --check would be wrong',
    files: { ...scripts({ start: 'node --import ./hooks.js server.js' }), 'server.js': '' },
    command: 'node --import ./hooks.js server.js',
    source: 'package.json scripts.start',
    checks: null,
  },
  {
    title: 'an entry without extension',
    files: { ...scripts({ start: 'node ./bin/www' }), 'bin/www': '' },
    command: 'node ./bin/www',
    source: 'package.json scripts.start',
    checks: null,
  },
  {
    title: 'an entry whose extension node finds',
    files: { ...scripts({ start: 'node lib/server' }), 'lib/server.js': '' },
    command: 'node lib/server',
    source: 'package.json scripts.start',
    checks: 'lib/server.js',
  },
  {
    title: 'tsx as a module, so that signals reach the process',
    files: { ...scripts({ start: 'tsx src/main.ts -v' }), ...TSX, 'src/main.ts': '' },
    command: 'node --import tsx src/main.ts -v',
    source: 'package.json scripts.start',
    checks: null,
  },
  {
    title: 'scripts.dev where start is no plain command',
    files: { ...scripts({ start: 'npm run build && node dist/x.js', dev: 'node dev.mjs' }), 'dev.mjs': '' },
    command: 'node dev.mjs',
    source: 'package.json scripts.dev',
    checks: 'dev.mjs',
  },
  {
    title: 'what `tsx watch` watches',
    files: { ...scripts({ dev: 'tsx watch src/main.ts' }), ...TSX, 'src/main.ts': '' },
    command: 'node --import tsx src/main.ts',
    source: 'package.json scripts.dev',
    checks: null,
  },
  {
    title: 'what `node --watch` watches',
    files: { ...scripts({ dev: 'node --watch --watch-path=src --inspect=0 main.js' }), 'main.js': '' },
    command: 'node --inspect=0 main.js',
    source: 'package.json scripts.dev',
    checks: 'main.js',
  },
  {
    title: 'what nodemon watches',
    files: { ...scripts({ dev: 'nodemon main.js' }), 'main.js': '' },
    command: 'node main.js',
    source: 'package.json scripts.dev',
    checks: 'main.js',
  },
  {
    title: 'never a compiled file where its source can be run',
    files: {
      ...scripts({ start: 'node dist/main.js', dev: 'tsx watch src/main.ts' }),
      ...TSX,
      'tsconfig.json': {},
      'dist/main.js': '',
      'src/main.ts': '',
    },
    command: 'node --import tsx src/main.ts',
    source: 'package.json scripts.dev',
    checks: null,
  },
  {
    title: 'a compiled file where there is nothing else',
    files: {
      ...scripts({ start: 'node dist/main.js' }),
      'tsconfig.json': {},
      'dist/main.js': '',
      'src/index.ts': '',
    },
    command: 'node dist/main.js',
    source: 'package.json scripts.start',
    checks: 'dist/main.js',
  },
  {
    title: 'main where the scripts start other tools',
    files: {
      ...scripts({ start: 'next start', dev: 'nodemon --exec foo' }, './lib/index'),
      'lib/index.js': '',
      'server.js': '',
    },
    command: 'node ./lib/index.js',
    source: 'package.json main',
    checks: './lib/index.js',
  },
  {
    title: 'server.js',
    files: { 'server.js': '', 'index.js': '' },
    command: 'node server.js',
    source: 'server.js',
    checks: 'server.js',
  },
  {
    title: 'index.js',
    files: { 'index.js': '', 'app.js': '' },
    command: 'node index.js',
    source: 'index.js',
    checks: 'index.js',
  },
  {
    title: 'app.mjs',
    files: { 'app.mjs': '' },
    command: 'node app.mjs',
    source: 'app.mjs',
    checks: 'app.mjs',
  },
  {
    title: 'src/server.js',
    files: { 'src/server.js': '' },
    command: 'node src/server.js',
    source: 'src/server.js',
    checks: 'src/server.js',
  },
  {
    title: 'src/index.ts with tsx',
    files: { ...TSX, 'src/index.ts': '' },
    command: 'node --import tsx src/index.ts',
    source: 'src/index.ts',
    checks: null,
  },
];

describe('detection of Node', () => {
  it.each(CASES)('$title', async ({ files, command, source, checks }) => {
    const project = await Project.create(files);
    const service = await project.service();
    expect(service.command.display).toBe(command);
    expect(service.command.argv).toEqual(command.split(' '));
    expect(service.commandSource).toBe(source);
    expect(service.build?.command.argv ?? null).toEqual(checks === null ? null : ['node', '--check', checks]);
    if (checks !== null) expect(service.build).toMatchObject({ checkOnly: true, producesArtifact: false });
    expect(service.watch.extensions).toEqual([]);
  });

  it('finds tsx in a folder above, as workspaces have it', async () => {
    const project = await Project.create({ ...TSX, 'packages/game/src/index.ts': '' });
    expect((await project.service({ cwd: 'packages/game' })).command.display).toBe(
      'node --import tsx src/index.ts',
    );
  });

  it('says what it chose and the two ways to change it', async () => {
    const project = await Project.create({
      ...scripts({ dev: 'tsx watch src/main.ts' }),
      ...TSX,
      'src/main.ts': '',
    });
    const notes = (await project.session()).notes.join('\n');
    expect(notes).toContain('`node --import tsx src/main.ts` (package.json scripts.dev)');
    expect(notes).toContain('"command" in croupier.config.json');
    expect(notes).toContain('croupier dev -- ');
    expect(notes).toContain('a watcher itself');
  });

  it('warns that nothing compiles a compiled file', async () => {
    const project = await Project.create({
      ...scripts({}, 'dist/a.js'),
      'tsconfig.json': {},
      'dist/a.js': '',
    });
    expect((await project.session()).notes.join('\n')).toContain('set "build" to what compiles it');
  });

  it.each([
    [scripts({ start: 'node gone.js' }), 'there is no file gone.js'],
    [scripts({ start: 'node -e 1' }), 'it runs no file'],
    [scripts({ start: 'a && b' }), 'it needs a shell'],
    [scripts({ start: 'vite' }), '`vite`, which is neither node nor tsx'],
    [scripts({ dev: 'croupier dev' }), 'it starts croupier itself'],
    [scripts({ dev: 'nodemon --exec x' }), 'nodemon is a watcher itself'],
    [scripts({}, 'gone'), 'main is `gone`, which does not exist'],
    [{ 'src/index.ts': '' }, 'npm install --save-dev tsx'],
    [{ 'README.md': '' }, 'server.js'],
  ])('finds nothing in %j, and says what it looked for and why nothing would do', async (files, reason) => {
    const project = await Project.create(files);
    const { message, wayOut } = await project.error();
    expect(message).toContain(`nothing to run in ${project.folder}`);
    expect(message).toContain(reason);
    expect(message).toContain('package.json with scripts.start');
    expect(message).toContain('croupier.config.json');
    expect(wayOut).toContain('"command"');
    expect(wayOut).toContain('croupier dev -- node server.js');
  });

  it('takes a broken package.json for a rejection', async () => {
    const project = await Project.create({ 'package.json': '{', 'server.js': '' });
    const { candidates, rejected } = await detect(project.folder);
    expect(candidates.map((candidate) => candidate.source)).toEqual(['server.js']);
    expect(rejected).toEqual(['package.json is not valid JSON.']);
  });
});

describe('detection beside a file', () => {
  it('supplies the command, and the check only where the file says nothing about the build', async () => {
    const project = await Project.create({ 'game/server.js': '', 'croupier.config.json': { cwd: 'game' } });
    expect(await project.service()).toMatchObject({
      command: { display: 'node server.js' },
      commandSource: 'server.js',
      build: { checkOnly: true },
    });
    await project.write('croupier.config.json', { cwd: 'game', build: { command: 'make' } });
    expect((await project.service()).build).toMatchObject({ command: { display: 'make' }, checkOnly: false });
    await project.write('croupier.config.json', { cwd: 'game', build: false });
    expect((await project.service()).build).toBeNull();
  });

  it('adds no check to a command that was configured', async () => {
    const project = await Project.create({
      'server.js': '',
      'croupier.config.json': { command: 'node server.js' },
    });
    const session = await project.session();
    expect(session.services[0]?.build).toBeNull();
    expect(session.notes).toEqual([]);
  });

  it('names the file that has no command', async () => {
    const project = await Project.create({ 'croupier.config.json': {} });
    expect((await project.error()).message).toContain('croupier.config.json has no "command"');
  });
});
