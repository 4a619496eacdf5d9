import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type BackendKind, realBackends } from '../../../src/watch/backend-choice.js';
import { open, rule, start as startWatching, Tree, until, type Watched } from './tree.js';

// `native` is what Linux uses; the others are what macOS and Windows, and silent file systems, use.
const KINDS: readonly BackendKind[] = ['native', 'chokidar', 'polling'];

describe.each(KINDS)('a watcher with the backend %s', (kind) => {
  const backends = {
    ...realBackends,
    create: (_: BackendKind, options: Parameters<typeof realBackends.create>[1]) =>
      realBackends.create(kind, options),
  };
  const start = (tree: Tree, options: Parameters<typeof startWatching>[1] = {}) =>
    startWatching(tree, options, backends);

  /** Nothing that happened before this save was told: its batch is the next one and holds nothing else. */
  async function expectNothingBut(tree: Tree, { recorder }: Watched, sentinel = 'sentinel.js') {
    tree.write(sentinel, `${Math.random()}`);
    expect((await recorder.next()).paths).toEqual([sentinel]);
  }

  it('notices the first save after it is ready', async () => {
    const tree = new Tree({ 'src/a.js': 'one', 'src/b.js': 'one' });
    const { recorder } = await start(tree);
    tree.write('src/a.js', 'two');
    expect(await recorder.next()).toEqual({
      paths: ['src/a.js'],
      action: 'rebuild',
      rule: 'default',
      runs: [],
    });
    expect(recorder.opened[0]?.paths).toEqual(['src/a.js']);
    expect(recorder.notices).toEqual([]);
  });

  it('says nothing about saves that change nothing', async () => {
    const tree = new Tree({ 'a.js': 'one', 'b.js': 'one' });
    const watched = await start(tree);
    tree.write('a.js', 'one');
    tree.write('b.js', 'two');
    expect((await watched.recorder.next()).paths).toEqual(['b.js']);
    tree.write('a.js', 'one');
    tree.write('b.js', 'two');
    await expectNothingBut(tree, watched);
  });

  it('sees an atomic save as a change of one file', async () => {
    const tree = new Tree({ 'a.js': 'one' });
    const { recorder } = await start(tree);
    writeFileSync(tree.path('a.js.new'), 'two');
    renameSync(tree.path('a.js.new'), tree.path('a.js'));
    expect((await recorder.next()).paths).toEqual(['a.js']);
  });

  it('sees deletions, and new folders with all their files', async () => {
    const tree = new Tree({ 'a.js': 'one', 'src/b.js': 'one' });
    const { recorder } = await start(tree);
    tree.remove('a.js');
    tree.write('one/two/three/c.js', 'new');
    mkdirSync(tree.path('empty'));
    expect(await recorder.gather(['a.js', 'one/two/three/c.js'])).toEqual(['a.js', 'one/two/three/c.js']);
    tree.write('one/two/d.js', 'new');
    await recorder.gather(['one/two/d.js']);
  });

  it('follows a folder that is renamed', async () => {
    const tree = new Tree({ 'old/deep/a.js': 'one' });
    const { recorder } = await start(tree);
    renameSync(tree.path('old'), tree.path('new'));
    await recorder.gather(['new/deep/a.js', 'old/deep/a.js']);
    tree.write('new/deep/a.js', 'two');
    expect((await recorder.next()).paths).toEqual(['new/deep/a.js']);
  });

  it('never hears of ignored files', async () => {
    const tree = new Tree({
      '.git/HEAD': '',
      '.gitignore': 'dist/\n',
      'node_modules/x/a.js': 'one',
      'dist/a.js': 'one',
    });
    const watched = await start(tree, { config: { ignore: ['*.gen.js'] }, rules: [rule('*.md', 'ignore')] });
    for (const path of ['node_modules/x/a.js', 'dist/a.js', 'a.gen.js', 'a.md', '.git/HEAD', 'a.js.swp']) {
      tree.write(path, 'two');
    }
    await expectNothingBut(tree, watched);
    expect(watched.recorder.opened).toHaveLength(1);
  });

  it('takes up a changed .gitignore, without a word about the files that come in by it', async () => {
    const tree = new Tree({
      '.git/HEAD': '',
      '.gitignore': 'dist/\n',
      'dist/a.js': 'one',
      'src/b.js': 'one',
    });
    const watched = await start(tree);
    tree.write('.gitignore', 'src/\n');
    await until('a change in dist to be noticed', () => {
      tree.write('dist/a.js', `${Math.random()}`);
      return watched.recorder.opened.length > 0;
    });
    await watched.recorder.gather(['dist/a.js']);
    tree.write('src/b.js', 'two');
    tree.write('dist/last.js', 'two');
    await watched.recorder.gather(['dist/last.js']);
    const told = new Set(watched.recorder.batches.flatMap((batch) => batch.paths));
    expect([...told].sort()).toEqual(['dist/a.js', 'dist/last.js']);
  });

  it('watches single files, the env file among them, in folders that are not watched', async () => {
    const tree = new Tree({ '.env': 'A=1', 'other.js': 'one', 'src/a.js': 'one', 'main.js': 'one' });
    const watched = await start(tree, {
      config: { paths: [tree.path('src'), tree.path('main.js')], extensions: ['.js'] },
      alwaysInclude: [tree.path('.env')],
    });
    tree.write('other.js', 'two');
    tree.write('.env', 'A=2');
    expect(await watched.recorder.gather(['.env'])).toEqual(['.env']);
    tree.write('main.js', 'two');
    expect(await watched.recorder.gather(['main.js'])).toEqual(['main.js']);
    await expectNothingBut(tree, watched, 'src/sentinel.js');
  });

  it('does not follow links out of the tree', async () => {
    const outside = new Tree({ 'lib/a.js': 'one' });
    const tree = new Tree({ 'src/a.js': 'one' });
    symlinkSync(outside.path('lib'), tree.path('linked'));
    symlinkSync('.', tree.path('itself'));
    const watched = await start(tree);
    outside.write('lib/a.js', 'two');
    await expectNothingBut(tree, watched);
  });

  it('reports a thousand files as one batch', async () => {
    const tree = new Tree();
    for (let file = 0; file < 1000; file++) tree.write(`folder${file % 20}/file${file}.js`, 'one');
    const { recorder } = await start(tree);
    for (let file = 0; file < 1000; file++) tree.write(`folder${file % 20}/file${file}.js`, 'two');
    // Polling looks at one file after the other; writing may take longer than a quiet time on a busy machine.
    const paths = Array.from({ length: 1000 }, (_, file) => `folder${file % 20}/file${file}.js`);
    expect(await recorder.gather(paths)).toHaveLength(1000);
    expect(recorder.batches.length).toBeLessThanOrEqual(2);
  });

  it('says that the root is gone, takes it up when it is back, and compares with what was before', async () => {
    const tree = new Tree({ 'app/a.js': 'one', 'app/src/b.js': 'one' });
    await tree.age();
    const { watcher, recorder } = open(tree.path('app'), {}, backends);
    await watcher.ready;
    renameSync(tree.path('app'), tree.path('away'));
    await until('the notice', () => recorder.notices.length > 0);
    expect(recorder.notices).toEqual([
      { level: 'error', message: expect.stringContaining(`${tree.path('app')} is not there`) },
    ]);
    tree.write('away/src/b.js', 'two');
    renameSync(tree.path('away'), tree.path('app'));
    expect((await recorder.next()).paths).toEqual(['src/b.js']);
    await until('the second notice', () => recorder.notices.length > 1);
    expect(recorder.notices[1]).toEqual({ level: 'info', message: expect.stringContaining('is back') });
    tree.write('app/a.js', 'two');
    expect((await recorder.next()).paths).toEqual(['a.js']);
  });

  it('keeps changes while paused and reports them as one batch', async () => {
    const tree = new Tree({ 'a.js': 'one', 'b.js': 'one' });
    const { watcher, recorder } = await start(tree);
    watcher.pause();
    tree.write('a.js', 'two');
    tree.write('b.js', 'two');
    // A second watcher tells when a change has certainly been seen.
    const other = await start(tree);
    tree.write('c.js', 'new');
    await other.recorder.gather(['c.js']);
    expect(recorder.calls).toEqual([]);
    watcher.resume();
    await recorder.gather(['a.js', 'b.js', 'c.js']);
    // Two watchers that poll see the same change at different times.
    if (kind !== 'polling') expect(recorder.batches).toHaveLength(1);
  });

  it('tells nothing after close', async () => {
    const tree = new Tree({ 'a.js': 'one' });
    const { watcher, recorder } = await start(tree);
    const other = await start(tree);
    tree.write('a.js', 'two');
    await watcher.close();
    const { length } = recorder.calls;
    tree.write('a.js', 'three');
    await other.recorder.next();
    expect(recorder.calls).toHaveLength(length);
  });
});

