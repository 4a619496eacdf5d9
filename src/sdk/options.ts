import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { instanceSuffix } from './process-manager.js';
import { checkCount, checkFlag, type TunableOptions, type TunableSettings, tune } from './tunable-options.js';

/** How a service is set up. Everything has a default. */
export interface ServiceOptions extends TunableOptions {
  /**
   * Stable over restarts. `CROUPIER_SERVICE_ID` overrides it; default: the name of the current folder. Where PM2 runs several instances,
   * `-<instance>` is added: each is a service of its own.
   */
  readonly serviceId?: string;
  /** `CROUPIER_GAME_ID` overrides it. Told by `service.gameId`; it is not part of a registration. */
  readonly gameId?: string;
  /** Such as `development`. `CROUPIER_ENV` overrides it. Told by `service.env`; it is not part of a registration. */
  readonly env?: string;
  /** `host:port` of the agent. `CROUPIER_AGENT_ADDR` overrides it; default: `127.0.0.1:19090`. */
  readonly agentAddress?: string;
  /** `host:port` to serve on; port 0 is any free one. Default: `127.0.0.1:0`. */
  readonly listen?: string;
  /** `host:port` that the agent is told to call, where that is not the address served on (containers). */
  readonly advertise?: string;
  /**
   * A folder of function modules: a path from the current folder, or a URL. Default: none. All are loaded by connect(); see
   * defineFunction().
   */
  readonly functions?: string | URL;
  /** Given to function modules that export a function: what outlives their reloads, such as stores and connections. */
  readonly context?: unknown;
  /**
   * Watch the folder of functions, and reload what changes. Default: false. Under `croupier dev` (`CROUPIER_HOTRELOAD=true`) it is always
   * off, since the runner watches.
   */
  readonly watch?: boolean;
  /**
   * Function modules can be loaded again. Default: true, but false where `NODE_ENV` is `production` and nobody watches, because it takes a
   * thread that follows imports.
   */
  readonly hotReload?: boolean;
  /** Bytes that earlier versions of ES modules, which Node never lets go, may hold before a restart is asked for. Default: 100 MB. */
  readonly restartBudget?: number;
  /** Shut down gracefully on SIGTERM, SIGINT, SIGUSR2 (nodemon) and PM2's message, then end the process. Default: true. */
  readonly handleSignals?: boolean;
  /** Called by gracefulShutdown() when no call is under way any more, before the server goes: the place to save state. */
  readonly onClose?: () => void | Promise<void>;
}

