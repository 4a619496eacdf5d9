import { isDeepStrictEqual } from 'node:util';
import type { GatewayConfig, ServiceConfig, SessionConfig } from '../config/types.js';
import { type CompareOptions, compareService, type ServiceChange } from './service-change.js';

/** How the keys of the gateway are written in the file. */
const GATEWAY_KEYS: Readonly<Record<keyof GatewayConfig, string>> = {
  host: 'gateway.listen',
  port: 'gateway.listen',
  portIsFixed: 'gateway.listen',
  advertise: 'gateway.advertise',
  tls: 'gateway.tls',
  childTls: 'gateway.childTls',
};

/** What is different between the configuration that a session runs and what its files say now. */
export interface ConfigChange {
  readonly added: readonly ServiceConfig[];
  /** Names. */
  readonly removed: readonly string[];
  readonly changed: readonly ServiceChange[];
  /** Keys that count in another session only, as they stand in the file: `gateway.listen`, `services.game.proxy`. */
  readonly sessionKeys: readonly string[];
  /** What the session runs when all of that is done. */
  readonly config: SessionConfig;
}

export function compareConfigs(
  before: SessionConfig,
  after: SessionConfig,
  options: CompareOptions,
): ConfigChange {
  const pairs = pairServices(before.services, after.services);
  const changed = pairs.flatMap(({ was, is }) => compareService(was, is, options) ?? []);
  const paired = new Set(pairs.map(({ is }) => is));
  const added = after.services.filter((one) => !paired.has(one));
  const kept = new Set(pairs.map(({ was }) => was));
  const removed = before.services.filter((one) => !kept.has(one)).map(({ name }) => name);
  const services = after.services.map((one) => {
    const was = pairs.find(({ is }) => is === one)?.was;
    return changed.find(({ name }) => name === was?.name)?.service ?? was ?? one;
  });
  const prefix = (name: string) => (after.services.length === 1 ? '' : `services.${name}.`);
  return {
    added,
    removed,
    changed,
    sessionKeys: [
      ...changedSessionKeys(before, after),
      ...changed.flatMap(({ name, sessionKeys }) => sessionKeys.map((key) => `${prefix(name)}${key}`)),
    ],
    config: { ...before, services, notes: after.notes },
  };
}

interface Pair {
  readonly was: ServiceConfig;
  readonly is: ServiceConfig;
}

/** The same service has the same name; one that is alone may have changed it, and its processes follow each other all the same. */
function pairServices(before: readonly ServiceConfig[], after: readonly ServiceConfig[]): readonly Pair[] {
  const [was, ...others] = before;
  const [is, ...more] = after;
  const isAlone = others.length === 0 && more.length === 0;
  if (was !== undefined && is !== undefined && isAlone && was.cwd === is.cwd) return [{ was, is }];
  return after.flatMap((one) => {
    const same = before.find(({ name }) => name === one.name);
    return same === undefined ? [] : [{ was: same, is: one }];
  });
}

function changedSessionKeys(before: SessionConfig, after: SessionConfig): readonly string[] {
  const keys = Object.entries(before.gateway).flatMap(([key, value]) =>
    isGatewayKey(key) && !isDeepStrictEqual(value, after.gateway[key]) ? [GATEWAY_KEYS[key]] : [],
  );
  const upstream = isDeepStrictEqual(before.upstream, after.upstream) ? [] : ['upstream'];
  const control = isDeepStrictEqual(before.control, after.control) ? [] : ['control.listen'];
  return [...new Set([...keys, ...upstream, ...control])];
}

function isGatewayKey(key: string): key is keyof GatewayConfig {
  return key in GATEWAY_KEYS;
}
