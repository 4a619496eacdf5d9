import { isIP } from 'node:net';
import { err, ok, type Result } from '../core/result.js';

/** One place to dial. `host` is an IP address or a host name, without brackets. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
}

const IPV4_LOOPBACK = '127.0.0.1';
const IPV6_LOOPBACK = '::1';
const WILDCARDS: ReadonlySet<string> = new Set(['', '*', '0.0.0.0', '::', '::0', '0:0:0:0:0:0:0:0']);
const HOST_NAME = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;

/**
 * Where to dial for an `rpc_addr` as game servers send it, in order of preference (never empty). A wildcard listens on
 * every interface, so loopback reaches it; `localhost` can mean either family.
 * The error is a sentence for people.
 */
export function parseRpcAddress(text: string): Result<readonly DialTarget[], string> {
  const trimmed = text.trim();
  // `:::41234` is what naive joining of `::` and a port gives; no other reading of it makes sense.
  const parts = /^:::(\d+)$/.exec(trimmed)
    ? ['', '::', trimmed.slice(3)]
    : (/^\[([^[\]]*)\]:(\d+)$/.exec(trimmed) ?? /^([^:[\]]*):(\d+)$/.exec(trimmed));
  const [, host, digits] = parts ?? [];
  if (host === undefined || digits === undefined) {
    return err(`rpc_addr "${text}" is not an address: expected host:port, such as 127.0.0.1:41234`);
  }
  const port = Number(digits);
  if (digits.length > 5 || port < 1 || port > 65_535) {
    return err(`rpc_addr "${text}" has no usable port: expected 1 to 65535`);
  }
  if (WILDCARDS.has(host) || host.toLowerCase() === 'localhost') {
    return ok([
      { host: IPV4_LOOPBACK, port },
      { host: IPV6_LOOPBACK, port },
    ]);
  }
  if (isIP(host) === 0 && !HOST_NAME.test(host)) {
    return err(`rpc_addr "${text}" has no usable host: "${host}" is neither an IP address nor a host name`);
  }
  return ok([{ host, port }]);
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatTarget(target: DialTarget): string {
  return isIP(target.host) === 6 ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
}
