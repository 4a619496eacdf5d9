import { isIP, isIPv4 } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';

/** The host of a `host:port`, without the brackets of an IPv6 address. */
export function hostOf(address: string): string {
  return address.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
}

/** The name that is sent in the TLS handshake for a dialled host; null: it is an IP address, for which none is sent. */
export function nameToSend(host: string): string | null {
  return isIP(host) === 0 ? host : null;
}

/**
 * Whether a certificate, whose chain is trusted already, belongs to the peer that was dialled. With a `serverName` that name
 * alone counts. A loopback address and `localhost` are the same machine, so a certificate for one of them is good for the other: game
 * servers register either, and wildcards besides.
 */
export function verifyPeer(
  host: string,
  serverName: string | null,
  certificate: PeerCertificate,
): Error | undefined {
  const expected = serverName ?? host;
  const failure = checkServerIdentity(expected, certificate);
  if (failure === undefined || serverName !== null) return failure;
  const isGood = sameMachine(host).some((name) => checkServerIdentity(name, certificate) === undefined);
  return isGood ? undefined : failure;
}

/** Other names of a loopback host. */
function sameMachine(host: string): readonly string[] {
  if (host.toLowerCase() === 'localhost') return ['127.0.0.1', '::1'];
  return host === '::1' || (isIPv4(host) && host.startsWith('127.')) ? ['localhost'] : [];
}
