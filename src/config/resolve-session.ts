import { resolve } from 'node:path';
import { DEFAULT_CONTROL, DEFAULT_GATEWAY, defaultMs, UPSTREAM_DEFAULTS } from './defaults.js';
import type { ListenAddress } from './listen-address.js';
import type { KeyPath, Problem } from './problem.js';
import type { FileConfig } from './schema/file.js';
import type { TlsKeys } from './schema/tls.js';
import type { UpstreamSetting } from './settings.js';
import type { GatewayConfig, TlsFiles, UpstreamConfig, UpstreamLinkConfig } from './types.js';

/** What a file says about the session as a whole. */
export interface SessionKeys {
  readonly gateway?: FileConfig['gateway'];
  readonly upstream?: FileConfig['upstream'];
  readonly control?: FileConfig['control'];
}

const NO_FILES: TlsFiles = { ca: null, cert: null, key: null, serverName: null };

/** `port`: of a flag; `listen`: of a variable. Both win over the file. Paths are relative to `root`. */
export function resolveGateway(
  port: number | undefined,
  listen: ListenAddress | undefined,
  { gateway }: SessionKeys,
  root: string,
): GatewayConfig {
  const address = listen ?? gateway?.listen ?? null;
  const advertise = gateway?.advertise ?? null;
  return {
    host: address?.host ?? DEFAULT_GATEWAY.host,
    port: port ?? address?.port ?? DEFAULT_GATEWAY.port,
    portIsFixed: port !== undefined || address !== null,
    advertise: advertise === null ? null : formatAddress(advertise),
    tls: resolveFiles(gateway?.tls, root),
    childTls: resolveFiles(gateway?.childTls, root),
  };
}

export function resolveControl({ control }: SessionKeys): ListenAddress {
  return control?.listen ?? DEFAULT_CONTROL;
}

/** `setting`: of a flag or a variable; only the address comes from there, the rest from the file. */
export function resolveUpstream(
  setting: UpstreamSetting | undefined,
  { upstream: keys = null }: SessionKeys,
  root: string,
  gateway: Pick<GatewayConfig, 'port' | 'portIsFixed'>,
): UpstreamConfig {
  const chosen = setting ?? (keys === null || keys === 'none' ? keys : keys.url);
  if (chosen === 'none') return { kind: 'none' };
  if (chosen === null) {
    // Whoever asks for the default port for the gateway wants no other agent there.
    const isOurs = gateway.portIsFixed && gateway.port === DEFAULT_GATEWAY.port;
    return isOurs ? { kind: 'none' } : { kind: 'probe', ...DEFAULT_GATEWAY };
  }
  const file = keys === 'none' ? null : keys;
  return {
    ...chosen,
    agentId: file?.agentId ?? UPSTREAM_DEFAULTS.agentId,
    tls: resolveUpstreamTls(file?.tls ?? UPSTREAM_DEFAULTS.tls, chosen.kind, root),
    reconnect: {
      delay: file?.reconnect?.delay ?? defaultMs(UPSTREAM_DEFAULTS.reconnect.delay),
      max: file?.reconnect?.max ?? defaultMs(UPSTREAM_DEFAULTS.reconnect.max),
    },
  };
}

/** Finds keys of the session that are fine alone, but not together. */
export function checkSession({ gateway, upstream }: SessionKeys): readonly Problem[] {
  const link = upstream === undefined || upstream === null || upstream === 'none' ? null : upstream;
  const problems = [
    ...checkPair(['gateway', 'tls'], gateway?.tls),
    ...checkPair(['gateway', 'childTls'], gateway?.childTls),
    ...checkPair(['upstream', 'tls'], link?.tls === false ? null : link?.tls),
  ];
  if (gateway?.tls != null && gateway.tls.cert == null && gateway.tls.key == null) {
    problems.push({
      path: ['gateway', 'tls'],
      complaint: 'a server needs a certificate: "cert" and "key" are missing',
      wayOut: null,
    });
  }
  const delay = link?.reconnect?.delay ?? defaultMs(UPSTREAM_DEFAULTS.reconnect.delay);
  const max = link?.reconnect?.max ?? defaultMs(UPSTREAM_DEFAULTS.reconnect.max);
  if (max < delay) {
    problems.push({
      path: ['upstream', 'reconnect', link?.reconnect?.max === undefined ? 'delay' : 'max'],
      complaint: `the first wait of ${delay} ms must not be longer than the longest one of ${max} ms`,
      wayOut: null,
    });
  }
  return problems;
}

function checkPair(path: KeyPath, files: TlsKeys | null | undefined): Problem[] {
  const hasCert = files?.cert != null;
  const hasKey = files?.key != null;
  if (hasCert === hasKey) return [];
  const [has, lacks] = hasCert ? ['cert', 'key'] : ['key', 'cert'];
  const complaint = `"${has}" is given without "${lacks}": a certificate and its private key belong together`;
  return [{ path, complaint, wayOut: null }];
}

function resolveUpstreamTls(
  keys: TlsKeys | false | null,
  kind: UpstreamLinkConfig['kind'],
  root: string,
): TlsFiles | null {
  if (keys === false) return null;
  if (keys === null) return kind === 'agent' ? null : NO_FILES;
  return resolveFiles(keys, root);
}

function resolveFiles(keys: TlsKeys | null | undefined, root: string): TlsFiles | null {
  if (keys === null || keys === undefined) return null;
  const file = (path: string | null | undefined) => (path == null ? null : resolve(root, path));
  return {
    ca: file(keys.ca),
    cert: file(keys.cert),
    key: file(keys.key),
    serverName: keys.serverName ?? null,
  };
}

function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
