import { setTimeout as sleep } from 'node:timers/promises';
import { KeptCaller } from './grpc-caller.js';
import { BareServer, CroupierRunner, PEERS, PeerRunner, type Runner } from './runners.js';
import { BEFORE_SAVE_MS, FIRST_VERSION, MISSED_AFTER_MS, type Saves, takeRounds } from './save-rounds.js';
import type { Section } from './section.js';
import { mean, median, percentile } from './statistics.js';
import { CALLS_PER_SECOND, SteadyCalls } from './steady-calls.js';
import { type Aim, formatTable } from './table.js';

/** How much longer than the bare boot ours may take, in ms. */
const MAX_OVER_BOOT_MS = 30;

const OURS = 'croupier dev';

/** Saves a file `saves` times under each tool, in turns, and measures until the new code answers. */
export async function measureReload(saves: number, onRound: (round: number) => void): Promise<Section> {
  const runners: Runner[] = [];
  const bare = await BareServer.create();
  const boots: number[] = [];
  try {
    for (const runner of startRunners(FIRST_VERSION)) runners.push(await runner);
    const figures = await takeRounds({
      runners,
      saves,
      openCaller: (address) => new KeptCaller(address),
      beside: async (version) => void boots.push(await measureBoot(bare, version)),
      onRound,
    });
    return report(saves, figures, boots);
  } finally {
    await Promise.all(runners.map((runner) => runner.close()));
    await bare.end();
    bare.remove();
  }
}

function* startRunners(version: string): Generator<Promise<Runner>> {
  yield CroupierRunner.start(OURS, 'auto', version);
  yield CroupierRunner.start(`${OURS} --strategy stop-first`, 'stop-first', version);
  for (const [name, words] of Object.entries(PEERS)) yield PeerRunner.start(name, words, version);
}

async function measureBoot(bare: BareServer, version: string): Promise<number> {
  bare.write(version);
  // The same calls as during a save, though nobody is there to answer them.
  const calls = new SteadyCalls(new KeptCaller(bare.address));
  await sleep(BEFORE_SAVE_MS);
  const startedAt = performance.now();
  bare.spawn();
  const answeredAt = await calls.firstAnswer(version, MISSED_AFTER_MS);
  await calls.stop();
  await bare.end();
  if (answeredAt === null) throw new Error('the game server does not answer by itself');
  return answeredAt - startedAt;
}

function report(saves: number, figures: ReadonlyMap<string, Saves>, boots: readonly number[]): Section {
  const boot = median(boots);
  const rows = [...figures].map(([name, { ms, calls, missed }]) => ({
    name,
    medianMs: median(ms),
    p90Ms: percentile(ms, 0.9),
    overBootMs: median(ms) - boot,
    lostPerRestart: mean(calls.map((one) => one.lost)),
    lost: calls.reduce((sum, one) => sum + one.lost, 0),
    missed,
    ms,
  }));
  const cells = rows.map((row) => [
    row.name,
    row.medianMs.toFixed(0),
    row.p90Ms.toFixed(0),
    `${row.overBootMs < 0 ? '' : '+'}${row.overBootMs.toFixed(0)}`,
    (row.medianMs / boot).toFixed(2),
    row.lostPerRestart.toFixed(1),
    String(row.missed),
  ]);
  const bareCells = ['bare boot', boot.toFixed(0), percentile(boots, 0.9).toFixed(0), '', '1.00', '', ''];
  return {
    name: 'reload',
    title: `Save -> first answer by the new code: ms, medians of ${saves} saves, ${CALLS_PER_SECOND} calls/s`,
    table: formatTable(
      ['', 'median', 'p90', 'over boot', 'x boot', 'lost/restart', 'saves missed'],
      [bareCells, ...cells],
    ),
    aims: aims(rows, boot),
    figures: { saves, callsPerSecond: CALLS_PER_SECOND, bootMs: boot, boots, tools: rows },
  };
}

function aims(
  rows: readonly { readonly name: string; readonly medianMs: number; readonly lost: number }[],
  boot: number,
): readonly Aim[] {
  const ours = rows.find((row) => row.name === OURS)?.medianMs ?? Number.NaN;
  const fastest = Math.min(...rows.filter((row) => row.name in PEERS).map((row) => row.medianMs));
  const lost = rows.filter((row) => row.name.startsWith(OURS)).reduce((sum, row) => sum + row.lost, 0);
  return [
    {
      what: `${OURS} is no slower than the fastest of the others`,
      figures: `${ours.toFixed(0)} ms <= ${fastest.toFixed(0)} ms`,
      met: ours <= fastest,
    },
    {
      what: `${OURS} takes at most the bare boot and ${MAX_OVER_BOOT_MS} ms`,
      figures: `${ours.toFixed(0)} ms <= ${boot.toFixed(0)} ms + ${MAX_OVER_BOOT_MS} ms`,
      met: ours <= boot + MAX_OVER_BOOT_MS,
    },
    { what: `${OURS} loses no call`, figures: `${lost} lost`, met: lost === 0 },
  ];
}
