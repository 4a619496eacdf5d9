import { describe } from 'vitest';
import { itDetects, itRejects, type LanguageCase } from './tree.js';

const scripts = (all: Readonly<Record<string, string>>, main?: string) => ({
  'package.json': { name: 'pkg', scripts: all, ...(main === undefined ? {} : { main }) },
});

const installed = (name: string, bin: unknown) => ({ [`node_modules/${name}/package.json`]: { name, bin } });
const TS_NODE = installed('ts-node', { 'ts-node': 'dist/bin.js', 'ts-node-esm': 'dist/bin-esm.js' });
const NEST = installed('@nestjs/cli', { nest: 'bin/nest.js' });

const TOOLS: readonly LanguageCase[] = [
  {
    title: 'ts-node, by its own file, so that signals reach the process',
    files: { ...scripts({ start: 'ts-node -T src/main.ts --x' }), ...TS_NODE },
    command: 'node node_modules/ts-node/dist/bin.js -T src/main.ts --x',
    source: 'package.json scripts.start',
    needs: ['node'],
  },
  {
    title: 'what ts-node-dev watches',
    files: { ...scripts({ dev: 'ts-node-dev --respawn --transpile-only src/main.ts' }), ...TS_NODE },
    command: 'node node_modules/ts-node/dist/bin.js --transpile-only src/main.ts',
    source: 'package.json scripts.dev',
    explains: 'a watcher itself',
  },
  {
    title: 'what vite-node watches, installed in a folder above',
    files: {
      'packages/game/package.json': { scripts: { dev: 'vite-node --watch src/main.ts' } },
      ...installed('vite-node', './vite-node.mjs'),
    },
    cwd: 'packages/game',
    command: 'node ../../node_modules/vite-node/vite-node.mjs src/main.ts',
    source: 'package.json scripts.dev',
    explains: 'a watcher itself',
  },
  {
    title: 'Nest, built and started',
    files: { ...scripts({ start: 'nest start', 'start:prod': 'node dist/main' }), ...NEST },
    command: 'node --enable-source-maps dist/main',
    build: 'node node_modules/@nestjs/cli/bin/nest.js build',
    source: 'package.json scripts.start, Nest',
    ignores: ['/dist/'],
  },
  {
    title: 'Nest with another entry',
    files: {
      ...scripts({ 'start:dev': 'nest start --watch' }),
      ...NEST,
      'nest-cli.json': { entryFile: 'server' },
    },
    command: 'node --enable-source-maps dist/server',
    build: 'node node_modules/@nestjs/cli/bin/nest.js build',
    source: 'package.json scripts.start:dev, Nest',
  },
  {
    title: 'Next, which loads changed files by itself',
    files: {
      ...scripts({ dev: 'next dev --turbopack -p 4000' }),
      ...installed('next', { next: './dist/bin/next' }),
    },
    command: 'node node_modules/next/dist/bin/next dev --turbopack -H 127.0.0.1 -p {port}',
    source: 'package.json scripts.dev, Next',
    strategy: 'stop-first',
    ignores: ['/*', '!/next.config.*'],
    explains: 'restarted only when its own configuration changes',
  },
  {
    title: 'compiled files that a script builds, before the first build',
    files: {
      ...scripts({ start: 'node dist/main.js', build: 'tsc -p tsconfig.build.json' }),
      ...installed('typescript', { tsc: './bin/tsc' }),
      'tsconfig.json': {},
      'src/main.ts': '',
    },
    command: 'node dist/main.js',
    build: 'node node_modules/typescript/bin/tsc -p tsconfig.build.json',
    source: 'package.json scripts.start',
    ignores: ['/dist/'],
  },
  {
    title: 'compiled files that the package manager builds',
    files: {
      ...scripts({ start: 'node dist/main.js', build: 'rimraf dist && tsc' }),
      'pnpm-lock.yaml': '',
      'tsconfig.json': {},
      'dist/main.js': '',
    },
    command: 'node dist/main.js',
    build: 'pnpm run build',
    source: 'package.json scripts.start',
  },
  {
    title: 'a script that needs a shell, before files that only have a usual name',
    files: { ...scripts({ start: 'NODE_ENV=development node server.js' }), 'server.js': '' },
    command: 'npm run start',
    source: 'package.json scripts.start',
    explains: 'scripts.start is `NODE_ENV=development node server.js`, so npm runs it',
    needs: ['node', 'npm'],
  },
  {
    title: 'a script of another tool, by the package manager of the package',
    files: { 'package.json': { packageManager: 'yarn@4.1.0', scripts: { dev: 'medusa develop' } } },
    command: 'yarn run dev',
    source: 'package.json scripts.dev',
  },
  {
    title: 'the lock file of a workspace',
    files: { 'packages/game/package.json': { scripts: { start: 'a && b' } }, 'pnpm-lock.yaml': '' },
    cwd: 'packages/game',
    command: 'pnpm run start',
    source: 'package.json scripts.start',
  },
];

describe('detection of Node with other tools', () => {
  itDetects('Node', TOOLS);

  itRejects('Node', [
    [
      'a runner that is not installed',
      scripts({ start: 'ts-node x.ts' }),
      'needs ts-node, which is not installed',
    ],
    [
      'Nest that is not installed',
      scripts({ start: 'nest start' }),
      'needs @nestjs/cli, which is not installed',
    ],
    [
      'several applications of Nest',
      { ...scripts({ start: 'nest start' }), ...NEST, 'nest-cli.json': { monorepo: true } },
      'several applications, and none is guessed',
    ],
  ]);
});
