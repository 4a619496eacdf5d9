import type { WatchConfig, WatchRule } from '../config/types.js';
import type { CancelTimer, Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { type BackendSource, realBackends } from './backend-choice.js';
import { Baseline } from './baseline.js';
import { BatchCollector } from './batch.js';
import { ChangeDetector, type FileChange, SETTLE } from './change-detector.js';
import { wallClock } from './content.js';
import { ContentIndex } from './content-index.js';
import { IgnoreRules } from './ignore-rules.js';
import { describeLoop, type LoopFinding, LoopRecognizer } from './loop.js';
import { type CompiledRules, classify, compileRules } from './match.js';
import { PatternSet, toRelative } from './patterns.js';
import { Subscription } from './subscription.js';
import type { ChangeBatch, Watcher, WatchHandlers } from './types.js';

export interface WatchOptions {
  /** The service's folder, absolute: what paths in batches and patterns are relative to. */
  readonly root: string;
  readonly config: WatchConfig;
  readonly rules: readonly WatchRule[];
  /** Never watched: absolute paths (a `{placeholder}` stands for any name) or patterns. */
  readonly extraIgnore: readonly string[];
  /** Absolute paths of files that count in spite of `extensions`, ignore rules and .gitignore, such as the env file. */
  readonly alwaysInclude?: readonly string[];
  readonly clock: Clock;
  readonly handlers: WatchHandlers;
}

/** Watches the files of one service. Handlers are called until close(), never from within this call except for notices. */
export function watchService(options: WatchOptions, backends: BackendSource = realBackends): Watcher {
  return new ServiceWatcher(options, backends);
}

/** Several writes to a .gitignore by one save are one change; ms. */
const RULE_FILE_SETTLE = 50;

const NOTHING: ChangeBatch = { paths: [], action: 'none', rule: 'default', runs: [] };

class ServiceWatcher implements Watcher {
  readonly ready: Promise<void>;
  readonly #options: WatchOptions;
  readonly #rules: CompiledRules;
  readonly #ignoreRules: IgnoreRules;
  readonly #index = new ContentIndex();
  readonly #detector: ChangeDetector;
  readonly #batch: BatchCollector;
  readonly #loop = new LoopRecognizer();
  readonly #subscription: Subscription;
  /** Wall-clock ms, to be compared with the times of files. */
  readonly #startedAt = wallClock();
  /** From when on the times of files count that are found now. */
  #foundSince = this.#startedAt;
  #baseline: Baseline | null = null;
  /** Changes that wait for a command of our own to end, since they may be its doing. */
  readonly #held = new Map<string, FileChange>();
  #cancelHold: CancelTimer | null = null;
  #cancelReread: CancelTimer | null = null;
  readonly #touchedRuleFiles = new Set<string>();
  #openedAt: number | null = null;
  /** What the process can load again by itself. */
  #hotPaths: PatternSet | null = null;
  #paused = false;
  #closed = false;

  constructor(options: WatchOptions, backends: BackendSource) {
    this.#options = options;
    const { root, config, rules, extraIgnore, alwaysInclude = [], clock } = options;
    this.#rules = compileRules(rules);
    this.#ignoreRules = new IgnoreRules({ root, config, rules: this.#rules, extraIgnore, alwaysInclude });
    const accepts = (path: string) => this.#ignoreRules.acceptsFile(path);
    this.#batch = new BatchCollector(clock, config.quiet, {
      onOpen: (paths) => this.#onOpen(paths),
      onGrow: () => options.handlers.onGrow(),
      onClose: (paths) => this.#onClose(paths),
    });
    this.#detector = new ChangeDetector({
      clock,
      index: this.#index,
      // Believed before the batch that it belongs to is over.
      settle: Math.min(SETTLE, config.quiet / 2),
      accepts,
      isGone: (path) => this.#subscription.isGone(path),
      onChange: (change) => this.#onChange(change),
      onBusy: () => this.#batch.extend(),
    });
    this.#subscription = new Subscription({
      root,
      config,
      clock,
      source: backends,
      files: [...alwaysInclude, ...this.#ignoreRules.outerRuleFiles],
      acceptsFolder: (path) => this.#ignoreRules.acceptsFolder(path),
      acceptsFile: (path) => this.#ignoreRules.isRuleFile(path) || accepts(path),
      onFound: (folder, names) => this.#index.addUnread(folder, names, this.#foundSince),
      onTouched: (path) => this.#onTouched(path),
      onStarted: (latency) => this.#onStarted(latency),
      onMissed: () => this.#lookAtAll(),
      onNotice: (level, message) => options.handlers.onNotice(level, message),
    });
    this.ready = this.#subscription.ready;
  }

  pause(): void {
    this.#batch.pause();
    this.#paused = true;
    this.#release();
  }

  resume(): void {
    this.#paused = false;
    this.#loop.reset();
    this.#release();
    this.#batch.resume();
  }

  ownCommand(): (completed: boolean) => void {
    const { clock } = this.#options;
    const end = this.#loop.commandStarted(clock.now());
    return (completed) => {
      const held = [...this.#held.keys()].map((path) => this.#relative(path));
      const result = end(clock.now(), completed, held);
      if (result.finding !== null) this.#tellLoop(result.finding);
      if (result.held === 'release') this.#release();
      else if (result.held === 'drop') this.#dropHeld();
    };
  }

  setHotPaths(patterns: readonly string[]): void {
    this.#hotPaths = patterns.length === 0 ? null : new PatternSet(patterns);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#dropHeld();
    this.#cancelReread?.();
    this.#baseline?.close();
    this.#detector.close();
    this.#batch.close();
    await this.#subscription.close();
  }

  #onTouched(path: string): void {
    if (this.#closed) return;
    if (this.#ignoreRules.isRuleFile(path)) {
      this.#touchedRuleFiles.add(path);
      this.#cancelReread ??= this.#options.clock.after(RULE_FILE_SETTLE, () => this.#rereadRules());
    }
    this.#detector.touch(path);
  }

  #rereadRules(): void {
    this.#cancelReread = null;
    const changed = [...this.#touchedRuleFiles].filter((path) => this.#ignoreRules.reread(path));
    this.#touchedRuleFiles.clear();
    if (changed.length === 0) return;
    // What is watched from now on has not changed by that.
    this.#foundSince = wallClock();
    this.#subscription.restart(false);
  }

  #lookAtAll(): void {
    for (const folder of this.#index.folders) {
      for (const path of this.#index.filesIn(folder)) this.#detector.touch(path);
    }
  }

  #onStarted(latency: number): void {
    this.#foundSince = this.#startedAt;
    this.#baseline?.close();
    this.#baseline = new Baseline({
      clock: this.#options.clock,
      index: this.#index,
      latency,
      accepts: (path) => this.#ignoreRules.acceptsFile(path),
      isPending: (path) => this.#detector.isPending(path),
      onFresh: (path) => this.#detector.touch(path),
    });
  }

  #onChange(change: FileChange): void {
    if (this.#paused) {
      this.#add(change);
      return;
    }
    const advice = this.#loop.changed(this.#relative(change.path), change.at);
    switch (advice.advice) {
      case 'drop':
        break;
      case 'hold':
        this.#hold(change, advice.ms);
        break;
      case 'act':
        this.#release();
        this.#add(change);
        break;
      default:
        assertNever(advice);
    }
  }

  #hold(change: FileChange, ms: number): void {
    const earlier = this.#held.get(change.path);
    const { before, at } = earlier ?? change;
    this.#held.set(change.path, { ...change, before, at });
    this.#cancelHold ??= this.#options.clock.after(ms, () => this.#release());
  }

  #release(): void {
    const held = [...this.#held.values()];
    this.#dropHeld();
    for (const change of held) this.#add(change);
  }

  #dropHeld(): void {
    this.#cancelHold?.();
    this.#cancelHold = null;
    this.#held.clear();
  }

  #add(change: FileChange): void {
    this.#openedAt = change.at;
    this.#batch.add(change);
    this.#openedAt = null;
  }

  #onOpen(paths: readonly string[]): void {
    // After a pause nobody knows what caused the changes.
    if (this.#openedAt !== null) this.#loop.batchOpened(this.#openedAt);
    this.#options.handlers.onOpen(this.#classify(paths));
  }

  #onClose(paths: readonly string[]): void {
    const finding = this.#loop.batchClosed(paths.map((path) => this.#relative(path)));
    if (finding !== null) this.#tellLoop(finding);
    this.#options.handlers.onBatch(finding === null ? this.#classify(paths) : NOTHING);
  }

  #classify(paths: readonly string[]): ChangeBatch {
    return classify(
      paths.map((path) => this.#relative(path)),
      this.#rules,
      this.#hotPaths,
    );
  }

  #tellLoop(finding: LoopFinding): void {
    this.#options.handlers.onNotice('error', describeLoop(finding));
  }

  #relative(path: string): string {
    return toRelative(this.#options.root, path);
  }
}
