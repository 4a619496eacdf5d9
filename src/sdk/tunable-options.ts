/** Options that can change while the service runs: `service.reloadConfig({ reconnectDelay: 1_000 })`. */
export interface TunableOptions {
  /** `CROUPIER_SERVICE_VERSION` overrides it at the start; default: `1.0.0`. Another one is told to the agent. */
  readonly version?: string;
  /** false: a connection to the agent that was lost, or could not be had, stays so until reconnect(). Default: true. */
  readonly autoReconnect?: boolean;
  /**
   * The first pause between attempts to reach the agent, in ms; it doubles up to 60 s, give or take a quarter. Default: 5 s; where the
   * agent is on loopback, and back at once after its restart, 100 ms, doubling up to 5 s.
   */
  readonly reconnectDelay?: number;
  /**
   * Failed attempts in a row after which that is an `error`, and it is tried at each health check only; it is never given up for good.
   * 0: no such limit. Default: 10.
   */
  readonly maxRetryAttempts?: number;
  /** Between two heartbeats to the agent, in ms. Default: 30 s. */
  readonly healthCheckInterval?: number;
  /** How long calls and jobs under way may take at gracefulShutdown(), in ms, before their signals are aborted. Default: 30 s. */
  readonly gracefulShutdownTimeout?: number;
}

export interface TunableSettings {
  readonly version: string;
  readonly autoReconnect: boolean;
  readonly reconnectDelay: number;
  readonly maxRetryAttempts: number;
  readonly healthCheckInterval: number;
  readonly gracefulShutdownTimeout: number;
}

/** Timers of Node hold no more. */
const MAX_MS = 2 ** 31 - 1;
/** A heartbeat without a pause would be all that there is. */
const MIN_HEALTH_CHECK_MS = 100;

/** The settings with a change applied. Throws a TypeError at a mistake, with nothing changed. */
export function tune(settings: TunableSettings, change: TunableOptions): TunableSettings {
  for (const key of Object.keys(change)) {
    if (!(key in settings)) {
      throw new TypeError(
        `${key} cannot be changed while the service runs; what can: ${Object.keys(settings).join(', ')}`,
      );
    }
  }
  const {
    version = settings.version,
    autoReconnect = settings.autoReconnect,
    reconnectDelay = settings.reconnectDelay,
    maxRetryAttempts = settings.maxRetryAttempts,
    healthCheckInterval = settings.healthCheckInterval,
    gracefulShutdownTimeout = settings.gracefulShutdownTimeout,
  } = change;
  if (typeof version !== 'string' || version === '') {
    throw new TypeError(`version is a text such as '1.0.0'; got ${JSON.stringify(version)}`);
  }
  return {
    version,
    autoReconnect: checkFlag('autoReconnect', autoReconnect),
    reconnectDelay: checkMs('reconnectDelay', reconnectDelay),
    maxRetryAttempts: checkCount('maxRetryAttempts', maxRetryAttempts),
    healthCheckInterval: checkMs('healthCheckInterval', healthCheckInterval, MIN_HEALTH_CHECK_MS),
    gracefulShutdownTimeout: checkMs('gracefulShutdownTimeout', gracefulShutdownTimeout),
  };
}

/** A duration in ms of the app's own making. */
export function checkMs(name: string, value: number, least = 0): number {
  if (typeof value === 'number' && value >= least && value <= MAX_MS) return value;
  throw new TypeError(
    `${name} is a number of milliseconds, ${least} or more, at most ${MAX_MS}; got ${show(value)}`,
  );
}

export function checkCount(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw new TypeError(`${name} is a whole number, 0 or more; got ${show(value)}`);
}

export function checkFlag(name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${name} is true or false; got ${show(value)}`);
}

function show(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}
