import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { isIP, isIPv4 } from 'node:net';
import { join } from 'node:path';
import type { TlsMaterial } from '../../src/protocol/tls.js';
import {
  bitString,
  explicit,
  implicit,
  integer,
  isTrue,
  objectId,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.js';

/** A certificate and its private key, PEM. */
export interface Issued {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface IssueOptions {
  /** Host names and IP addresses that it is for. */
  readonly names: readonly string[];
  /** It ended yesterday. */
  readonly expired?: boolean;
  /** It begins tomorrow. */
  readonly notYetValid?: boolean;
  /** For the side that dials; otherwise for the one that listens. */
  readonly client?: boolean;
  /** It does not say for which side it is, so it can be for both. */
  readonly anyUse?: boolean;
  /** Its key is too short for what OpenSSL accepts by default. */
  readonly weak?: boolean;
}

/** A private certificate authority. */
export interface Authority {
  readonly caPem: string;
  issue(options: IssueOptions): Issued;
}

/** Paths of PEM files, in the shape of the configuration. */
export interface WrittenTls {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly serverName: string | null;
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Makes an authority of its own, without openssl: other authorities of the same name are not it. */
export function createAuthority(name = 'Test Authority'): Authority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer: Signer = { name, publicKey: pair.publicKey, privateKey: pair.privateKey };
  const ca = createCertificate(signer, {
    name,
    publicKey: pair.publicKey,
    from: new Date(Date.now() - 2 * DAY_MS),
    to: new Date(Date.now() + 30 * DAY_MS),
    extensions: [
      extension('2.5.29.19', sequence(isTrue()), 'critical'),
      // keyCertSign, cRLSign
      extension('2.5.29.15', bitString(Buffer.from([0x06]), 1), 'critical'),
    ],
  });
  return { caPem: ca, issue: (options) => issue(signer, options) };
}

/** A certificate that nobody but itself vouches for. */
export function createSelfSigned(options: IssueOptions): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = options.names[0] ?? 'unnamed';
  const certPem = createCertificate({ name, publicKey, privateKey }, leaf(publicKey, name, options));
  return { certPem, keyPem: pemOf(privateKey) };
}

/** Writes what is given to `<name>-ca.pem`, `<name>-cert.pem` and `<name>-key.pem`, and returns the paths. */
export async function writeTls(
  folder: string,
  name: string,
  parts: { readonly caPem?: string; readonly certPem?: string; readonly keyPem?: string },
): Promise<WrittenTls> {
  await mkdir(folder, { recursive: true });
  const write = async (part: string, pem: string | undefined): Promise<string | null> => {
    if (pem === undefined) return null;
    const path = join(folder, `${name}-${part}.pem`);
    await writeFile(path, pem, { mode: 0o600 });
    return path;
  };
  return {
    ca: await write('ca', parts.caPem),
    cert: await write('cert', parts.certPem),
    key: await write('key', parts.keyPem),
    serverName: null,
  };
}

/** As it is once the files are read. */
export function tlsMaterial(
  parts: Partial<Issued> & { readonly caPem?: string; readonly serverName?: string },
): TlsMaterial {
  const bytes = (pem: string | undefined): Buffer | null => (pem === undefined ? null : Buffer.from(pem));
  return {
    ca: bytes(parts.caPem),
    cert: bytes(parts.certPem),
    key: bytes(parts.keyPem),
    serverName: parts.serverName ?? null,
  };
}

interface Signer {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

interface Subject {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly from: Date;
  readonly to: Date;
  readonly extensions: readonly Buffer[];
}

function issue(signer: Signer, options: IssueOptions): Issued {
  const { publicKey, privateKey } =
    options.weak === true
      ? generateKeyPairSync('rsa', { modulusLength: 512 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = options.names[0] ?? 'unnamed';
  return {
    certPem: createCertificate(signer, leaf(publicKey, name, options)),
    keyPem: pemOf(privateKey),
  };
}

function leaf(publicKey: KeyObject, name: string, options: IssueOptions): Subject {
  const { names, expired = false, notYetValid = false, client = false, anyUse = false } = options;
  return {
    name,
    publicKey,
    from: new Date(Date.now() + (notYetValid ? DAY_MS : -2 * DAY_MS)),
    to: new Date(Date.now() + (expired ? -DAY_MS : 7 * DAY_MS)),
    extensions: [
      extension('2.5.29.19', sequence(), 'critical'),
      // digitalSignature
      extension('2.5.29.15', bitString(Buffer.from([0x80]), 7), 'critical'),
      ...(anyUse ? [] : [extension('2.5.29.37', sequence(objectId(client ? CLIENT_AUTH : SERVER_AUTH)))]),
      extension('2.5.29.17', sequence(...names.map(generalName))),
    ],
  };
}

/** RFC 5280, with ECDSA over SHA-256; PEM. */
function createCertificate(signer: Signer, subject: Subject): string {
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2'));
  const content = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    commonName(signer.name),
    sequence(time(subject.from), time(subject.to)),
    commonName(subject.name),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(
      3,
      sequence(
        ...subject.extensions,
        extension('2.5.29.14', octetString(keyId(subject.publicKey))),
        extension('2.5.29.35', sequence(implicit(0, keyId(signer.publicKey)))),
      ),
    ),
  );
  const signature = sign('sha256', content, signer.privateKey);
  const der = sequence(content, algorithm, bitString(signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(objectId('2.5.4.3'), utf8String(name))));
}

function extension(id: string, value: Buffer, critical?: 'critical'): Buffer {
  return sequence(objectId(id), ...(critical === undefined ? [] : [isTrue()]), octetString(value));
}

function generalName(name: string): Buffer {
  return isIP(name) === 0 ? implicit(2, Buffer.from(name)) : implicit(7, addressBytes(name));
}

/** Of IPv6 only `::1` and its like: no zeros in the middle. */
function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const bytes = Buffer.alloc(16);
  const words = address.replace(/^::/, '').split(':');
  for (const [index, word] of words.entries()) {
    bytes.writeUInt16BE(Number.parseInt(word, 16), 16 - 2 * (words.length - index));
  }
  return bytes;
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
