import { err, ok, type Result } from '../core/result.js';

/** Where a listener binds. Port 0: any free port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export const LISTEN_FORMS =
  'an address such as "127.0.0.1:19090" or "[::1]:19090", or a port (0 for any free one)';

/** A port alone means the loopback interface: what listens on other ones has to be asked for by name. */
export const LOOPBACK = '127.0.0.1';

const HOST_AND_PORT = /^(?:\[([0-9a-fA-F:.%]+)\]|([^\s:[\]/]+)):(\d{1,5})$/;

/** Reads `host:port`, `[ipv6]:port`, or a port (number or digits) on loopback. */
export function parseListenAddress(value: string | number): Result<ListenAddress, string> {
  const text = String(value).trim();
  const [, ipv6, name, digits] = HOST_AND_PORT.exec(text) ?? [];
  const host = ipv6 ?? name ?? LOOPBACK;
  const port = parsePort(digits ?? text);
  return port === null ? err(`it must be ${LISTEN_FORMS}`) : ok({ host, port });
}

/** A port number from 0 to 65535, or null. */
export function parsePort(value: string | number): number | null {
  const text = String(value);
  if (!/^\d{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port <= 65_535 ? port : null;
}
