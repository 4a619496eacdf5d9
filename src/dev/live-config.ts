import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ServiceConfig, SessionConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import type { Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { toRelative } from '../watch/patterns.js';
import { type ConfigChange, compareConfigs } from './config-change.js';
import { ConfigWatch } from './config-watch.js';
import type { ServiceChange } from './service-change.js';
import type { SettingsCause } from './service-session.js';

/** What a changed configuration is applied to. */
export interface ConfigTarget {
  add(service: ServiceConfig): Promise<void>;
  remove(name: string): Promise<void>;
  /** False: what the service depends on counts at its next start. */
  reconfigure(change: ServiceChange, cause: SettingsCause | null): boolean;
  /** The files of the configuration are others now. */
  watchAnew(): void;
}

export interface LiveConfigOptions {
  /** What the session was started with. */
  readonly config: SessionConfig;
  readonly clock: Clock;
  /** False: it is read when asked for, and not watched. */
  readonly watch: boolean;
  /** Who reads the terminal was decided when the session began. */
  readonly stdinIsFixed: boolean;
  readonly target: ConfigTarget;
  /** Reads the configuration again, from the same file and with the same flags and environment. */
  resolve(): Promise<Result<SessionConfig, UserError>>;
  publish(event: CroupierEvent): void;
}

/**
 * The configuration of a running session: reads it again when one of its files changes, and applies what is different. One that cannot be
 * used is told about, and what was before goes on.
 */
export class LiveConfig {
  readonly #options: LiveConfigOptions;
  readonly #watch: ConfigWatch | null;
  #running: SessionConfig;
  /** What the files said last, as far as it could be used. */
  #latest: SessionConfig;
  /** What is wrong with the files; null: nothing. */
  #problem: UserError | null = null;
  /** Changed since the configuration was read last. */
  #changed = new Set<string>();
  /** Tells a reading from a later one that overtook it. */
  #reading = 0;
  #isClosed = false;

  constructor(options: LiveConfigOptions) {
    this.#options = options;
    const { config, clock, watch } = options;
    this.#running = config;
    this.#latest = config;
    this.#watch = watch
      ? new ConfigWatch({
          clock,
          polling: config.services.some(({ watch: { polling } }) => polling === true) ? true : 'auto',
          onChange: (files) => void this.#onChange(files),
          onNotice: (level, message) => this.#tell(level, message),
        })
      : null;
    this.#watch?.watch(this.#files);
  }

  /** Files that the configuration is read from and nothing else is, whether or not they are there; absolute. */
  get settingsFiles(): readonly string[] {
    return this.#files.filter((file) => basename(file) !== 'package.json');
  }

  /** Resolves when changes will be noticed. */
  async ready(): Promise<void> {
    await this.#watch?.ready();
  }

  pause(): void {
    this.#watch?.pause();
  }

  resume(): void {
    this.#watch?.resume();
  }

  /** Reads it now; whoever asks restarts the services. Resolves when it counts. */
  async refresh(): Promise<void> {
    await this.#read(null);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#watch?.close();
  }

  get #files(): readonly string[] {
    const { file, services } = this.#running;
    return [...new Set([...(file === null ? [] : [file]), ...services.map(({ envFile }) => envFile)])];
  }

  async #onChange(files: readonly string[]): Promise<void> {
    if (this.#isClosed) return;
    for (const file of files) this.#changed.add(file);
    await this.#read(files);
  }

  /** `files`: what changed; null: somebody asked. */
  async #read(files: readonly string[] | null): Promise<void> {
    this.#reading += 1;
    const reading = this.#reading;
    const resolved = await this.#options.resolve();
    if (this.#isClosed || reading !== this.#reading) return;
    const changed = [...this.#changed];
    this.#changed.clear();
    if (!resolved.ok) {
      // Each content of the file is told about, and a file of variables that is saved meanwhile is no reason to say it again.
      const isNews = files === null || changed.some((file) => file === this.#running.file);
      if (isNews || !isDeepStrictEqual(this.#problem, resolved.error)) this.#tellProblem(resolved.error);
      this.#problem = resolved.error;
      return;
    }
    const { stdinIsFixed } = this.#options;
    const change = compareConfigs(this.#running, resolved.value, { stdinIsFixed });
    const news = compareConfigs(this.#latest, resolved.value, { stdinIsFixed }).sessionKeys;
    if (this.#problem !== null) this.#tell('info', 'the configuration can be used again');
    this.#problem = null;
    this.#latest = resolved.value;
    this.#tellSessionKeys(change.sessionKeys.filter((key) => news.includes(key)));
    this.#apply(change, files === null ? null : changed);
  }

  #apply(change: ConfigChange, changed: readonly string[] | null): void {
    const { target } = this.#options;
    const notes = change.config.notes.filter((note) => !this.#running.notes.includes(note));
    const filesBefore = this.#files;
    this.#running = change.config;
    for (const note of notes) this.#tell('info', note);
    for (const one of change.changed) this.#reconfigure(one, changed);
    for (const name of change.removed) {
      this.#tell('info', 'it is not in the configuration any more, so it is drained and ended', name);
      void target.remove(name);
    }
    for (const service of change.added) {
      this.#tell('info', 'it is new in the configuration', service.name);
      void target.add(service);
    }
    if (!isDeepStrictEqual(filesBefore, this.#files)) this.#watchAnew(filesBefore);
  }

  #watchAnew(filesBefore: readonly string[]): void {
    this.#watch?.watch(this.#files);
    this.#options.target.watchAnew();
    const added = this.#files.filter((file) => !filesBefore.includes(file));
    // They were read before they are watched: what was saved in between is found by reading them again.
    if (added.length > 0) void this.#watch?.ready().then(() => this.#onChange(added));
  }

  #reconfigure(change: ServiceChange, changed: readonly string[] | null): void {
    const { name, usedKeys, service } = change;
    const cause = changed === null ? null : this.#causeOf(change, changed);
    const isOrdered = this.#options.target.reconfigure(change, cause);
    if (usedKeys.length > 0) {
      const count = usedKeys.length === 1 ? 'counts' : 'count';
      this.#tell('info', `${usedKeys.join(', ')} ${count} from now on, without a restart`, name);
    }
    if (!isOrdered) {
      const order = service.dependsOn.length === 0 ? 'nothing' : service.dependsOn.join(' and ');
      this.#tell('info', `it depends on ${order} from the next start of croupier dev on`, name);
    }
  }

  /** Which of the changed files concern a service, and which of them to name first. */
  #causeOf(change: ServiceChange, changed: readonly string[]): SettingsCause {
    const { root, file } = this.#running;
    const { envFile } = change.service;
    const own = changed.filter((one) => one === file || one === envFile);
    const decisive = own.find((one) => one === (change.isByEnvFile ? envFile : file)) ?? own[0];
    const rule = decisive === undefined ? 'configuration' : toRelative(root, decisive);
    return { files: own, rule };
  }

  #tellSessionKeys(keys: readonly string[]): void {
    if (keys.length > 0)
      this.#tell('warn', `restart croupier dev for this to take effect: ${keys.join(', ')}`);
  }

  #tellProblem({ message, wayOut }: UserError): void {
    this.#tell(
      'error',
      `${message}\n${wayOut}\nUntil then everything goes on with the configuration before.`,
    );
  }

  #tell(level: 'info' | 'warn' | 'error', message: string, service?: string): void {
    this.#options.publish({
      type: 'session.notice',
      level,
      message,
      ...(service === undefined ? {} : { service }),
    });
  }
}
