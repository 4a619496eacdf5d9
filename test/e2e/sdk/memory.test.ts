import { expect, test } from 'vitest';
import { type ModuleApp, startModuleApp } from './module-app.js';

/** About 30 bytes a row, for each instance of the module. */
function table(rows: number): string {
  return `const table = Array.from({ length: ${rows} }, (_, row) => 'row ' + row);`;
}
const MEGABYTE = 1024 * 1024;

function server(options: string): string {
  return `import { createService } from 'croupier-cli/sdk';
const service = createService({ serviceId: 'game', functions: 'functions', ${options} });
service.registerFunction({ id: 'heap' }, () => (gc(), gc(), process.memoryUsage().heapUsed));
service.registerFunction({ id: 'status' }, () => service.getReloadStatus());
service.on('restartNeeded', ({ reason }) => console.log('told: ' + reason));
await service.connect();
console.log('ready ' + service.address);
`;
}

async function reload(game: ModuleApp, path: string, times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    const { failed, needsRestart, reloaded } = await game.runner.reload([path]);
    expect([failed, needsRestart, reloaded.length]).toEqual([[], false, 1]);
  }
}

async function heapOf(game: ModuleApp): Promise<number> {
  return Number(await game.call('heap'));
}

test('a CommonJS module does not pile up over 1,000 reloads', async () => {
  const game = await startModuleApp({
    files: {
      'server.mjs': server(''),
      'functions/rows.cjs': `const { defineFunction } = require('croupier-cli/sdk');
const { size } = require('./lib/size.cjs');
${table(2_000)}
module.exports = defineFunction({ id: 'rows' }, () => size(table));`,
      'functions/lib/size.cjs': `${table(2_000)}\nexports.size = (rows) => rows.length + table.length;`,
    },
    args: ['--expose-gc', 'server.mjs'],
  });
  // Now all versions are kept that can be rolled back to.
  await reload(game, 'functions/lib/size.cjs', 10);
  const before = await heapOf(game);
  await reload(game, 'functions/lib/size.cjs', 1_000);
  // Two tables a reload, if they stayed, would be 120 MB.
  expect((await heapOf(game)) - before).toBeLessThan(10 * MEGABYTE);
  expect(await game.call('rows')).toBe(4_000);
  expect(await game.call('status')).toMatchObject({ leakedBytes: 0, functionReloads: 1_010 });
});

test('what ES modules leave behind is measured, and past the budget a restart is asked for', async () => {
  const game = await startModuleApp({
    files: {
      'server.mjs': server(`restartBudget: ${5 * MEGABYTE}`),
      'functions/rows.mjs': `import { defineFunction } from 'croupier-cli/sdk';
${table(10_000)}
export default defineFunction({ id: 'rows' }, () => table.length);`,
    },
    args: ['--expose-gc', 'server.mjs'],
  });
  await reload(game, 'functions/rows.mjs', 2);
  const before = await heapOf(game);
  const { leakedBytes: leakedBefore } = Object(await game.call('status'));
  await reload(game, 'functions/rows.mjs', 8);
  const grown = (await heapOf(game)) - before;
  const leaked = Object(await game.call('status')).leakedBytes - leakedBefore;
  expect(grown).toBeGreaterThan(2 * MEGABYTE);
  expect(leaked).toBeGreaterThan(grown * 0.8);
  expect(leaked).toBeLessThan(grown * 2);

  let refused = await game.runner.reload([]);
  for (let count = 0; count < 20 && !refused.needsRestart; count++) {
    refused = await game.runner.reload(['functions/rows.mjs']);
  }
  const reason = /^earlier versions of modules, .* hold [56] MB \(restartBudget: 5 MB\)$/;
  expect(refused).toMatchObject({ reloaded: [], failed: [], reason: expect.stringMatching(reason) });
  expect(game.running.output.match(/told: earlier versions/g)).toHaveLength(1);
  expect(await game.call('rows')).toBe(10_000);
});
