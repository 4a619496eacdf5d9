/**
 * `npm run soak -- --restarts 1000`: a real session under steady calls, one save after the other. Ends with exit code 1 if a call was
 * lost, ran twice or went to a replaced generation, or if anything leaked. Linux only, for the figures come from /proc.
 */
import type { SwapStrategy } from '../../src/core/events.js';
import { median, percentile } from '../bench/statistics.js';
import { parseOptions, USAGE } from './options.js';
import type { RunnerFigures } from './runner-figures.js';
import { SessionUnderLoad } from './session-under-load.js';
import { judge } from './verdict.js';

const REPORT_EVERY = 50;
/** What the runner keeps for good is there after this many restarts: growth counts from then. */
const WARM_AFTER = 100;

const options = parseOptions(process.argv.slice(2));
if (options.ok) {
  const { restarts, strategies, rate } = options.value;
  for (const strategy of strategies) {
    if (!(await soak(strategy, restarts, rate))) process.exitCode = 1;
  }
} else {
  process.stderr.write(`${options.error}\n\n${USAGE}`);
  process.exitCode = 2;
}

/** True: nothing was wrong. */
async function soak(strategy: SwapStrategy, restarts: number, rate: number): Promise<boolean> {
  print(`${strategy}: ${restarts} restarts, ${rate} calls/s`);
  const session = await SessionUnderLoad.start(strategy, rate);
  try {
    const times: number[] = [];
    const first = session.runner;
    let warm = first;
    let mostMb = first.residentMb;
    for (let restart = 1; restart <= restarts; restart++) {
      const ms = await session.restart();
      if (ms !== null) times.push(ms);
      const now = session.runner;
      mostMb = Math.max(mostMb, now.residentMb);
      if (restart <= WARM_AFTER) warm = now;
      if (restart % REPORT_EVERY === 0 && restart < restarts) report(session, restart, times, now);
    }
    await session.settle();
    const last = session.runner;
    report(session, restarts, times, last);
    const { calls, failures } = session;
    const processesLeft = await session.close();
    print(
      `  runner: ${megabytes(first)} at first, ${megabytes(warm)} after ${Math.min(restarts, WARM_AFTER)} restarts,` +
        ` ${megabytes(last)} at last, ${mostMb.toFixed(0)} MB at most; processes left: ${processesLeft}`,
    );
    const problems = judge({ calls, failures, warm, last, processesLeft });
    for (const problem of problems) print(`  FAILED: ${problem}`);
    if (problems.length === 0) print('  nothing was lost, nothing leaked');
    return problems.length === 0;
  } finally {
    await session.close();
  }
}

function report(
  session: SessionUnderLoad,
  restarts: number,
  times: readonly number[],
  runner: RunnerFigures,
): void {
  const { calls } = session;
  print(
    [
      `  ${String(restarts).padStart(5)} restarts`,
      `calls: ${calls.sent} sent, ${calls.answered} answered, ${calls.losses.length} lost,` +
        ` ${calls.twice.length} ran twice, ${calls.outOfOrder} out of order`,
      `restart: median ${median(times).toFixed(0)} ms, p99 ${percentile(times, 0.99).toFixed(0)} ms`,
      `runner: ${megabytes(runner)}, ${runner.openFiles} files, ${runner.children} children`,
    ].join(' | '),
  );
}

function megabytes({ residentMb }: RunnerFigures): string {
  return `${residentMb.toFixed(0)} MB`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
