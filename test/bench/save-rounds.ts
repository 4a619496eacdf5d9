import { setTimeout as sleep } from 'node:timers/promises';
import type { Runner } from './runners.js';
import { type CallCounts, SteadyCalls, type VersionCaller } from './steady-calls.js';

/** Calls flow for this long before a save, in ms. */
export const BEFORE_SAVE_MS = 200;
/** A save that has not answered by then was missed: it is made again, and its time does not count. In ms. */
export const MISSED_AFTER_MS = 5_000;
/** Of one save; after that the tool is broken. */
const MAX_MISSES = 3;

/** What runs before the first save. */
export const FIRST_VERSION = 'v0';
/** A first build in a language with a compiler takes its time, ms. */
const FIRST_ANSWER_MS = 120_000;

export interface Saves {
  /** From before the write to the first answer by the new code, one for each save that was noticed. */
  readonly ms: number[];
  readonly calls: CallCounts[];
  missed: number;
}

export interface SaveRounds {
  readonly runners: readonly Runner[];
  readonly saves: number;
  /** One call in this time, ms. Default: as all sections. */
  readonly stepMs?: number;
  /** Whoever calls the app at an address. */
  openCaller(address: string): VersionCaller;
  /** Measured beside the tools in each round. */
  readonly beside?: (version: string) => Promise<void>;
  onRound(round: number): void;
}

/** Saves under each tool in turns, and measures until the new code answers. By the names of the runners. */
export async function takeRounds(rounds: SaveRounds): Promise<ReadonlyMap<string, Saves>> {
  const { runners, saves, stepMs, beside, openCaller, onRound } = rounds;
  for (const runner of runners) await awaitFirst(runner, openCaller(runner.address));
  const figures = new Map<string, Saves>();
  const turns = runners.map((runner) => {
    const one: Saves = { ms: [], calls: [], missed: 0 };
    figures.set(runner.name, one);
    return (version: string) =>
      measureSave(runner, version, one, new SteadyCalls(openCaller(runner.address), stepMs));
  });
  if (beside !== undefined) turns.unshift(beside);
  for (let round = 1; round <= saves; round++) {
    onRound(round);
    for (const takeTurn of rotate(turns, round)) await takeTurn(`v${round}`);
  }
  return figures;
}

/** The first answer opens the code paths of a tool, as a session that has run for a while has. */
async function awaitFirst(runner: Runner, caller: VersionCaller): Promise<void> {
  const calls = new SteadyCalls(caller);
  const answeredAt = await calls.firstAnswer(FIRST_VERSION, FIRST_ANSWER_MS);
  await calls.stop();
  if (answeredAt === null) throw new Error(`the app does not answer under ${runner.name}`);
}

/** A drift of the machine, and what one tool leaves behind for the next, hits all alike. */
function rotate<T>(all: readonly T[], by: number): readonly T[] {
  const start = by % all.length;
  return [...all.slice(start), ...all.slice(0, start)];
}

async function measureSave(
  runner: Runner,
  version: string,
  figures: Saves,
  calls: SteadyCalls,
): Promise<void> {
  await sleep(BEFORE_SAVE_MS);
  const savedAt = performance.now();
  runner.save(version);
  let answeredAt = await calls.firstAnswer(version, MISSED_AFTER_MS);
  if (answeredAt !== null) figures.ms.push(answeredAt - savedAt);
  for (let misses = 1; answeredAt === null; misses++) {
    if (misses > MAX_MISSES) throw new Error(`${runner.name} does not restart on save`);
    figures.missed += 1;
    runner.save(version);
    answeredAt = await calls.firstAnswer(version, MISSED_AFTER_MS);
  }
  await runner.settle();
  figures.calls.push(await calls.stop());
}
