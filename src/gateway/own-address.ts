import { networkInterfaces } from 'node:os';
import type { DialTarget } from '../protocol/address.js';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1']);
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Whether whoever dials the target gets to a listener on `host` and `port`. */
export function reaches(target: DialTarget, listener: DialTarget): boolean {
  if (target.port !== listener.port) return false;
  if (target.host === listener.host) return true;
  if (listener.host === 'localhost') return LOOPBACK.has(target.host);
  return WILDCARDS.has(listener.host) && isOfThisMachine(target.host);
}

function isOfThisMachine(host: string): boolean {
  if (LOOPBACK.has(host)) return true;
  const addresses = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  return addresses.some(({ address }) => address === host);
}
