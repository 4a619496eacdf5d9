/**
 * `npm run matrix`: for each language that is there, a project made by `croupier init` with the packed package, `croupier check`, and
 * under `croupier dev` one edit after the other under steady calls, by both strategies; function modules are edited as well. Ends
 * with exit code 1 if a call was lost or anything else is wrong. A language that is missing is skipped with a line.
 */
import { median } from '../bench/statistics.js';
import { formatTable } from '../bench/table.js';
import { type MatrixOptions, parseOptions, USAGE } from './options.js';
import { type ProjectRun, runProject } from './project-run.js';
import type { ProjectKind } from './projects.js';
import { findMissingTool, Workshop } from './workshop.js';

const HEAD = ['project', 'strategy', 'edits', 'calls', 'lost', 'save -> new answer, median', 'slowest'];
const LONGEST_LINE = 300;

const options = parseOptions(process.argv.slice(2));
if (options.ok) {
  if (!(await runMatrix(options.value))) process.exitCode = 1;
} else {
  process.stderr.write(`${options.error}\n\n${USAGE}`);
  process.exitCode = 2;
}

/** True: nothing was wrong. */
async function runMatrix(settings: MatrixOptions): Promise<boolean> {
  const workshop = new Workshop();
  try {
    workshop.install(settings.tarball);
    const rows: (readonly string[])[] = [];
    let isWell = true;
    for (const kind of settings.projects) {
      const missing = findMissingTool(kind);
      if (missing !== null) {
        print(`${kind.name}: skipped, ${missing} is not there`);
        continue;
      }
      const runs = await runKind(kind, workshop, settings);
      if (runs === null || runs.some(({ problems }) => problems.length > 0)) isWell = false;
      rows.push(...(runs ?? []).map((run) => toRow(kind, run)));
    }
    print(`\n${formatTable(HEAD, rows)}`);
    return isWell;
  } finally {
    workshop.close();
  }
}

/** Null: the project could not be made. */
async function runKind(
  kind: ProjectKind,
  workshop: Workshop,
  { strategies, edits, rate, tests, isShort }: MatrixOptions,
): Promise<readonly ProjectRun[] | null> {
  let folder: string;
  try {
    folder = workshop.make(kind);
  } catch (error) {
    print(`${kind.name}: FAILED: ${messageOf(error)}`);
    return null;
  }
  try {
    workshop.setUp(kind, folder);
  } catch (error) {
    print(`${kind.name}: ${isShort ? 'skipped, it cannot be set up' : 'FAILED'}: ${messageOf(error)}`);
    return isShort ? [] : null;
  }
  try {
    if ((tests || kind.hasSdkTests) && kind.test !== null) workshop.run(kind.test, folder);
    workshop.run([workshop.croupier, 'check'], folder);
    print(`${kind.name}: passes croupier check`);
  } catch (error) {
    print(`${kind.name}: FAILED: ${messageOf(error)}`);
    return null;
  }
  const runs: ProjectRun[] = [];
  for (const strategy of isShort && kind.isSlow ? strategies.slice(0, 1) : strategies) {
    const run = await runProject(kind, folder, { croupier: workshop.croupier, strategy, edits, rate });
    print(`${kind.name}, ${strategy}: ${run.reloads.length} edits, ${run.calls} calls, ${run.lost} lost`);
    for (const problem of run.problems) print(`  FAILED: ${cutLines(problem)}`);
    runs.push(run);
  }
  return runs;
}

function toRow(kind: ProjectKind, { strategy, calls, lost, reloads }: ProjectRun): readonly string[] {
  const ms = (value: number) => (Number.isFinite(value) ? `${value.toFixed(0)} ms` : '-');
  const slowest = Math.max(...reloads);
  const counts = [reloads.length, calls, lost].map(String);
  return [kind.name, strategy, ...counts, ms(median(reloads)), ms(slowest)];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Events with the output of a process can be long. */
function cutLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.slice(0, LONGEST_LINE))
    .join('\n    ');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
