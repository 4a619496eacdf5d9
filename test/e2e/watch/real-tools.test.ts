import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { start, Tree } from '../../unit/watch/tree.js';

const WATCHER = fileURLToPath(new URL('./fixtures/watcher.ts', import.meta.url));

function git(tree: Tree, ...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=dev', '-c', 'user.email=dev@localhost', ...args], {
    cwd: tree.root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function writeAll(tree: Tree, text: string): void {
  for (let file = 0; file < 1000; file++) tree.write(`folder${file % 40}/file${file}.js`, text);
}

describe('git', () => {
  it('checkout of a thousand files is one batch', async () => {
    const tree = new Tree();
    git(tree, 'init', '--quiet', '--initial-branch=main');
    writeAll(tree, 'one\n');
    git(tree, 'add', '.');
    git(tree, 'commit', '--quiet', '-m', 'one');
    git(tree, 'checkout', '--quiet', '-b', 'other');
    writeAll(tree, 'two\n');
    tree.write('only/here.js', 'two\n');
    git(tree, 'add', '.');
    git(tree, 'commit', '--quiet', '-m', 'two');
    const { recorder } = await start(tree);
    git(tree, 'checkout', '--quiet', 'main');
    const batch = await recorder.next();
    expect(batch.paths).toHaveLength(1001);
    expect(batch.paths).toContain('only/here.js');
    expect(recorder.calls).toEqual(['open', 'grow', 'batch']);
  });

  it('checkout to and fro at once comes to nothing', async () => {
    const tree = new Tree({ 'a.js': 'one\n' });
    git(tree, 'init', '--quiet', '--initial-branch=main');
    git(tree, 'add', '.');
    git(tree, 'commit', '--quiet', '-m', 'one');
    git(tree, 'checkout', '--quiet', '-b', 'other');
    tree.write('a.js', 'two\n');
    git(tree, 'commit', '--quiet', '-am', 'two');
    const { recorder } = await start(tree, { config: { quiet: 2000 } });
    git(tree, 'checkout', '--quiet', 'main');
    git(tree, 'checkout', '--quiet', 'other');
    tree.write('b.js', 'new');
    expect((await recorder.next()).paths).toEqual(['b.js']);
  });
});

describe('saves by other programs', () => {
  it.each([
    ['sed -i (writes a temporary file and renames it)', "sed -i 's/one/two/' a.js"],
    ['a shell (truncates and writes)', 'echo two > a.js'],
    ['mv of a finished file', 'cp -p a.js .a.js.tmp.1 && echo two >> .a.js.tmp.1 && mv .a.js.tmp.1 a.js'],
    ['a backup by renaming, as vim does', 'mv a.js a.js~ && echo two > a.js && rm a.js~'],
  ])('%s', async (_name, command) => {
    const tree = new Tree({ 'a.js': 'one\n' });
    const { recorder } = await start(tree);
    execFileSync('sh', ['-c', command], { cwd: tree.root });
    expect((await recorder.next()).paths).toEqual(['a.js']);
    expect(recorder.batches).toHaveLength(1);
  });
});

// A user namespace has limits of its own, which anyone may lower; not every system lets one be made.
const LIMITS = '/proc/sys/user/max_inotify_watches';
const mayLimit =
  process.platform === 'linux' &&
  spawnSync('unshare', ['-U', '-r', 'sh', '-c', `echo 20 > ${LIMITS}`]).status === 0;

describe.runIf(mayLimit)('when inotify really runs out', () => {
  it('polls, says so once, and notices every file', async () => {
    const tree = new Tree();
    for (let folder = 0; folder < 60; folder++) tree.write(`folder${folder}/a.js`, 'one');
    await tree.age();
    const script = `echo 20 > ${LIMITS}; exec "$0" "$@"`;
    const child = spawn(
      'unshare',
      ['-U', '-r', 'sh', '-c', script, process.execPath, '--import', 'tsx', WATCHER, tree.root],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async () => JSON.parse(String((await lines.next()).value));
    expect(await next()).toEqual({ level: 'warn', notice: expect.stringContaining('ENOSPC') });
    expect(await next()).toEqual({ ready: true });
    for (const folder of [0, 30, 59]) {
      tree.write(`folder${folder}/a.js`, 'two');
      expect(await next()).toEqual({ batch: [`folder${folder}/a.js`] });
    }
    child.stdin.end();
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect((await lines.next()).done).toBe(true);
  });
});
