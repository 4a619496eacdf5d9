import * as z from 'zod';
import { DEFAULTS, defaultMs } from '../defaults.js';
import { parsePort } from '../listen-address.js';
import type { ReadyConfig } from '../types.js';
import { duration, setting, text } from './values.js';

const DEFAULT_TIMEOUT = defaultMs(DEFAULTS.ready.timeout);

/** Stands in for `{port}` where the rest of an address is judged. */
const ANY_PORT = '1';

const TCP_FORMS = 'it must be "host:port", ":port", "{port}" or a port';

/** `ready`: when a generation may get calls. Replaced as a whole by a service's own. */
export function ready() {
  const probes = z
    .strictObject({
      timeout: setting(
        duration(1),
        DEFAULTS.ready.timeout,
        'A candidate that is not ready by then has failed.',
      ),
      http: setting(
        text()
          .refine(
            isUrl,
            'it must be a path such as "/healthz", or a URL such as "http://127.0.0.1:{port}/healthz"',
          )
          .nullable(),
        DEFAULTS.ready.http,
        'Ready when a GET of this URL, or of this path on {port}, answers 2xx or 3xx.',
      ),
      tcp: setting(
        tcpAddress().nullable(),
        DEFAULTS.ready.tcp,
        'Ready when this address accepts connections.',
      ),
      log: setting(
        text().refine(isPattern, 'it must be a regular expression').nullable(),
        DEFAULTS.ready.log,
        'Ready when a line of the output matches this regular expression.',
      ),
    })
    .transform((keys, context) => {
      const given = (['http', 'tcp', 'log'] as const).filter((key) => typeof keys[key] === 'string');
      if (given.length > 1)
        context.addIssue(`it must have at most one of http, tcp and log, not ${given.join(' and ')}`);
      return toReady(keys);
    });
  return z.union(
    [probes, z.literal('spawn').transform((): ReadyConfig => ({ kind: 'spawn', timeout: DEFAULT_TIMEOUT }))],
    {
      error: 'it must be "spawn", or an object with at most one of http, tcp and log',
    },
  );
}

interface ReadyKeys {
  readonly timeout?: number;
  readonly http?: string | null;
  readonly tcp?: string | null;
  readonly log?: string | null;
}

function toReady({ timeout = DEFAULT_TIMEOUT, http, tcp, log }: ReadyKeys): ReadyConfig {
  if (typeof http === 'string') return { kind: 'http', timeout, url: http };
  if (typeof tcp === 'string') return { kind: 'tcp', timeout, address: tcp };
  if (typeof log === 'string') return { kind: 'log', timeout, pattern: log };
  return { kind: 'auto', timeout };
}

function tcpAddress() {
  return z.union([z.string(), z.number()], { error: TCP_FORMS }).transform((value, context) => {
    const address = typeof value === 'number' ? `:${value}` : value.trim();
    if (isTcpAddress(address)) return address;
    context.addIssue(TCP_FORMS);
    return z.NEVER;
  });
}

function isTcpAddress(address: string): boolean {
  if (address === '{port}') return true;
  const [, port] = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:]*):(\S+)$/.exec(address.replace('{port}', ANY_PORT)) ?? [];
  return port !== undefined && (parsePort(port) ?? 0) > 0;
}

function isUrl(value: string): boolean {
  if (value.startsWith('/')) return true;
  const url = value.replaceAll('{port}', ANY_PORT);
  return /^https?:\/\//.test(url) && URL.canParse(url);
}

function isPattern(value: string): boolean {
  try {
    new RegExp(value);
    return true;
  } catch {
    return false;
  }
}
