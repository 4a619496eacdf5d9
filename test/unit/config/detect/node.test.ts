import { describe, expect, it } from 'vitest';
import { bestIn, detectIn, itDetects, itRejects, type LanguageCase } from './tree.js';

const TSX = { 'node_modules/tsx/package.json': { name: 'tsx' } };
const scripts = (all: Readonly<Record<string, string>>, main?: string) => ({
  'package.json': { name: 'pkg', scripts: all, ...(main === undefined ? {} : { main }) },
});

const CASES: readonly LanguageCase[] = [
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
    check: 'node --check app/run.js',
  },
  {
    title: 'options of node before the entry',
    files: {
      ...scripts({ start: 'node --enable-source-maps --env-file .env server.js 8000' }),
      'server.js': '',
    },
    command: 'node --enable-source-maps --env-file .env server.js 8000',
    source: 'package.json scripts.start',
    check: 'node --check server.js',
  },
  {
    title: 'a loader, under which node --check would be wrong',
    files: { ...scripts({ start: 'node --import ./hooks.js server.js' }), 'server.js': '' },
    command: 'node --import ./hooks.js server.js',
    source: 'package.json scripts.start',
  },
  {
    title: 'an entry without extension',
    files: { ...scripts({ start: 'node ./bin/www' }), 'bin/www': '' },
    command: 'node ./bin/www',
    source: 'package.json scripts.start',
  },
  {
    title: 'an entry whose extension node finds',
    files: { ...scripts({ start: 'node lib/server' }), 'lib/server.js': '' },
    command: 'node lib/server',
    source: 'package.json scripts.start',
    check: 'node --check lib/server.js',
  },
  {
    title: 'tsx as a module, so that signals reach the process',
    files: { ...scripts({ start: 'tsx src/main.ts -v' }), ...TSX, 'src/main.ts': '' },
    command: 'node --import tsx src/main.ts -v',
    source: 'package.json scripts.start',
  },
  {
    title: 'scripts.dev where start is no plain command',
    files: { ...scripts({ start: 'npm run build && node dist/x.js', dev: 'node dev.mjs' }), 'dev.mjs': '' },
    command: 'node dev.mjs',
    source: 'package.json scripts.dev',
    check: 'node --check dev.mjs',
  },
  {
    title: 'what `tsx watch` watches',
    files: { ...scripts({ dev: 'tsx watch src/main.ts' }), ...TSX, 'src/main.ts': '' },
    command: 'node --import tsx src/main.ts',
    source: 'package.json scripts.dev',
  },
  {
    title: 'what `node --watch` watches',
    files: { ...scripts({ dev: 'node --watch --watch-path=src --inspect=0 main.js' }), 'main.js': '' },
    command: 'node --inspect=0 main.js',
    source: 'package.json scripts.dev',
    check: 'node --check main.js',
  },
  {
    title: 'what nodemon watches',
    files: { ...scripts({ dev: 'nodemon main.js' }), 'main.js': '' },
    command: 'node main.js',
    source: 'package.json scripts.dev',
    check: 'node --check main.js',
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
    check: 'node --check dist/main.js',
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
    strength: 'likely',
    check: 'node --check ./lib/index.js',
  },
  {
    title: 'server.js',
    files: { 'server.js': '', 'index.js': '' },
    command: 'node server.js',
    source: 'server.js',
    strength: 'likely',
    check: 'node --check server.js',
  },
  {
    title: 'index.js',
    files: { 'index.js': '', 'app.js': '' },
    command: 'node index.js',
    source: 'index.js',
    strength: 'likely',
    check: 'node --check index.js',
  },
  {
    title: 'app.mjs',
    files: { 'app.mjs': '' },
    command: 'node app.mjs',
    source: 'app.mjs',
    strength: 'likely',
    check: 'node --check app.mjs',
  },
  {
    title: 'src/server.js',
    files: { 'src/server.js': '' },
    command: 'node src/server.js',
    source: 'src/server.js',
    strength: 'likely',
    check: 'node --check src/server.js',
  },
  {
    title: 'src/index.ts with tsx',
    files: { ...TSX, 'src/index.ts': '' },
    command: 'node --import tsx src/index.ts',
    source: 'src/index.ts',
    strength: 'likely',
  },
];

describe('detection of Node', () => {
  itDetects('Node', CASES);

  itRejects('Node', [
    ['a missing file', scripts({ start: 'node gone.js' }), 'there is no file gone.js'],
    ['no file', scripts({ start: 'node -e 1' }), 'it runs no file'],
    ['a front end', scripts({ start: 'vite' }), '`vite` is a tool of front ends'],
    ['ourselves', scripts({ dev: 'croupier dev' }), 'it starts croupier itself'],
    ['ourselves in a shell', scripts({ dev: 'x=1 croupier dev' }), 'it starts croupier itself'],
    ['a watcher', scripts({ dev: 'nodemon --exec x' }), 'nodemon is a watcher itself'],
    ['a watcher in a shell', scripts({ dev: 'tsc -w & nodemon x' }), 'it watches by itself'],
    ['several watchers', scripts({ dev: 'concurrently "a" "b"' }), 'it watches by itself'],
    ['a placeholder', scripts({ start: 'echo none' }), 'it starts nothing'],
    ['a missing main', scripts({}, 'gone'), 'main is `gone`, which does not exist'],
    ['TypeScript without tsx', { 'src/index.ts': '' }, 'npm install --save-dev tsx'],
  ]);

  it('finds tsx in a folder above, as workspaces have it', async () => {
    const best = await bestIn({ ...TSX, 'packages/game/src/index.ts': '' }, { cwd: 'packages/game' });
    expect(best.command.display).toBe('node --import tsx src/index.ts');
  });

  it('warns that nothing compiles a compiled file', async () => {
    const best = await bestIn({ ...scripts({}, 'dist/a.js'), 'tsconfig.json': {}, 'dist/a.js': '' });
    expect(best.explanation).toContain('set "build" to what compiles it');
  });

  it('says that the dependencies are not installed, by the package manager in use', async () => {
    const files = { 'package.json': { dependencies: { a: '1' } }, 'server.js': '', 'yarn.lock': '' };
    expect((await bestIn(files)).explanation).toBe('Its dependencies are not installed: yarn install.');
    expect((await bestIn({ ...files, 'node_modules/a/index.js': '' })).explanation).toBeNull();
    expect((await bestIn({ ...files, '.pnp.cjs': '' })).explanation).toBeNull();
  });

  it('takes a broken package.json for a rejection', async () => {
    const { candidates, rejected } = await detectIn({ 'package.json': '{', 'server.js': '' });
    expect(candidates.map((candidate) => candidate.source)).toEqual(['server.js']);
    expect(rejected).toEqual(['package.json is not valid JSON.']);
  });
});
