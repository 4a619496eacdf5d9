import { afterEach, describe, expect, it } from 'vitest';
import { DevProcess, processesWith, until } from '../../support/dev-process.js';
import { executedTwice, Load } from '../../support/load.js';
import { gameServer, Project } from '../../support/project.js';

const SAVES = 30;

let project: Project;
let dev: DevProcess;

afterEach(async () => {
  await dev.stop();
  await until('every process is gone', () => processesWith(project.folder).length === 0);
  project.remove();
});

interface Swap {
  readonly generation: number;
  /** When this test was told that the generation has the calls. */
  readonly activeAt: number;
}

async function runUnderLoad(
  strategy: string,
  expected = strategy,
): Promise<{ load: Load; swaps: readonly Swap[] }> {
  project = new Project({ 'server.js': gameServer('v0') });
  project.config({ service: 'game', command: 'node server.js', restart: { strategy } });
  dev = DevProcess.start(project.folder, [], { EXECUTIONS: project.path('.croupier', 'executions') });
  const swaps: Swap[] = [];
  dev.listen((event) => {
    if (event.type === 'generation.active')
      swaps.push({ generation: event.generation, activeAt: performance.now() });
  });
  await dev.waitFor('reload.finished');
  const load = new Load(await dev.gateway(), { perSecond: 200, longestMs: 300 });
  load.start();
  for (let save = 1; save <= SAVES; save++) {
    const mark = dev.mark();
    project.write('server.js', gameServer(`v${save}`));
    const finished = await dev.waitFor('reload.finished', () => true, mark);
    expect(finished).toMatchObject({
      outcome: 'swapped',
      strategy: expected,
      calls: { lost: 0, replayed: 0 },
    });
    // The new code answers before the next save, so that every version is seen.
    await until(`an answer by v${save}`, () => load.answers.some((answer) => answer.version === `v${save}`));
  }
  await load.stop();
  return { load, swaps };
}

function expectNothingLost(load: Load): void {
  expect(load.losses, dev.describe()).toEqual([]);
  expect(load.answers).toHaveLength(load.sent);
  expect(new Set(load.answers.map((answer) => answer.id)).size).toBe(load.sent);
  expect(executedTwice(project.path('.croupier', 'executions'))).toEqual([]);
}

describe(`200 calls a second through ${SAVES} saves`, () => {
  it('overlap: none is lost or run twice, and none starts on an old generation after the new one is active', async () => {
    const { load, swaps } = await runUnderLoad('overlap');
    expectNothingLost(load);
    const tooOld = load.answers.filter((answer) =>
      swaps.some((swap) => swap.activeAt < answer.sentAt && answer.generation < swap.generation),
    );
    expect(tooOld).toEqual([]);
  });

  it('stop-first: none is lost or run twice, and answers never go back to an older generation', async () => {
    const { load } = await runUnderLoad('stop-first');
    expectNothingLost(load);
    const inOrder = [...load.answers].sort((a, b) => a.answeredAt - b.answeredAt);
    const backwards = inOrder.filter(
      (answer, index) => answer.generation < (inOrder[index - 1]?.generation ?? 0),
    );
    expect(backwards).toEqual([]);
  });

  it('auto: none is lost or run twice', async () => {
    const { load } = await runUnderLoad('auto', 'overlap');
    expectNothingLost(load);
  });
});
