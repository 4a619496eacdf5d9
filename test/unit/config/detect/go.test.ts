import { describe, expect, it } from 'vitest';
import { bestIn, itDetects, itRejects } from './tree.js';

const MODULE = 'module example.com/acme/game/v2\n\ngo 1.22\n';
const MAIN = '// Command x.\npackage main\n\nfunc main() {}\n';
const LIBRARY = 'package store\n';

describe('detection of Go', () => {
  itDetects('Go', [
    {
      title: 'package main in the folder',
      files: { 'go.mod': MODULE, 'main.go': MAIN, 'store/store.go': LIBRARY },
      command: '{artifact}',
      build: 'go build -o {artifact} .',
      byHand: 'go run .',
      source: 'go.mod, package main in the folder',
      watches: ['.go', '.mod', '.sum', '.html'],
      overlooks: ['.md', '.json'],
      ignores: ['*_test.go', 'vendor/'],
      needs: ['go'],
    },
    {
      title: 'the one command',
      files: { 'go.mod': MODULE, 'cmd/anything/x.go': MAIN },
      command: '{artifact}',
      build: 'go build -o {artifact} ./cmd/anything',
      source: 'go.mod, package main in cmd/anything',
    },
    {
      title: 'the command that has the name of the module',
      files: { 'go.mod': MODULE, 'cmd/api/x.go': MAIN, 'cmd/game/x.go': MAIN },
      command: '{artifact}',
      build: 'go build -o {artifact} ./cmd/game',
      source: 'go.mod, package main in cmd/game',
      explains: 'There is a package main in ./cmd/api as well: croupier dev -- go run ./cmd/api.',
    },
    {
      title: 'the command that sounds like a server, never a tool',
      files: { 'go.mod': MODULE, 'cmd/bench/x.go': MAIN, 'cmd/migrate/x.go': MAIN, 'cmd/server/x.go': MAIN },
      command: '{artifact}',
      build: 'go build -o {artifact} ./cmd/server',
      source: 'go.mod, package main in cmd/server',
      explains: './cmd/bench and ./cmd/migrate',
    },
    {
      title: 'cmd itself',
      files: { 'go.mod': MODULE, 'cmd/main.go': MAIN },
      command: '{artifact}',
      build: 'go build -o {artifact} ./cmd',
      source: 'go.mod, package main in cmd',
    },
    {
      title: 'the folder before its commands',
      files: { 'go.mod': MODULE, 'main.go': MAIN, 'cmd/game/x.go': MAIN },
      command: '{artifact}',
      build: 'go build -o {artifact} .',
      source: 'go.mod, package main in the folder',
    },
    {
      title: 'the one folder below that has it',
      files: {
        'go.mod': MODULE,
        'backend/main.go': MAIN,
        'internal/main.go': MAIN,
        'store/store.go': LIBRARY,
      },
      command: '{artifact}',
      build: 'go build -o {artifact} ./backend',
      source: 'go.mod, package main in backend',
    },
    {
      title: 'a library with a script that excludes itself',
      files: {
        'go.mod': MODULE,
        'gen.go': `//go:build ignore\n\n${MAIN}`,
        'store.go': LIBRARY,
        'cmd/game/x.go': MAIN,
      },
      command: '{artifact}',
      build: 'go build -o {artifact} ./cmd/game',
      source: 'go.mod, package main in cmd/game',
    },
    {
      title: 'a program of a module above',
      files: { 'go.mod': MODULE, 'tools/x/main.go': MAIN },
      cwd: 'tools/x',
      command: '{artifact}',
      build: 'go build -o {artifact} .',
      source: '../../go.mod, package main in the folder',
    },
    {
      title: 'files without a module',
      files: { 'main.go': MAIN, 'more.go': 'package main\n', 'main_test.go': 'package main\n' },
      command: '{artifact}',
      build: 'go build -o {artifact} main.go more.go',
      byHand: 'go run main.go more.go',
      source: 'package main in the folder',
    },
    {
      title: 'embedded files of one kind',
      files: {
        'go.mod': MODULE,
        'main.go': `package main\n\n//go:embed sql/*.sql schema.json\nvar files embed.FS\n`,
      },
      command: '{artifact}',
      build: 'go build -o {artifact} .',
      source: 'go.mod, package main in the folder',
      watches: ['.go', '.sql', '.json'],
    },
  ]);

  it('watches every file where whole folders are embedded', async () => {
    const best = await bestIn({
      'go.mod': MODULE,
      'main.go': 'package main\n\n//go:embed static\nvar f embed.FS\n',
    });
    expect(best.extensions).toEqual([]);
  });

  itRejects('Go', [
    ['a library', { 'go.mod': MODULE, 'store.go': LIBRARY }, 'it is a library'],
    [
      'several programs that are no commands',
      { 'go.mod': MODULE, 'a/main.go': MAIN, 'b/main.go': MAIN },
      'several programs (./a and ./b), and none is guessed: name one, such as croupier dev -- go run ./a',
    ],
    [
      'tools only',
      { 'go.mod': MODULE, 'cmd/migrate/x.go': MAIN, 'cmd/seed/x.go': MAIN },
      'none is guessed: name one, such as croupier dev -- go run ./cmd/migrate',
    ],
  ]);
});
