import { basename } from 'node:path';
import type { Backoff } from './backoff.js';

/** How a service is set up. Everything has a default. */
export interface ServiceOptions {
  /** Stable over restarts. `CROUPIER_SERVICE_ID` overrides it; default: the name of the current folder. */
  readonly serviceId?: string;
  /** `CROUPIER_SERVICE_VERSION` overrides it; default: `1.0.0`. */
  readonly version?: string;
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
  /** Pauses between attempts to reach the agent. Default: 100 ms on loopback, else 500 ms; doubling to 5 s. */
  readonly reconnect?: { readonly initialMs?: number; readonly maxMs?: number };
  /** Close gracefully on SIGTERM and SIGINT, then end the process. Default: true. */
  readonly handleSignals?: boolean;
  /** How long calls and jobs under way may take at close(), in ms, before their signals are aborted. Default: 30 s. */
  readonly closeTimeoutMs?: number;
  /** Called by close() when no call is under way any more, before the server goes: the place to save state. */
  readonly onClose?: () => void | Promise<void>;
}

export interface ServiceSettings {
  readonly serviceId: string;
  readonly version: string;
  readonly gameId: string | null;
  readonly env: string | null;
  readonly generation: number | null;
  readonly agentAddress: string;
  readonly listen: string;
  readonly advertise: string | null;
  readonly backoff: Backoff;
  readonly handleSignals: boolean;
  readonly closeTimeoutMs: number;
  readonly onClose: () => void | Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_AGENT = '127.0.0.1:19090';
const DEFAULT_LISTEN = '127.0.0.1:0';
const DEFAULT_CLOSE_TIMEOUT_MS = 30_000;
const MAX_PAUSE_MS = 5_000;
/** An agent on the own machine is back at once after its restart; another machine is not to be hurried. */
const LOOPBACK_PAUSE_MS = 100;
const REMOTE_PAUSE_MS = 500;

/** The options with the environment on top and the defaults below. Throws a TypeError at a mistake. */
export function resolveOptions(
  options: ServiceOptions,
  environment: Environment,
  cwd: string,
): ServiceSettings {
  const setting = (name: string) => environment[name] || undefined;
  const agentAddress = setting('CROUPIER_AGENT_ADDR') ?? options.agentAddress ?? DEFAULT_AGENT;
  const listen = options.listen ?? DEFAULT_LISTEN;
  const initialMs =
    options.reconnect?.initialMs ?? (isLoopback(hostOf(agentAddress)) ? LOOPBACK_PAUSE_MS : REMOTE_PAUSE_MS);
  return {
    serviceId: setting('CROUPIER_SERVICE_ID') ?? options.serviceId ?? (basename(cwd) || 'service'),
    version: setting('CROUPIER_SERVICE_VERSION') ?? options.version ?? '1.0.0',
    gameId: setting('CROUPIER_GAME_ID') ?? options.gameId ?? null,
    env: setting('CROUPIER_ENV') ?? options.env ?? null,
    generation: toGeneration(setting('CROUPIER_GENERATION')),
    agentAddress: checkAddress('the address of the agent', agentAddress),
    listen: checkAddress('listen', listen),
    advertise: options.advertise === undefined ? null : checkAddress('advertise', options.advertise),
    backoff: {
      initialMs: checkMs('reconnect.initialMs', initialMs),
      maxMs: checkMs('reconnect.maxMs', options.reconnect?.maxMs ?? MAX_PAUSE_MS),
    },
    handleSignals: options.handleSignals ?? true,
    closeTimeoutMs: checkMs('closeTimeoutMs', options.closeTimeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS),
    onClose: options.onClose ?? (() => {}),
  };
}

/** What the agent is told to call: a wildcard is nothing that can be dialled, so it becomes loopback. */
export function advertisedAddress(listen: string, port: number): string {
  const host = hostOf(listen);
  const wildcard = host === '' || host === '0.0.0.0' || host === '[::]';
  return `${wildcard ? '127.0.0.1' : host}:${port}`;
}

/** A duration in ms of the app's own making. */
export function checkMs(name: string, value: number): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw new TypeError(`${name} is a number of milliseconds, 0 or more; got ${JSON.stringify(value)}`);
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
