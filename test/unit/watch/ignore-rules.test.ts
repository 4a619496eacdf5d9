import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WatchConfig, WatchRule } from '../../../src/config/types.js';
import { IgnoreRules } from '../../../src/watch/ignore-rules.js';
import { compileRules } from '../../../src/watch/match.js';
import { rule, Tree, watchConfig } from './tree.js';

interface Setup {
  readonly folder?: string;
  readonly config?: Partial<WatchConfig>;
  readonly rules?: readonly WatchRule[];
  readonly extraIgnore?: readonly string[];
  readonly alwaysInclude?: readonly string[];
}

function rulesFor(
  tree: Tree,
  { folder = '', config, rules = [], extraIgnore = [], alwaysInclude = [] }: Setup = {},
) {
  const root = tree.path(folder);
  const ignoreRules = new IgnoreRules({
    root,
    config: watchConfig(root, config),
    rules: compileRules(rules),
    extraIgnore,
    alwaysInclude,
  });
  return {
    ignoreRules,
    file: (path: string) => ignoreRules.acceptsFile(join(root, path)),
    folder: (path: string) => ignoreRules.acceptsFolder(join(root, path)),
  };
}

describe('defaults', () => {
  it.each([
    ...['.git', 'node_modules', 'a/node_modules', '.croupier', '.hg', '.svn', '__pycache__', '.venv', 'venv'],
    ...['.gradle', '.idea', '.vscode', 'bin/Debug', 'tools/bin/Release', 'cmake-build-debug'],
  ])('the folder %s is not watched', (path) => {
    expect(rulesFor(new Tree()).folder(path)).toBe(false);
  });

  it.each([
    'src',
    'dist',
    'build',
    'out',
    'bin',
    'obj',
    'target',
    'deps',
    'vendor',
    'player-journal',
    'logs',
    'a.b',
  ])('the folder %s is watched', (path) => expect(rulesFor(new Tree()).folder(path)).toBe(true));

  it.each([
    ...['.a.js.swp', 'a.swx', '4913', 'a.js~', '.#a.js', '#a.js#', '.DS_Store', 'a.js.tmp.123', 'a.tmp'],
    ...[
      'a.js___jb_tmp___',
      'a.js___jb_old___',
      'a.pyc',
      'server.log',
      'game.db',
      'game.db-wal',
      '.gitignore',
    ],
  ])('the file %s does not count', (path) => {
    const { file } = rulesFor(new Tree());
    expect(file(path)).toBe(false);
    expect(file(join('src', path))).toBe(false);
  });

  it.each(['a.js', 'Makefile', 'a.proto', '.env', 'data/items.csv', 'template.tmpl', '49130', 'dbx'])(
    'the file %s counts',
    (path) => expect(rulesFor(new Tree()).file(path)).toBe(true),
  );

  it.each([
    ['Cargo.toml', 'target'],
    ['pom.xml', 'target'],
    ['build.gradle.kts', 'build'],
    ['Game.csproj', 'obj'],
    ['Game.csproj', 'bin'],
    ['mix.exs', '_build'],
    ['composer.json', 'vendor'],
  ])('beside %s the folder %s is an output', (marker, folder) => {
    const tree = new Tree({ [`app/${marker}`]: '' });
    expect(rulesFor(tree).folder(`app/${folder}`)).toBe(false);
    expect(rulesFor(tree).file(`app/${folder}/x`)).toBe(false);
    expect(rulesFor(tree).folder(folder)).toBe(true);
  });
});

describe('watch.ignore', () => {
  it('has gitignore semantics, relative to the service folder', () => {
    const { file, folder } = rulesFor(new Tree(), {
      config: { ignore: ['/gen', '*.gen.go', '!keep.gen.go', './local', 'docs/**/*.md'] },
    });
    expect(folder('gen')).toBe(false);
    expect(folder('a/gen')).toBe(true);
    expect(file('a/x.gen.go')).toBe(false);
    expect(file('a/keep.gen.go')).toBe(true);
    expect(file('local/x')).toBe(false);
    expect(file('docs/a/b.md')).toBe(false);
    expect(file('docs/a/b.txt')).toBe(true);
  });

  it('takes defaults and .gitignore back, but never version control', () => {
    const tree = new Tree({ '.git/HEAD': '', '.gitignore': 'dist/\n' });
    const { folder } = rulesFor(tree, { config: { ignore: ['!.vscode', '!dist', '!.git', '!.croupier'] } });
    expect(folder('.vscode')).toBe(true);
    expect(folder('dist')).toBe(true);
    expect(folder('.git')).toBe(false);
    expect(folder('.croupier')).toBe(false);
  });

  it('does not mistake a pattern for hidden files for the folder above', () => {
    const tree = new Tree({ 'app/x': '', 'shared/x': '' });
    const { file } = rulesFor(tree, {
      folder: 'app',
      config: { ignore: ['.*', '../shared/skip'], paths: [tree.path('app'), tree.path('shared')] },
    });
    expect(file('../shared/x')).toBe(true);
    expect(file('../shared/.hidden')).toBe(false);
    expect(file('../shared/skip/x')).toBe(false);
  });
});