describe('a watcher', () => {
  it('notices a save that comes before it is ready', async () => {
    const tree = new Tree({ 'a.js': 'one' });
    await tree.age();
    const { recorder } = open(tree.root);
    // Before the event loop turns nothing is subscribed; the file system stamps with a tick of up to 10 ms.
    const end = performance.now() + 15;
    while (performance.now() < end);
    tree.write('a.js', 'two');
    expect((await recorder.next()).paths).toEqual(['a.js']);
  });

  it('reports nothing at the start, however young the files are', async () => {
    const tree = new Tree();
    for (let file = 0; file < 50; file++) tree.write(`${file}.js`, 'one');
    const { watcher, recorder } = open(tree.root);
    await watcher.ready;
    tree.write('sentinel.js', 'one');
    expect((await recorder.next()).paths).toEqual(['sentinel.js']);
  });

  it('opens at the first change, grows once, and classifies the whole', async () => {
    const tree = new Tree({ 'a.json': '1', 'b.js': '1', 'c.proto': '1', 'd.json': '1' });
    const { recorder } = await startWatching(tree, {
      rules: [rule('*.json', 'restart'), rule('*.proto', 'run', 'make {files}')],
      // Long enough for a busy machine to write all four.
      config: { quiet: 200 },
    });
    tree.write('a.json', '2');
    await until('the batch to open', () => recorder.opened.length > 0);
    for (const path of ['b.js', 'c.proto', 'd.json']) tree.write(path, '2');
    const batch = await recorder.next();
    expect(recorder.opened).toEqual([{ paths: ['a.json'], action: 'restart', rule: '*.json', runs: [] }]);
    expect(batch.paths).toEqual(['a.json', 'b.js', 'c.proto', 'd.json']);
    expect([batch.action, batch.rule]).toEqual(['rebuild', 'default']);
    expect(batch.runs.map((run) => [run.command.display, run.paths])).toEqual([
      ['make {files}', ['c.proto']],
    ]);
    expect(recorder.calls).toEqual(['open', 'grow', 'batch']);
  });

  it('ends a batch with nothing when all files are back to what they were', async () => {
    const tree = new Tree({ 'a.js': 'one' });
    const { recorder } = await startWatching(tree, { config: { quiet: 200 } });
    tree.write('a.js', 'two');
    await until('the batch to open', () => recorder.opened.length > 0);
    tree.write('a.js', 'one');
    expect(await recorder.next()).toEqual({ paths: [], action: 'none', rule: 'default', runs: [] });
    expect(recorder.calls).toEqual(['open', 'grow', 'batch']);
  });

  it('says once that the root is not there, and watches it when it comes', async () => {
    const tree = new Tree();
    const { watcher, recorder } = open(tree.path('later'));
    await watcher.ready;
    expect(recorder.notices.map(({ level }) => level)).toEqual(['error']);
    mkdirSync(tree.path('later'));
    await until('the root to be found', () => recorder.notices.length > 1);
    await until('a change to be noticed', () => {
      tree.write('later/a.js', `${Math.random()}`);
      return recorder.opened.length > 0;
    });
    expect((await recorder.next()).paths).toEqual(['a.js']);
  });
});
