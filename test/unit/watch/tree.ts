import { lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RuleAction, WatchConfig, WatchRule } from '../../../src/config/types.js';
import { systemClock } from '../../../src/core/clock.js';
import type { BackendSource } from '../../../src/watch/backend-choice.js';
import type { ChangeBatch, Watcher, WatchHandlers } from '../../../src/watch/types.js';
import { type WatchOptions, watchService } from '../../../src/watch/watch.js';

/** How long a test waits for what has to come; a busy machine may take its time. */
const DEADLINE = 15_000;

/** Resolves when the condition holds; looks every few ms. */
export async function until(what: string, condition: () => boolean, deadline = DEADLINE): Promise<void> {
  const end = performance.now() + deadline;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${deadline} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A folder with files, gone when the test is over. */
export class Tree {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-watch-')));

  constructor(files: Readonly<Record<string, string>> = {}) {
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  path(relative: string): string {
    return join(this.root, relative);
  }

  write(relative: string, text: string): void {
    mkdirSync(dirname(this.path(relative)), { recursive: true });
    writeFileSync(this.path(relative), text);
  }

  remove(relative: string): void {
    rmSync(this.path(relative), { recursive: true });
  }

  /** Waits until everything that was written so far is certainly older than what begins now. */
  async age(): Promise<void> {
    const mark = this.path('.age');
    writeFileSync(mark, '');
    const { ctimeMs } = lstatSync(mark);
    unlinkSync(mark);
    await until('time to pass', () => Date.now() > ctimeMs + 25);
  }
}

/** Writes down what a watcher tells. */
export class Recorder implements WatchHandlers {
  readonly opened: ChangeBatch[] = [];
  readonly batches: ChangeBatch[] = [];
  readonly notices: { readonly level: string; readonly message: string }[] = [];
  /** Everything in order: `open`, `grow`, `batch`. */
  readonly calls: string[] = [];
  #taken = 0;

  onOpen(batch: ChangeBatch): void {
    this.opened.push(batch);
    this.calls.push('open');
  }

  onGrow(): void {
    this.calls.push('grow');
  }

  onBatch(batch: ChangeBatch): void {
    this.batches.push(batch);
    this.calls.push('batch');
  }

  onNotice(level: 'info' | 'warn' | 'error', message: string): void {
    this.notices.push({ level, message });
  }

  /** The next batch in order, each once. */
  async next(): Promise<ChangeBatch> {
    const index = this.#taken++;
    await until(
      `batch ${index + 1} (had: ${JSON.stringify(this.batches)})`,
      () => this.batches.length > index,
    );
    const batch = this.batches[index];
    if (batch === undefined) throw new Error('unreachable');
    return batch;
  }

  /** Gathers batches until every path was in one, for changes that may or may not fall into one batch. */
  async gather(paths: readonly string[]): Promise<readonly string[]> {
    const seen = new Set<string>();
    while (!paths.every((path) => seen.has(path)))
      for (const path of (await this.next()).paths) seen.add(path);
    return [...seen].sort();
  }
}

export function watchConfig(root: string, changes: Partial<WatchConfig> = {}): WatchConfig {
  return {
    paths: [root],
    extensions: [],
    ignore: [],
    gitignore: true,
    quiet: 20,
    polling: false,
    ...changes,
  };
}

export function rule(match: string, action: RuleAction, command?: string): WatchRule {
  return {
    match,
    action,
    command: command === undefined ? null : { argv: command.split(' '), shell: false, display: command },
  };
}

export interface Watched {
  readonly watcher: Watcher;
  readonly recorder: Recorder;
}

/** Starts a watcher that ends with the test. */
export function open(
  root: string,
  options: Partial<Omit<WatchOptions, 'config'>> & { readonly config?: Partial<WatchConfig> } = {},
  backends?: BackendSource,
): Watched {
  const recorder = new Recorder();
  const { config, ...others } = options;
  const watcher = watchService(
    {
      root,
      rules: [],
      extraIgnore: [],
      clock: systemClock,
      handlers: recorder,
      ...others,
      config: watchConfig(root, config),
    },
    backends,
  );
  onTestFinished(() => watcher.close());
  return { watcher, recorder };
}

/** Starts a watcher on a tree whose files are old, and waits until it is ready. */
export async function start(tree: Tree, ...more: DropFirst<Parameters<typeof open>>): Promise<Watched> {
  await tree.age();
  const watched = open(tree.root, ...more);
  await watched.watcher.ready;
  return watched;
}

type DropFirst<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never;
