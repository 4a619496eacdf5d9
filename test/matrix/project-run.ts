import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SwapStrategy } from '../../src/core/events.js';
import { cleanEnvironment, DevProcess, processesWith, until } from '../support/dev-process.js';
import { checkFunctions } from './functions-check.js';
import type { ProjectKind } from './projects.js';
import { StatusCalls } from './status-calls.js';

export interface ProjectRun {
  readonly strategy: SwapStrategy;
  readonly calls: number;
  readonly lost: number;
  /** From each save to the first answer of the new code, in ms. */
  readonly reloads: readonly number[];
  /** One sentence each; empty: all is well. */
  readonly problems: readonly string[];
}

export interface RunSettings {
  readonly croupier: string;
  readonly strategy: SwapStrategy;
  readonly edits: number;
  readonly rate: number;
}

/**
 * Each version answers for this long before the next edit, as if somebody looked at it: a file that is written whenever a build has
 * just ended would be taken for a product of the build.
 */
const PAUSE_SECONDS = 0.5;

/** Saves of a function module. */
const HOT_EDITS = 2;

/** Processes that were told to end may be on their way for this long, in ms. */
const GONE_WITHIN_MS = 10_000;

/** Edits a project under steady calls, with the installed `croupier dev`. */
export async function runProject(
  kind: ProjectKind,
  folder: string,
  { croupier, strategy, edits, rate }: RunSettings,
): Promise<ProjectRun> {
  const words = ['dev', '--json', '--port', '0', '--upstream', 'none', '--strategy', strategy];
  const dev = DevProcess.attach(
    spawn(croupier, words, {
      cwd: folder,
      // By this its processes are found again.
      env: { ...cleanEnvironment(), MATRIX_PROJECT: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const problems: string[] = [];
  const reloads: number[] = [];
  let calls: StatusCalls | null = null;
  try {
    await dev.waitFor('reload.finished', ({ outcome }) => outcome === 'swapped');
    const gateway = await dev.gateway();
    if (kind.hasAllFunctions) problems.push(...(await checkFunctions(gateway)));
    calls = new StatusCalls(gateway, rate);
    for (let edit = 1; edit <= edits; edit++) {
      const ms = await saveAndWait(kind, folder, dev, calls, `${strategy === 'overlap' ? 1 : 2}.${edit}.0`);
      if (typeof ms === 'number') reloads.push(ms);
      else problems.push(`edit ${edit}: ${ms}`);
      await calls.pass(rate * PAUSE_SECONDS);
    }
    // How one process follows another plays no part in it.
    if (kind.hot !== null && strategy === 'overlap')
      problems.push(...(await editInPlace(kind.hot, folder, dev)));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    await calls?.stop();
    const { code } = await dev.stop('SIGTERM');
    if (code !== 143) problems.push(`croupier dev ended with exit code ${code} after SIGTERM, and not 143`);
  }
  const isGone = () => processesWith(`MATRIX_PROJECT=${folder}`).length === 0;
  await until('its processes are gone', isGone, GONE_WITHIN_MS).catch(() =>
    problems.push(`processes are left: ${processesWith(`MATRIX_PROJECT=${folder}`).join(', ')}`),
  );
  const lost = calls?.losses ?? [];
  if (lost.length > 0) problems.push(`${lost.length} calls were lost, such as ${lost[0]}`);
  return { strategy, calls: calls?.sent ?? 0, lost: lost.length, reloads, problems };
}

/** Edits a function module: the process goes on, and loads it again. What went wrong, in a sentence each. */
async function editInPlace(
  { file, comment }: NonNullable<ProjectKind['hot']>,
  folder: string,
  dev: DevProcess,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (let edit = 1; edit <= HOT_EDITS; edit++) {
    const mark = dev.mark();
    appendFileSync(join(folder, file), `\n${comment} edited ${edit}\n`);
    const { outcome } = await dev.waitFor('reload.finished', () => true, mark);
    if (outcome !== 'hot')
      problems.push(`an edit of ${file} ended with ${outcome}, and not in place\n${dev.describe()}`);
  }
  return problems;
}

/** The time from a save to the first answer of the new code in ms, or what went wrong. */
async function saveAndWait(
  { edited, version, savedWithIt }: ProjectKind,
  folder: string,
  dev: DevProcess,
  calls: StatusCalls,
  next: string,
): Promise<number | string> {
  const file = join(folder, edited);
  const source = readFileSync(file, 'utf8');
  const changed = source.replace(version, (_, before: string) => `${before}${next}`);
  if (changed === source) return `${edited} has no version to change`;
  const mark = dev.mark();
  const savedAt = performance.now();
  writeFileSync(file, changed);
  if (savedWithIt !== null) appendFileSync(join(folder, savedWithIt), '\n');
  const { outcome } = await dev.waitFor('reload.finished', () => true, mark);
  if (outcome !== 'swapped') return `the reload ended with ${outcome}\n${dev.describe()}`;
  await until(`an answer of version ${next}`, () => calls.firstAnswerOf(next) !== null);
  return (calls.firstAnswerOf(next) ?? Number.NaN) - savedAt;
}
