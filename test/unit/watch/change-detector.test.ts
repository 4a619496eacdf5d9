import { mkdirSync, symlinkSync, truncateSync, unlinkSync, utimesSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ChangeDetector, type FileChange } from '../../../src/watch/change-detector.js';
import { HASHED_BYTES, readContent } from '../../../src/watch/content.js';
import { ContentIndex } from '../../../src/watch/content-index.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { Tree, until } from './tree.js';

/** A detector over a tree whose files are known; time is virtual, files are real. */
function detect(
  tree: Tree,
  known: readonly string[],
  options: { readonly ignored?: string; readonly slice?: number } = {},
) {
  const clock = new VirtualClock();
  const index = new ContentIndex();
  const changes: FileChange[] = [];
  let busy = 0;
  let gone = false;
  for (const path of known) index.set(tree.path(path), readContent(tree.path(path)).content);
  const detector = new ChangeDetector({
    clock,
    index,
    settle: 10,
    // A slow machine must not put off what the test looks at in the same turn.
    slice: options.slice ?? Number.POSITIVE_INFINITY,
    accepts: (path) => options.ignored === undefined || !path.endsWith(options.ignored),
    isGone: () => gone,
    onChange: (change) => changes.push(change),
    onBusy: () => busy++,
  });
  return {
    clock,
    index,
    detector,
    touch: (path: string) => detector.touch(tree.path(path)),
    changed: () =>
      changes.splice(0).map(({ path, after }) => `${path.slice(tree.root.length + 1)} ${after.kind}`),
    busy: () => busy,
    setGone: (value: boolean) => {
      gone = value;
    },
  };
}