describe('extensions, rules and other ignores', () => {
  it('counts only files with the extensions, or those that a rule names', () => {
    const { file } = rulesFor(new Tree(), {
      config: { extensions: ['.go', '.html.tmpl'] },
      rules: [rule('*.proto', 'run', 'make'), rule('legacy/**', 'ignore')],
    });
    expect(file('a/b.go')).toBe(true);
    expect(file('b.html.tmpl')).toBe(true);
    expect(file('b.tmpl')).toBe(false);
    expect(file('b.proto')).toBe(true);
    expect(file('legacy/b.go')).toBe(false);
  });

  it('always counts what is to be included, such as an env file that git ignores', () => {
    const tree = new Tree({ '.git/HEAD': '', '.gitignore': '.env\n' });
    const setup: Setup = { config: { extensions: ['.go'] } };
    expect(rulesFor(tree, setup).file('.env')).toBe(false);
    expect(rulesFor(tree, { ...setup, alwaysInclude: [tree.path('.env')] }).file('.env')).toBe(true);
  });

  it('leaves out absolute paths, with placeholders, and patterns', () => {
    const tree = new Tree();
    const { file, folder } = rulesFor(tree, {
      extraIgnore: [tree.path('bin/app-{generation}'), tree.path('odd [name]*'), '*.artifact'],
    });
    expect(file('bin/app-12')).toBe(false);
    expect(file('bin/other')).toBe(true);
    expect(folder('odd [name]*')).toBe(false);
    expect(folder('odd n')).toBe(true);
    expect(file('x/y.artifact')).toBe(false);
  });
});

describe('.gitignore', () => {
  const files = {
    '.git/info/exclude': 'private/\n',
    '.gitignore': '*.out\n/top\nbuild/\nservices/*/cache\n',
    'services/game/.gitignore': '!keep.out\nlocal/\n# comment\n\n',
    'services/game/deep/.gitignore': 'keep.out\r\n/only-here\r\n',
  };

  it('is read from the top of the repository down, the deepest deciding', () => {
    const { file, folder } = rulesFor(new Tree(files), { folder: 'services/game' });
    expect(file('a.out')).toBe(false);
    expect(file('keep.out')).toBe(true);
    expect(file('deep/keep.out')).toBe(false);
    expect(file('deep/only-here')).toBe(false);
    expect(file('only-here')).toBe(true);
    expect(folder('top')).toBe(true);
    expect(folder('build')).toBe(false);
    expect(file('build/keep.out')).toBe(false);
    expect(folder('cache')).toBe(false);
    expect(folder('local')).toBe(false);
    expect(folder('deep/local')).toBe(false);
    expect(folder('private')).toBe(false);
  });

  it('can be turned off', () => {
    const { file } = rulesFor(new Tree(files), { folder: 'services/game', config: { gitignore: false } });
    expect(file('build/a.out')).toBe(true);
  });

  it('counts without a repository too, from the service folder down', () => {
    const tree = new Tree({ 'app/.gitignore': 'dist/\n' });
    expect(rulesFor(tree, { folder: 'app' }).folder('dist')).toBe(false);
  });

  it('is found from a worktree, with the exclude file that all worktrees share', () => {
    const tree = new Tree({
      'main/.git/info/exclude': 'private/\n',
      'main/.git/worktrees/one/commondir': '../..\n',
      'one/.gitignore': 'dist/\n',
    });
    tree.write('one/.git', `gitdir: ${tree.path('main/.git/worktrees/one')}\n`);
    const { folder } = rulesFor(tree, { folder: 'one' });
    expect(folder('private')).toBe(false);
    expect(folder('dist')).toBe(false);
    expect(folder('src')).toBe(true);
  });

  it('does not hide a path that the configuration names', () => {
    const tree = new Tree({ '.git/HEAD': '', '.gitignore': 'dist/\n', 'dist/a.js': '' });
    const paths = [tree.path('src'), tree.path('dist'), tree.path('node_modules/mine')];
    const { file } = rulesFor(tree, { config: { paths } });
    expect(file('dist/a.js')).toBe(true);
    expect(file('node_modules/mine/a.js')).toBe(true);
    expect(file('node_modules/mine/a.log')).toBe(false);
  });

  it('is read again only when a file that was in use says something else', () => {
    const tree = new Tree({ '.git/HEAD': '', '.gitignore': 'dist/\n', 'a/x': '' });
    const { folder, file, ignoreRules } = rulesFor(tree);
    expect(folder('dist')).toBe(false);
    expect(file('a/gen.js')).toBe(true);
    expect(ignoreRules.reread(tree.path('.gitignore'))).toBe(false);
    tree.write('.gitignore', 'out/\n');
    expect(folder('dist')).toBe(false);
    expect(ignoreRules.reread(tree.path('.gitignore'))).toBe(true);
    expect(folder('dist')).toBe(true);
    expect(folder('out')).toBe(false);
    expect(file('a/gen.js')).toBe(true);
    tree.write('a/.gitignore', 'gen.js\n');
    expect(ignoreRules.reread(tree.path('a/.gitignore'))).toBe(true);
    expect(file('a/gen.js')).toBe(false);
    expect(ignoreRules.reread(tree.path('unused/.gitignore'))).toBe(false);
  });
});
