import { describe, expect, it } from 'vitest';
import { start, Tree, until, type Watched } from './tree.js';

/** A build that writes a file with another content each time, and takes a few ms after that. */
async function build(tree: Tree, { watcher }: Watched, round: number, path = 'gen/out.js'): Promise<void> {
  const end = watcher.ownCommand();
  await new Promise((resolve) => setTimeout(resolve, 5));
  tree.write(path, `built ${round}`);
  end(true);
}

describe('a build that writes into the watched tree', () => {
  it('is stopped after three rounds, with the line that ends it, until another file changes', async () => {
    const tree = new Tree({ 'gen/out.js': '', 'main.js': 'one' });
    const watched = await start(tree);
    const { recorder } = watched;
    for (let round = 1; round <= 3; round++) {
      await build(tree, watched, round);
      const batch = await recorder.next();
      expect(batch.paths).toEqual(round < 3 ? ['gen/out.js'] : []);
      expect(batch.action).toBe(round < 3 ? 'rebuild' : 'none');
    }
    expect(recorder.notices).toEqual([
      { level: 'error', message: expect.stringContaining('"watch": { "ignore": ["gen/out.js"] }') },
    ]);

    await build(tree, watched, 4);
    tree.write('main.js', 'two');
    expect((await recorder.next()).paths).toEqual(['main.js']);
    await build(tree, watched, 5);
    tree.write('main.js', 'three');
    expect((await recorder.next()).paths).toEqual(['main.js']);
    expect(recorder.notices).toHaveLength(1);

    watched.watcher.resume();
    await build(tree, watched, 6);
    expect((await recorder.next()).paths).toEqual(['gen/out.js']);
  });

  it('is found although its own output cancels it', async () => {
    const tree = new Tree({ 'gen/out.js': '' });
    const watched = await start(tree);
    const { watcher, recorder } = watched;
    let builds = 0;
    while (recorder.notices.length === 0 && builds < 20) {
      builds++;
      const end = watcher.ownCommand();
      const opened = recorder.opened.length;
      tree.write('gen/out.js', `built ${builds}`);
      // The build goes on for a while: time enough to be cancelled, unless the change is kept.
      const buildEnd = performance.now() + 150;
      await until('the build', () => recorder.opened.length > opened || performance.now() > buildEnd);
      const wasCancelled = recorder.opened.length > opened;
      end(!wasCancelled);
      await until('the batch', () => recorder.notices.length > 0 || recorder.batches.length > opened);
    }
    expect(recorder.notices).toEqual([
      { level: 'error', message: expect.stringContaining('"ignore": ["gen/out.js"]') },
    ]);
    expect(builds).toBeLessThan(20);
  });
});

describe('a user who saves the same file again and again while slow builds run', () => {
  it('is never stopped', async () => {
    const tree = new Tree({ 'main.js': '' });
    const { watcher, recorder } = await start(tree);
    let end = watcher.ownCommand();
    for (let save = 1; save <= 8; save++) {
      tree.write('main.js', `save ${save}`);
      await until('the batch to open', () => recorder.opened.length === save);
      // The change cancels the build that runs, and starts the next.
      end(false);
      end = watcher.ownCommand();
      expect((await recorder.next()).paths).toEqual(['main.js']);
    }
    end(true);
    tree.write('main.js', 'the last');
    expect((await recorder.next()).paths).toEqual(['main.js']);
    expect(recorder.notices).toEqual([]);
  });
});
