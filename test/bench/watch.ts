/**
 * Watching a large tree: time to ready, memory, and the time from a save to its being noticed.
 * Run with `node --import tsx test/bench/watch.ts [files]` (50,000 by default).
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { watch } from 'chokidar';
import { systemClock } from '../../src/core/clock.js';
import { type BackendKind, realBackends } from '../../src/watch/backend-choice.js';
import { watchService } from '../../src/watch/watch.js';

export type WatchVariant = BackendKind | 'chokidar as it comes';

/** One variant, measured in a process of its own. */
export interface WatchFigures {
  readonly variant: WatchVariant;
  readonly readyMs: number;
  /** Resident memory of the whole process when everything is read, and what it was before, in MB. */
  readonly residentMb: number;
  readonly emptyMb: number;
  /** From before the write to the first word of it; median and maximum of the saves. */
  readonly noticedMs: number;
  readonly slowestMs: number;
}

const VARIANTS: readonly WatchVariant[] = ['native', 'chokidar', 'polling', 'chokidar as it comes'];
const SAVES = 20;
const FILES_IN_FOLDER = 20;
const FOLDERS_IN_PACKAGE = 50;

/** Makes a tree of small files in a temporary folder and measures the variants on it, one after the other. */
export async function measureWatch(
  files = 50_000,
  variants: readonly WatchVariant[] = VARIANTS,
): Promise<readonly WatchFigures[]> {
  const root = mkdtempSync(join(tmpdir(), 'croupier-bench-'));
  try {
    makeTree(root, files);
    const figures: WatchFigures[] = [];
    for (const variant of variants) figures.push(await measureInOwnProcess(root, variant));
    return figures;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function makeTree(root: string, files: number): void {
  for (let made = 0; made < files; made++) {
    const folder = Math.floor(made / FILES_IN_FOLDER);
    const path = join(root, `package${Math.floor(folder / FOLDERS_IN_PACKAGE)}`, `folder${folder}`);
    if (made % FILES_IN_FOLDER === 0) mkdirSync(path, { recursive: true });
    writeFileSync(join(path, `file${made}.js`), `export const value${made} = '${'x'.repeat(400)}';\n`);
  }
}

async function measureInOwnProcess(root: string, variant: WatchVariant): Promise<WatchFigures> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    fileURLToPath(import.meta.url),
    '--measure',
    root,
    variant,
  ]);
  return JSON.parse(stdout);
}

interface Watching {
  readonly ready: Promise<unknown>;
  close(): Promise<void>;
}

function watchWith(variant: WatchVariant, root: string, onNoticed: () => void): Watching {
  if (variant === 'chokidar as it comes') {
    const watcher = watch(root, { ignoreInitial: true });
    watcher.on('change', onNoticed);
    return {
      ready: new Promise<void>((resolve) => watcher.once('ready', resolve)),
      close: () => watcher.close(),
    };
  }
  return watchService(
    {
      root,
      config: { paths: [root], extensions: [], ignore: [], gitignore: true, quiet: 20, polling: false },
      rules: [],
      extraIgnore: [],
      clock: systemClock,
      handlers: { onOpen: onNoticed, onGrow: () => {}, onBatch: () => {}, onNotice: () => {} },
    },
    { ...realBackends, create: (_kind, options) => realBackends.create(variant, options) },
  );
}

async function measure(root: string, variant: WatchVariant): Promise<WatchFigures> {
  let noticed = () => {};
  const emptyMb = residentMb();
  const start = performance.now();
  const watching = watchWith(variant, root, () => noticed());
  await watching.ready;
  const readyMs = performance.now() - start;
  // The contents are read in the background, at half of one core: 2 s for 50,000 files.
  await sleep(4000);
  const saves: number[] = [];
  for (let save = 0; save < SAVES; save++) {
    const folder = join(root, 'package0', `folder${save}`);
    const seen = new Promise<void>((resolve) => {
      noticed = resolve;
    });
    const savedAt = performance.now();
    writeFileSync(
      join(folder, `file${save * FILES_IN_FOLDER}.js`),
      `saved at ${Date.now()} for ${variant}\n`,
    );
    await seen;
    saves.push(performance.now() - savedAt);
    // Longer than the quiet time, so that each save is a batch of its own.
    await sleep(100);
  }
  const resident = residentMb();
  await watching.close();
  saves.sort((one, other) => one - other);
  return {
    variant,
    readyMs,
    residentMb: resident,
    emptyMb,
    noticedMs: saves[Math.floor(saves.length / 2)] ?? Number.NaN,
    slowestMs: saves.at(-1) ?? Number.NaN,
  };
}

function residentMb(): number {
  return process.memoryUsage().rss / 1024 / 1024;
}

function print(figures: readonly WatchFigures[]): void {
  const rows = figures.map((one) => [
    one.variant.padEnd(22),
    one.readyMs.toFixed(0).padStart(9),
    one.residentMb.toFixed(0).padStart(12),
    one.emptyMb.toFixed(0).padStart(12),
    one.noticedMs.toFixed(1).padStart(13),
    one.slowestMs.toFixed(1).padStart(11),
  ]);
  const head = [
    'watcher'.padEnd(22),
    ' ms ready',
    ' MB resident',
    '   (before)',
    ' ms save seen',
    '   slowest',
  ];
  process.stdout.write(`${[head, ...rows].map((row) => row.join('')).join('\n')}\n`);
}

const [, script, first, root, variant] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  const known = VARIANTS.find((one) => one === variant);
  if (first !== '--measure') print(await measureWatch(first === undefined ? undefined : Number(first)));
  else if (root !== undefined && known !== undefined) {
    process.stdout.write(JSON.stringify(await measure(root, known)));
    process.exit();
  }
}
