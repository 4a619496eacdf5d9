import { ServerCredentials } from '@grpc/grpc-js';
import { err, ok, type Result } from '../core/result.js';
import type { TlsMaterial } from './tls.js';

/** What a gRPC server listens with; `tls` null: plain text. The error is a sentence for people. */
export function serverCredentials(tls: TlsMaterial | null): Result<ServerCredentials, string> {
  if (tls === null) return ok(ServerCredentials.createInsecure());
  const { ca, cert, key } = tls;
  if (cert === null || key === null) {
    return err('serving TLS takes a certificate and its private key: set "tls": { "cert": ..., "key": ... }');
  }
  // Callers are asked for a certificate only where the authorities are named: the system's would let in anybody who has bought one.
  return ok(ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], ca !== null));
}
