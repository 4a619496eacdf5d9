import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { err, ok, type Result } from '../core/result.js';

/** Certificates and keys, read. PEM. The key never goes into a message. */
export interface TlsMaterial {
  /** Authorities to trust; null: the system's. On a server: it asks callers for a certificate of one of these. */
  readonly ca: Buffer | null;
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
  /** Name expected in the other side's certificate; null: the host that is dialled. */
  readonly serverName: string | null;
}

/** Where the PEM files of one side are: absolute paths; null: none. */
export interface TlsPaths {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly serverName: string | null;
}

/** More than any bundle of authorities: the one of Mozilla has 220 KB. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/**
 * Reads the files of one side and checks that they can be used together. Whether a certificate is still valid is not asked: the other
 * side judges that, and explainConnection() tells. The error is a sentence for people that names the key and the file; it never
 * holds anything of a file's content.
 */
export async function readTls(paths: TlsPaths): Promise<Result<TlsMaterial, string>> {
  if (paths.cert !== null && paths.key === null) {
    return err(`"cert" (${paths.cert}) is of no use without its private key: set "key" too`);
  }
  if (paths.key !== null && paths.cert === null) {
    return err(`"key" (${paths.key}) is of no use without its certificate: set "cert" too`);
  }
  const ca = await readPart('ca', paths.ca, checkCertificates);
  if (!ca.ok) return ca;
  const cert = await readPart('cert', paths.cert, checkCertificates);
  if (!cert.ok) return cert;
  const key = await readPart('key', paths.key, checkKey);
  if (!key.ok) return key;
  const material = { ca: ca.value, cert: cert.value, key: key.value, serverName: paths.serverName };
  const problem = checkPair(material, paths);
  return problem === null ? ok(material) : err(problem);
}

/** What is wrong with a file, as the end of a sentence that begins with its name; null: nothing. */
type Check = (content: Buffer) => string | null;

async function readPart(
  name: 'ca' | 'cert' | 'key',
  path: string | null,
  check: Check,
): Promise<Result<Buffer | null, string>> {
  if (path === null) return ok(null);
  const content = await readFile(path);
  const problem = content.ok ? check(content.value) : content.error;
  return content.ok && problem === null ? content : err(`"${name}" (${path}) ${problem}`);
}

async function readFile(path: string): Promise<Result<Buffer, string>> {
  try {
    const file = await open(path);
    try {
      // Not readFile: the path is the user's, and may be of something that has no end.
      const chunks: Buffer[] = [];
      for await (const chunk of file.createReadStream({ end: MAX_FILE_BYTES, autoClose: false })) {
        chunks.push(Buffer.from(chunk));
      }
      const content = Buffer.concat(chunks);
      return content.length > MAX_FILE_BYTES
        ? err('is too large for a file with certificates or a key')
        : ok(content);
    } finally {
      await file.close();
    }
  } catch (error) {
    return err(describeReadError(error));
  }
}

function describeReadError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'is not there';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read: this user lacks the permission';
    case 'EISDIR':
      return 'is a folder; a PEM file is expected';
    default:
      return `cannot be read (${typeof code === 'string' ? code : 'unknown error'})`;
  }
}

const CERTIFICATE = /-----BEGIN (?:X509 )?CERTIFICATE-----/;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m;

function checkCertificates(content: Buffer): string | null {
  const text = content.toString('latin1');
  const blocks = text.split(/(?=-----BEGIN )/).filter((block) => CERTIFICATE.test(block));
  if (blocks.length === 0) {
    if (isCertificate(content))
      return 'is in DER form; PEM is expected (openssl x509 -inform der converts it)';
    return `holds no PEM certificate${PRIVATE_KEY.test(text) ? ', but a private key: are "cert" and "key" swapped?' : ''}`;
  }
  const broken = blocks.findIndex((block) => !isCertificate(block));
  if (broken === -1) return null;
  return `holds a certificate that cannot be read${blocks.length === 1 ? '' : ` (number ${broken + 1} of ${blocks.length})`}`;
}

function isCertificate(content: Buffer | string): boolean {
  try {
    new X509Certificate(content);
    return true;
  } catch {
    return false;
  }
}

function checkKey(content: Buffer): string | null {
  const text = content.toString('latin1');
  if (ENCRYPTED.test(text)) {
    return 'is encrypted, and nobody is asked for its passphrase: use a key without one';
  }
  if (!PRIVATE_KEY.test(text)) {
    return `holds no PEM private key${CERTIFICATE.test(text) ? ', but a certificate: are "cert" and "key" swapped?' : ''}`;
  }
  return readKey(content) === null ? 'holds a private key that cannot be read' : null;
}

function readKey(content: Buffer): KeyObject | null {
  try {
    return createPrivateKey(content);
  } catch {
    return null;
  }
}

function checkPair({ ca, cert, key }: TlsMaterial, paths: TlsPaths): string | null {
  if (cert !== null && key !== null) {
    const privateKey = readKey(key);
    if (privateKey === null || !new X509Certificate(cert).checkPrivateKey(privateKey)) {
      return `"key" (${paths.key}) does not belong to "cert" (${paths.cert})`;
    }
  }
  try {
    createSecureContext({ ca: ca ?? undefined, cert: cert ?? undefined, key: key ?? undefined });
    return null;
  } catch (error) {
    // Such as a key that is too short for the security level of this machine. OpenSSL's reason is a fixed text.
    const reason = error instanceof Error && 'reason' in error ? error.reason : null;
    const files = [paths.ca, paths.cert, paths.key].filter((path) => path !== null).join(', ');
    return `${files}: cannot be used (${typeof reason === 'string' ? reason : 'OpenSSL refuses them'})`;
  }
}
