import { describe, expect, it } from 'vitest';
import { Baseline } from '../../../src/watch/baseline.js';
import { readContent } from '../../../src/watch/content.js';
import { ContentIndex } from '../../../src/watch/content-index.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { Tree } from './tree.js';

function read(tree: Tree, names: readonly string[], since: number) {
  const clock = new VirtualClock();
  const index = new ContentIndex();
  const fresh: string[] = [];
  const pending = new Set<string>();
  index.addUnread(tree.root, names, since);
  const baseline = new Baseline({
    clock,
    index,
    latency: 20,
    accepts: (path) => !path.endsWith('.log'),
    isPending: (path) => pending.has(path),
    onFresh: (path) => fresh.push(path),
  });
  return { clock, index, fresh, pending, baseline, kind: (name: string) => index.get(tree.path(name))?.kind };
}

const written = (tree: Tree, name: string) => readContent(tree.path(name)).touchedAt;

describe('Baseline', () => {
  it('reads old files at once and forgets what does not count', async () => {
    const tree = new Tree({ 'a.js': 'one', 'a.log': 'one' });
    const { kind, fresh, index } = read(tree, ['a.js', 'a.log'], written(tree, 'a.js') + 100);
    expect(kind('a.js')).toBe('hashed');
    expect(index.get(tree.path('a.log'))).toBeUndefined();
    expect(fresh).toEqual([]);
  });

  it('hands over files that were changed after the start', () => {
    const tree = new Tree({ 'a.js': 'one' });
    const { kind, fresh } = read(tree, ['a.js'], written(tree, 'a.js') - 1);
    expect(fresh).toEqual([tree.path('a.js')]);
    expect(kind('a.js')).toBe('unread');
  });

  it('believes files with the tick of the start when no event has come in time', async () => {
    const tree = new Tree({ 'a.js': 'one', 'b.js': 'one' });
    const { kind, fresh, clock, pending } = read(tree, ['a.js', 'b.js'], written(tree, 'b.js') + 1);
    pending.add(tree.path('b.js'));
    expect(kind('a.js')).toBe('unread');
    await clock.advance(20);
    expect(kind('a.js')).toBe('hashed');
    expect(kind('b.js')).toBe('unread');
    expect(fresh).toEqual([]);
  });

  it('reads many files in pieces', async () => {
    const tree = new Tree();
    const names = Array.from({ length: 6000 }, (_, number) => `${number}.js`);
    for (const name of names) tree.write(name, 'x'.repeat(5000));
    const { kind, clock } = read(tree, names, Date.now() + 1000);
    expect(names.filter((name) => kind(name) === 'unread').length).toBeGreaterThan(0);
    for (let piece = 0; piece < 10_000 && clock.pending > 0; piece++) await clock.advance(4);
    expect(names.filter((name) => kind(name) !== 'hashed')).toEqual([]);
  });

  it('stops when it is closed', async () => {
    const tree = new Tree({ 'a.js': 'one' });
    const { kind, clock, baseline } = read(tree, ['a.js'], written(tree, 'a.js') + 1);
    baseline.close();
    await clock.advance(100);
    expect(kind('a.js')).toBe('unread');
    expect(clock.pending).toBe(0);
  });
});