describe('ChangeDetector', () => {
  it('tells of another content at once, and of the same content never', () => {
    const tree = new Tree({ 'a.js': 'one' });
    const { touch, changed } = detect(tree, ['a.js']);
    touch('a.js');
    expect(changed()).toEqual([]);
    tree.write('a.js', 'two');
    touch('a.js');
    expect(changed()).toEqual(['a.js hashed']);
    tree.write('a.js', 'two');
    touch('a.js');
    expect(changed()).toEqual([]);
  });

  it('waits 10 ms before it believes that a file is gone', async () => {
    const tree = new Tree({ 'a.js': 'one' });
    const { touch, changed, clock } = detect(tree, ['a.js']);
    tree.remove('a.js');
    touch('a.js');
    await clock.advance(9);
    touch('a.js');
    expect(changed()).toEqual([]);
    await clock.advance(1);
    expect(changed()).toEqual(['a.js absent']);
    await clock.advance(1000);
    expect(changed()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('takes unlink and create for one save, without waiting for it', async () => {
    const tree = new Tree({ 'a.js': 'one', 'b.js': 'one' });
    const { touch, changed, clock } = detect(tree, ['a.js', 'b.js']);
    for (const path of ['a.js', 'b.js']) {
      tree.remove(path);
      touch(path);
    }
    tree.write('a.js', 'one');
    tree.write('b.js', 'two');
    touch('a.js');
    touch('b.js');
    expect(changed()).toEqual(['b.js hashed']);
    await clock.advance(1000);
    expect(changed()).toEqual([]);
  });

  it('does not believe an empty file for 10 ms, since editors truncate before they write', async () => {
    const tree = new Tree({ 'a.js': 'one', 'b.js': 'one', 'c.js': '' });
    const { touch, changed, clock } = detect(tree, ['a.js', 'b.js', 'c.js']);
    truncateSync(tree.path('a.js'));
    truncateSync(tree.path('b.js'));
    for (const path of ['a.js', 'b.js', 'c.js']) touch(path);
    tree.write('a.js', 'one');
    touch('a.js');
    await clock.advance(9);
    expect(changed()).toEqual([]);
    await clock.advance(1);
    expect(changed()).toEqual(['b.js hashed']);
  });

  it('waits 10 ms for a new file too, which may be a temporary one', async () => {
    const tree = new Tree();
    const { touch, changed, clock } = detect(tree, []);
    tree.write('a.js.x7f', 'two');
    tree.write('new.js', 'two');
    touch('a.js.x7f');
    touch('new.js');
    tree.remove('a.js.x7f');
    touch('a.js.x7f');
    await clock.advance(9);
    expect(changed()).toEqual([]);
    await clock.advance(1);
    expect(changed()).toEqual(['new.js hashed']);
  });

  it('says that it is busy while it waits, so that a batch stays open', () => {
    const tree = new Tree({ 'a.js': 'one' });
    const { touch, busy } = detect(tree, ['a.js']);
    expect(busy()).toBe(0);
    tree.remove('a.js');
    touch('a.js');
    expect(busy()).toBe(1);
  });

  it('finds the files of a folder that is gone', async () => {
    const tree = new Tree({ 'src/a.js': 'one', 'src/deep/b.js': 'one', 'srcs/c.js': 'one' });
    const { touch, changed, clock } = detect(tree, ['src/a.js', 'src/deep/b.js', 'srcs/c.js']);
    tree.remove('src');
    touch('src');
    await clock.advance(10);
    expect(changed().sort()).toEqual(['src/a.js absent', 'src/deep/b.js absent']);
  });

  it('takes a file that becomes a folder for a deletion', async () => {
    const tree = new Tree({ 'a.js': 'one' });
    const { touch, changed, clock } = detect(tree, ['a.js']);
    tree.remove('a.js');
    mkdirSync(tree.path('a.js'));
    touch('a.js');
    await clock.advance(10);
    expect(changed()).toEqual(['a.js absent']);
  });

  it('keeps what it knows of files that are gone with their whole root', async () => {
    const tree = new Tree({ 'a.js': 'one', 'b.js': 'one' });
    const { touch, changed, clock, setGone } = detect(tree, ['a.js', 'b.js']);
    setGone(true);
    tree.remove('a.js');
    tree.remove('b.js');
    touch('a.js');
    touch('b.js');
    await clock.advance(10);
    setGone(false);
    tree.write('a.js', 'one');
    tree.write('b.js', 'two');
    touch('a.js');
    touch('b.js');
    expect(changed()).toEqual(['b.js hashed']);
  });

  it('compares files above 8 MiB by size and time', () => {
    const tree = new Tree({ 'big.bin': 'x' });
    truncateSync(tree.path('big.bin'), HASHED_BYTES + 1);
    const { touch, changed } = detect(tree, ['big.bin']);
    touch('big.bin');
    expect(changed()).toEqual([]);
    utimesSync(tree.path('big.bin'), new Date(1000), new Date(1000));
    touch('big.bin');
    expect(changed()).toEqual(['big.bin measured']);
  });

  it('takes a link for its own content and does not look through it', () => {
    const tree = new Tree({ 'one/a.js': '1', 'two/a.js': '2' });
    symlinkSync('one', tree.path('current'));
    const { touch, changed } = detect(tree, ['current', 'one/a.js']);
    tree.write('one/a.js', 'changed');
    touch('current');
    expect(changed()).toEqual([]);
    unlinkSync(tree.path('current'));
    symlinkSync('two', tree.path('current'));
    touch('current');
    expect(changed()).toEqual(['current link']);
  });

  it('leaves ignored files alone', async () => {
    const tree = new Tree({ 'a.log': 'one' });
    const { touch, changed, clock, index } = detect(tree, [], { ignored: '.log' });
    touch('a.log');
    await clock.advance(100);
    expect(changed()).toEqual([]);
    expect(index.get(tree.path('a.log'))).toBeUndefined();
  });

  it('judges a file that nobody has read by its times', async () => {
    const tree = new Tree({ 'old.js': 'one', 'saved.js': 'one' });
    await tree.age();
    const { touch, changed, index } = detect(tree, []);
    index.addUnread(tree.root, ['old.js', 'saved.js'], Date.now());
    tree.write('saved.js', 'one');
    touch('old.js');
    touch('saved.js');
    expect(changed()).toEqual(['saved.js hashed']);
    // Now both are known.
    tree.write('old.js', 'one');
    touch('old.js');
    touch('saved.js');
    expect(changed()).toEqual([]);
  });

  it('shares the event loop when there is much to look at, and loses nothing', async () => {
    const tree = new Tree();
    const names = Array.from({ length: 2000 }, (_, number) => `file${number}.js`);
    for (const name of names) tree.write(name, 'one');
    const { touch, changed, detector, index } = detect(tree, names, { slice: 1 });
    for (const name of names) tree.write(name, 'two');
    for (const name of names) touch(name);
    const atOnce = changed().length;
    expect(atOnce).toBeLessThan(names.length);
    await until('the queue to be worked off', () =>
      names.every((name) => !detector.isPending(tree.path(name))),
    );
    expect(atOnce + changed().length).toBe(names.length);
    expect(index.filesIn(tree.root)).toHaveLength(names.length);
  });

  it('is silent after close', async () => {
    const tree = new Tree({ 'a.js': 'one' });
    const { touch, changed, clock, detector } = detect(tree, ['a.js']);
    tree.remove('a.js');
    touch('a.js');
    detector.close();
    touch('a.js');
    await clock.advance(100);
    expect(changed()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
