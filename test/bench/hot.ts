import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Language } from '../conformance/language.js';
import { GO } from '../conformance/languages/go.js';
import { NODE } from '../conformance/languages/node.js';
import { PYTHON } from '../conformance/languages/python.js';
import { DevProcess } from '../support/dev-process.js';
import { KeptCaller } from './grpc-caller.js';
import type { Runner } from './runners.js';
import { FIRST_VERSION, type Saves, takeRounds } from './save-rounds.js';
import type { Section } from './section.js';
import { mean, median, percentile } from './statistics.js';
import { type Aim, formatTable } from './table.js';

/** The version that the modules of the conformance apps begin with. */
const WRITTEN_VERSION = '1.0.0';
/** From a save to the first answer of the new code, where nothing is built. In ms. */
const AIM_MS = 30;
/** One call in this time, ms: what is measured takes a few steps of it. */
const STEP_MS = 2;
const GO_BUILD = ['go', 'build', '-o', '{artifact}', '.'];
const LANGUAGES: readonly Language[] = [NODE, PYTHON, GO];

type Way = 'reloaded in place' | 'process replaced';

interface Row {
  readonly language: string;
  readonly way: Way;
  readonly saves: Saves;
}

/** Functions on the SDK of each language under `croupier dev`: loaded again by the process, beside a new process for each save. */
export async function measureHotReload(
  saves: number,
  showProgress: (text: string) => void,
): Promise<Section> {
  const rows: Row[] = [];
  const skipped: string[] = [];
  for (const language of LANGUAGES) {
    const missing = language.findMissing();
    if (missing === null) rows.push(...(await measureLanguage(language, saves, showProgress)));
    else skipped.push(`${language.name}: skipped, ${missing} is missing`);
  }
  return report(saves, rows, skipped);
}

async function measureLanguage(
  language: Language,
  saves: number,
  showProgress: (text: string) => void,
): Promise<readonly Row[]> {
  const runners: HotRunner[] = [];
  try {
    for (const way of ['reloaded in place', 'process replaced'] as const) {
      runners.push(await HotRunner.start(language, way));
    }
    const figures = await takeRounds({
      runners,
      saves,
      stepMs: STEP_MS,
      openCaller: (address) => new KeptCaller(address, { text: 'hello' }),
      onRound: (round) => showProgress(`${language.name}: round ${round} of ${saves}`),
    });
    return runners.flatMap(({ way }) => {
      const one = figures.get(way);
      return one === undefined ? [] : [{ language: language.name, way, saves: one }];
    });
  } finally {
    await Promise.all(runners.map((runner) => runner.close()));
  }
}

class HotRunner implements Runner {
  readonly way: Way;
  readonly address: string;
  readonly #file: string;
  readonly #source: string;
  readonly #folder: string;
  readonly #dev: DevProcess;
  #mark = 0;

  private constructor(way: Way, address: string, file: string, folder: string, dev: DevProcess) {
    this.way = way;
    this.address = address;
    this.#file = file;
    this.#source = readFileSync(file, 'utf8').replace(FIRST_VERSION, WRITTEN_VERSION);
    this.#folder = folder;
    this.#dev = dev;
  }

  get name(): string {
    return this.way;
  }

  static async start(language: Language, way: Way): Promise<HotRunner> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-bench-')));
    await language.prepare(folder);
    mkdirSync(join(folder, '.git'));
    const file = join(folder, language.moduleFile('echo'));
    writeFileSync(file, readFileSync(file, 'utf8').replace(WRITTEN_VERSION, FIRST_VERSION));
    const build = language === GO ? GO_BUILD : null;
    const config = {
      command: build === null ? language.command(folder) : ['{artifact}'],
      build: build === null ? false : { command: build },
      rules: way === 'process replaced' ? [{ match: 'functions/**', action: 'rebuild' }] : [],
      restart: { strategy: 'overlap' },
    };
    writeFileSync(join(folder, 'croupier.config.json'), JSON.stringify(config));
    const dev = DevProcess.start(folder);
    return new HotRunner(way, await dev.gateway(), file, folder, dev);
  }

  save(version: string): void {
    this.#mark = this.#dev.mark();
    writeFileSync(this.#file, this.#source.replace(WRITTEN_VERSION, version));
  }

  async settle(): Promise<void> {
    const { outcome } = await this.#dev.waitFor('reload.finished', () => true, this.#mark);
    const wanted = this.way === 'reloaded in place' ? 'hot' : 'swapped';
    if (outcome !== wanted) throw new Error(`${outcome} instead of ${wanted}\n${this.#dev.describe()}`);
    if (outcome === 'swapped') await this.#dev.waitFor('generation.stopped', () => true, this.#mark);
  }

  async close(): Promise<void> {
    await this.#dev.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function report(saves: number, rows: readonly Row[], skipped: readonly string[]): Section {
  const figures = rows.map(({ language, way, saves: { ms, calls, missed } }) => ({
    language,
    way,
    medianMs: median(ms),
    p90Ms: percentile(ms, 0.9),
    lostPerSave: mean(calls.map((one) => one.lost)),
    lost: calls.reduce((sum, one) => sum + one.lost, 0),
    missed,
    ms,
  }));
  const cells = figures.map((row) => [
    row.language,
    row.way,
    row.medianMs.toFixed(0),
    row.p90Ms.toFixed(0),
    row.lostPerSave.toFixed(1),
    String(row.missed),
  ]);
  const inPlace = figures.filter(({ way }) => way === 'reloaded in place');
  return {
    name: 'hot',
    title: `Function modules: save -> first answer by the new code: ms, medians of ${saves} saves, ${1000 / STEP_MS} calls/s`,
    table: [formatTable(['', '', 'median', 'p90', 'lost/save', 'saves missed'], cells), ...skipped].join(
      '\n',
    ),
    aims: inPlace.flatMap(({ language, medianMs, lost }): readonly Aim[] => [
      // A Go plugin is built first, and that takes what it takes.
      ...(language === GO.name
        ? []
        : [
            {
              what: `${language}: a function is live within ${AIM_MS} ms`,
              figures: `${medianMs.toFixed(0)} ms`,
              met: medianMs <= AIM_MS,
            },
          ]),
      { what: `${language}: no call is lost`, figures: `${lost} lost`, met: lost === 0 },
    ]),
    figures: { saves, callsPerSecond: 1000 / STEP_MS, rows: figures, skipped },
  };
}