export interface ServiceSettings {
  readonly serviceId: string;
  readonly gameId: string | null;
  readonly env: string | null;
  readonly generation: number | null;
  readonly agentAddress: string;
  readonly isAgentLocal: boolean;
  readonly listen: string;
  readonly advertise: string | null;
  /** What can change while the service runs, as it is at the start. */
  readonly tunable: TunableSettings;
  /** The project's folder, absolute. */
  readonly root: string;
  /** Absolute. */
  readonly functions: string | null;
  readonly context: unknown;
  readonly watch: boolean;
  readonly hotReload: boolean;
  readonly restartBudget: number;
  readonly handleSignals: boolean;
  readonly onClose: () => void | Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_AGENT = '127.0.0.1:19090';
const DEFAULT_LISTEN = '127.0.0.1:0';
const DEFAULT_RESTART_BUDGET = 100 * 1024 * 1024;
/** An agent on the own machine is back at once after its restart; another machine is not to be hurried. */
const LOCAL_DELAY_MS = 100;
const REMOTE_DELAY_MS = 5_000;
const MAX_LOCAL_PAUSE_MS = 5_000;
const MAX_REMOTE_PAUSE_MS = 60_000;
const DEFAULTS = {
  version: '1.0.0',
  autoReconnect: true,
  maxRetryAttempts: 10,
  healthCheckInterval: 30_000,
  gracefulShutdownTimeout: 30_000,
} as const;

/** The options with the environment on top and the defaults below. Throws a TypeError at a mistake. */
export function resolveOptions(
  options: ServiceOptions,
  environment: Environment,
  cwd: string,
): ServiceSettings {
  const setting = (name: string) => environment[name] || undefined;
  const agentAddress = checkAddress(
    'the address of the agent',
    setting('CROUPIER_AGENT_ADDR') ?? options.agentAddress ?? DEFAULT_AGENT,
  );
  const isAgentLocal = isLoopback(hostOf(agentAddress));
  const isWatched = setting('CROUPIER_HOTRELOAD') === 'true';
  const watch = checkFlag('watch', options.watch ?? false) && !isWatched;
  const isProduction = environment.NODE_ENV === 'production';
  const serviceId = setting('CROUPIER_SERVICE_ID') ?? options.serviceId ?? (basename(cwd) || 'service');
  return {
    serviceId: `${serviceId}${instanceSuffix(environment)}`,
    gameId: setting('CROUPIER_GAME_ID') ?? options.gameId ?? null,
    env: setting('CROUPIER_ENV') ?? options.env ?? null,
    generation: toGeneration(setting('CROUPIER_GENERATION')),
    agentAddress,
    isAgentLocal,
    listen: checkAddress('listen', options.listen ?? DEFAULT_LISTEN),
    advertise: options.advertise === undefined ? null : checkAddress('advertise', options.advertise),
    tunable: resolveTunables(options, setting('CROUPIER_SERVICE_VERSION'), isAgentLocal),
    root: cwd,
    functions: options.functions === undefined ? null : toFolder(options.functions, cwd),
    context: options.context,
    watch,
    hotReload: checkFlag('hotReload', options.hotReload ?? (!isProduction || watch || isWatched)),
    restartBudget: checkCount('restartBudget', options.restartBudget ?? DEFAULT_RESTART_BUDGET),
    handleSignals: checkFlag('handleSignals', options.handleSignals ?? true),
    onClose: options.onClose ?? (() => {}),
  };
}

/** The longest pause between attempts to reach the agent, in ms. */
export function longestPause(isAgentLocal: boolean, reconnectDelay: number): number {
  return Math.max(reconnectDelay, isAgentLocal ? MAX_LOCAL_PAUSE_MS : MAX_REMOTE_PAUSE_MS);
}

/** What the agent is told to call: a wildcard is nothing that can be dialled, so it becomes loopback. */
export function advertisedAddress(listen: string, port: number): string {
  const host = hostOf(listen);
  const wildcard = host === '' || host === '0.0.0.0' || host === '[::]';
  return `${wildcard ? '127.0.0.1' : host}:${port}`;
}

function resolveTunables(
  options: ServiceOptions,
  version: string | undefined,
  isAgentLocal: boolean,
): TunableSettings {
  const defaults = { ...DEFAULTS, reconnectDelay: isAgentLocal ? LOCAL_DELAY_MS : REMOTE_DELAY_MS };
  const { autoReconnect, reconnectDelay, maxRetryAttempts, healthCheckInterval, gracefulShutdownTimeout } =
    options;
  const said = {
    version: version ?? options.version,
    autoReconnect,
    reconnectDelay,
    maxRetryAttempts,
    healthCheckInterval,
    gracefulShutdownTimeout,
  };
  return tune(defaults, Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)));
}

function toFolder(functions: string | URL, cwd: string): string {
  if (functions instanceof URL && functions.protocol === 'file:') return resolve(fileURLToPath(functions));
  if (typeof functions === 'string' && functions !== '') return resolve(cwd, functions);
  throw new TypeError(`functions is a folder, such as 'functions'; got ${JSON.stringify(functions)}`);
}

function checkAddress(name: string, value: string): string {
  const port =
    typeof value === 'string' ? /^(?:\[[^\]]+\]|[^:/[\]]*):(\d{1,5})$/.exec(value)?.[1] : undefined;
  if (port !== undefined && Number(port) <= 65_535) return value.startsWith(':') ? `0.0.0.0${value}` : value;
  throw new TypeError(`${name} is host:port, such as '127.0.0.1:19090'; got ${JSON.stringify(value)}`);
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}

function toGeneration(text: string | undefined): number | null {
  const generation = Number(text);
  return Number.isInteger(generation) && generation > 0 ? generation : null;
}
