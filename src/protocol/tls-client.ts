import type { ConnectionOptions, SecureContextOptions } from 'node:tls';
import type { DialTarget } from './address.js';
import type { TlsMaterial } from './tls.js';
import { nameToSend, verifyPeer } from './tls-identity.js';
import type { TlsExpectation } from './tls-problem.js';

/**
 * Dials with TLS for HTTP/2 (`tls.connect`) where grpc-js does not: the peer's certificate is verified, and ours is shown if there
 * is one.
 */
export function tlsConnection(target: DialTarget, tls: TlsMaterial): ConnectionOptions {
  const { ca, cert, key, serverName } = tls;
  const name = serverName ?? nameToSend(target.host);
  return {
    host: target.host,
    port: target.port,
    ALPNProtocols: ['h2'],
    ...(ca === null ? {} : trusting(ca)),
    ...(cert === null || key === null ? {} : { cert, key }),
    // An empty name keeps Node from sending the address in its place.
    servername: name ?? '',
    checkServerIdentity: (_host, certificate) => verifyPeer(target.host, serverName, certificate),
  };
}

/** A certificate that is named as trusted needs no authority above it: that is how a peer's own certificate is named. */
export function trusting(ca: Buffer): Pick<SecureContextOptions, 'ca' | 'allowPartialTrustChain'> {
  return { ca, allowPartialTrustChain: true };
}

export function expectationOf(target: DialTarget, tls: TlsMaterial): TlsExpectation {
  return {
    expectedName: tls.serverName ?? target.host,
    hasAuthorities: tls.ca !== null,
    hasCertificate: tls.cert !== null,
  };
}
