import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ModuleApp, startModuleApp } from './module-app.js';
import { appIn, DIALECTS } from './module-dialects.js';

function idsOf(changes: readonly { readonly id: string }[]): string[] {
  return changes.map((one) => one.id).sort();
}

async function loadsOf(game: ModuleApp): Promise<object> {
  return Object(await game.call('loads'));
}

describe.each(DIALECTS)('function modules: $name', (dialect) => {
  const { extension } = dialect;
  const file = (name: string) => `${name}.${extension}`;

  test('a change reloads what it is, or what imports it, and nothing else', async () => {
    const game = await startModuleApp(appIn(dialect));
    expect(await game.call('a')).toEqual({ text: 'a1 hello1', calls: 1 });
    const atFirst = await loadsOf(game);

    // Imported by two modules: both are loaded again, with one new instance between them, and only they.
    game.edit(file('functions/lib/greeting'), 'hello1', 'hello2');
    const both = await game.runner.reload([file('functions/lib/greeting')]);
    expect(both).toMatchObject({ failed: [], needsRestart: false });
    expect(idsOf(both.reloaded)).toEqual(['a', 'b']);
    expect(await game.call('a'), "the app's context outlives it").toEqual({ text: 'a1 hello2', calls: 2 });
    expect(await game.call('b')).toBe('hello2 table1');
    const twice = { ...atFirst, 'functions/a': 2, 'functions/b': 2, 'functions/lib/greeting': 2 };
    expect(await loadsOf(game)).toEqual(twice);

    game.edit(file('functions/a'), 'a1', 'a2');
    expect(idsOf((await game.runner.reload([file('functions/a')])).reloaded)).toEqual(['a']);
    expect(await game.call('a')).toEqual({ text: 'a2 hello2', calls: 3 });
    expect(await loadsOf(game), 'its library stays').toEqual({ ...twice, 'functions/a': 3 });

    // Outside of the folder, but imported by a module alone.
    expect((await game.runner.status()).hotPaths).toEqual(['functions/**', `/${file('shared/table')}`]);
    game.edit(file('shared/table'), 'table1', 'table2');
    expect(idsOf((await game.runner.reload([file('shared/table')])).reloaded)).toEqual(['b']);
    expect(await game.call('b')).toBe('hello2 table2');
  });

  test('what cannot be taken leaves everything as it was', async () => {
    const game = await startModuleApp(appIn(dialect));
    for (const [path, why] of [
      [file('store'), 'is imported by the app itself, not only by function modules'],
      [file('server'), 'is neither a function module nor imported by one'],
      ['functions/table.json', 'is neither a function module nor imported by one'],
    ]) {
      const answer = await game.runner.reload([file('functions/c'), `${path}`]);
      expect(answer).toMatchObject({ reloaded: [], needsRestart: true, reason: `${path} ${why}` });
    }

    game.edit(file('functions/lib/greeting'), 'hello1', 'hello2');
    game.edit(file('functions/a'), 'globalThis', "throw new TypeError('no store');\nglobalThis");
    const broken = await game.runner.reload([file('functions/lib/greeting'), file('functions/a')]);
    expect(broken).toMatchObject({
      reloaded: [],
      failed: [{ id: 'a', path: file('functions/a'), rolledBack: true }],
    });
    expect(broken.failed[0]?.error).toMatch(/^TypeError: no store \(functions\/a\.\w+:\d+:\d+\)$/);
    expect(await game.call('a')).toMatchObject({ text: 'a1 hello1' });
    expect(await game.call('b')).toBe('hello1 table1');

    // The broken one keeps no other back, and what was changed beside it comes with the next reload.
    game.edit(file('functions/c'), 'c1', 'c2');
    expect(idsOf((await game.runner.reload([file('functions/c')])).reloaded)).toEqual(['b', 'c']);
    expect(await game.call('b')).toBe('hello2 table1');

    game.edit(file('functions/a'), "throw new TypeError('no store');", '');
    expect(idsOf((await game.runner.reload([file('functions/a')])).reloaded)).toEqual(['a']);
    expect(await game.call('a')).toMatchObject({ text: 'a1 hello2' });

    rmSync(game.project.path(file('functions/c')));
    expect((await game.runner.reload([file('functions/c')])).reloaded).toEqual([
      { id: 'c', oldVersion: '1.0.0', newVersion: '' },
    ]);
    expect(await game.call('c')).toBe('NOT_FOUND');
    expect(await loadsOf(game)).toMatchObject({ store: 1, server: 1, 'functions/uses-store': 1 });
  });
});
