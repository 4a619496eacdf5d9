import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { ConfigWatch } from '../../../src/dev/config-watch.js';
import { Tree, until } from '../watch/tree.js';

/** Watches files of a tree; `told` has the names of each change, relative to it. */
async function watch(tree: Tree, files: readonly string[]) {
  await tree.age();
  const told: string[][] = [];
  const config = new ConfigWatch({
    clock: systemClock,
    polling: false,
    onChange: (changed) => told.push(changed.map((file) => file.slice(tree.root.length + 1)).sort()),
    onNotice: (level, message) => told.push([level, message]),
  });
  onTestFinished(() => config.close());
  config.watch(files.map((file) => tree.path(file)));
  await config.ready();
  const next = async () => {
    await until('a change', () => told.length > 0);
    return told.shift();
  };
  return { config, told, next };
}

describe('the files of a configuration', () => {
  it('are told when their content changes, and nothing beside them is', async () => {
    const tree = new Tree({ 'config.json': '{}', '.env': 'A=1', 'server.js': '', 'src/a.js': '' });
    const { next } = await watch(tree, ['config.json', '.env']);
    tree.write('server.js', 'changed');
    tree.write('src/a.js', 'changed');
    tree.write('config.json', '{}');
    tree.write('.env', 'A=2');
    expect(await next()).toEqual(['.env']);
    tree.write('config.json', '{ }');
    expect(await next()).toEqual(['config.json']);
  });

  it('are told together when they are saved together, each by its own folder', async () => {
    const tree = new Tree({ 'config.json': '{}', '.env': 'A=1', 'game/.env': 'A=1' });
    const { next } = await watch(tree, ['config.json', '.env', 'game/.env']);
    tree.write('config.json', '{ }');
    tree.write('.env', 'A=2');
    expect(await next()).toEqual(['.env', 'config.json']);
    tree.write('game/.env', 'A=2');
    expect(await next()).toEqual(['game/.env']);
  });

  it('may appear, be replaced by renaming, again and again, and go away', async () => {
    const tree = new Tree({ 'config.json': '{}' });
    const { next } = await watch(tree, ['config.json', '.env']);
    for (const value of ['1', '2', '3']) {
      writeFileSync(tree.path('.env.new'), `A=${value}`);
      renameSync(tree.path('.env.new'), tree.path('.env'));
      expect(await next()).toEqual(['.env']);
    }
    rmSync(tree.path('.env'));
    expect(await next()).toEqual(['.env']);
    tree.write('.env', 'A=4');
    expect(await next()).toEqual(['.env']);
  });

  it('that are links count with what they lead to', async () => {
    const tree = new Tree({ 'shared/.env': 'A=1', 'game/server.js': '' });
    symlinkSync('../shared/.env', tree.path('game/.env'));
    const { next } = await watch(tree, ['game/.env']);
    tree.write('shared/.env', 'A=2');
    expect(await next()).toEqual(['game/.env']);
  });

  it('can be others later', async () => {
    const tree = new Tree({ 'config.json': '{}', 'one/.env': 'A=1', 'two/.env': 'A=1' });
    const { config, next } = await watch(tree, ['config.json', 'one/.env']);
    config.watch([tree.path('config.json'), tree.path('two/.env')]);
    await config.ready();
    tree.write('one/.env', 'A=2');
    tree.write('two/.env', 'A=2');
    expect(await next()).toEqual(['two/.env']);
    tree.write('config.json', '{ }');
    expect(await next()).toEqual(['config.json']);
  });

  it('are told by resume() where they changed while paused', async () => {
    const tree = new Tree({ '.env': 'A=1', 'other/.env': 'A=1' });
    const { config, told, next } = await watch(tree, ['.env', 'other/.env']);
    config.pause();
    tree.write('.env', 'A=2');
    const sentinel = await watch(tree, ['.env', 'sentinel']);
    tree.write('sentinel', '');
    expect(await sentinel.next()).toEqual(['sentinel']);
    expect(told).toEqual([]);
    config.resume();
    expect(await next()).toEqual(['.env']);
  });
});
