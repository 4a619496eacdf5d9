import { canonicalAddress } from './socket-table.js';

export interface HostAndPort {
  /** Empty: any. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, `:port`, `[::1]:port`, `::1:port` (as Node writes a peer), `ipv4:...` and `ipv6:%5B::1%5D:port` (as gRPC does), or a
 * port alone. Null: there is no port in it.
 */
export function parseAddress(text: string): HostAndPort | null {
  const plain = text
    .trim()
    .replace(/^(ipv4|ipv6|dns|tcp):(\/\/)?\/?/, '')
    .replaceAll(/%5B/gi, '[')
    .replaceAll(/%5D/gi, ']');
  const found = /^(?:(.*):)?(\d{1,5})$/.exec(plain);
  const port = Number(found?.[2]);
  if (found === null || !(port >= 1 && port <= 65_535)) return null;
  return { host: canonicalAddress(found[1] ?? ''), port };
}

/** An address to listen on that stands for all of the machine's own. */
export function isWildcard(host: string): boolean {
  return host === '' || host === '*' || host === '0.0.0.0' || host === '::';
}

/** `localhost`, or an address of the loopback interface. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Where to dial for a socket that listens on this host. A name or wildcard can mean either family: both are tried. */
export function dialableHosts(host: string): readonly string[] {
  if (host === '0.0.0.0') return ['127.0.0.1'];
  if (isWildcard(host) || host === 'localhost') return ['127.0.0.1', '::1'];
  return [host];
}

/** Whether a socket that listens on `listening` would get a connection that is made to `dialled`. */
export function isReachedBy(listening: string, dialled: string): boolean {
  if (isWildcard(listening) || isWildcard(dialled)) return true;
  if (dialled === 'localhost') return isLoopback(listening);
  return listening === dialled;
}
