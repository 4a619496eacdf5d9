import { readFileSync } from 'node:fs';
import { ServerCredentials } from '@grpc/grpc-js';

/** PEM, read. */
export interface DialTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly servername?: string;
}

/** Paths of PEM files. With an authority (`ca`), callers have to show a certificate of it. */
export interface ServingTlsFiles {
  readonly cert?: string | null | undefined;
  readonly key?: string | null | undefined;
  readonly ca?: string | null | undefined;
}

export interface DialTlsFiles extends ServingTlsFiles {
  readonly serverName?: string | null | undefined;
}

/** Plain text where no certificate is given. */
export function servingCredentials(files: ServingTlsFiles): ServerCredentials {
  if (!files.cert || !files.key) return ServerCredentials.createInsecure();
  const ca = files.ca ? readFileSync(files.ca) : null;
  const pair = { cert_chain: readFileSync(files.cert), private_key: readFileSync(files.key) };
  return ServerCredentials.createSsl(ca, [pair], ca !== null);
}

/** Null, which is plain text, where no authority is given. */
export function dialTls(files: DialTlsFiles): DialTls | null {
  if (!files.ca) return null;
  return {
    ca: readFileSync(files.ca),
    ...(files.cert ? { cert: readFileSync(files.cert) } : {}),
    ...(files.key ? { key: readFileSync(files.key) } : {}),
    ...(files.serverName ? { servername: files.serverName } : {}),
  };
}
