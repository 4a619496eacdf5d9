import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTls, type TlsPaths } from '../../../src/protocol/tls.js';
import { createAuthority, writeTls } from '../../support/certificates.js';

const NONE: TlsPaths = { ca: null, cert: null, key: null, serverName: null };

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'croupier-tls-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function problemOf(paths: Partial<TlsPaths>): Promise<string> {
  const result = await readTls({ ...NONE, ...paths });
  if (result.ok) throw new Error('it was read');
  return result.error;
}

test('all files are read as they are, with the server name', async () => {
  const paths = await writeTls(folder, 'all', { caPem: authority.caPem, ...issued });
  expect(await readTls({ ...paths, serverName: 'agent.example' })).toEqual({
    ok: true,
    value: {
      ca: Buffer.from(authority.caPem),
      cert: Buffer.from(issued.certPem),
      key: Buffer.from(issued.keyPem),
      serverName: 'agent.example',
    },
  });
});

test('without any file it is the authorities of the system and no certificate', async () => {
  expect(await readTls(NONE)).toEqual({ ok: true, value: NONE });
});

test('a file with several authorities, text between them, is read', async () => {
  const bundle = `first\n${authority.caPem}\nsecond\n${createAuthority('Other').caPem}`;
  expect(await readTls({ ...NONE, ca: await write('bundle.pem', bundle) })).toMatchObject({ ok: true });
});

test('an expired certificate is read: whoever judges it says so', async () => {
  const paths = await writeTls(folder, 'expired', authority.issue({ names: ['localhost'], expired: true }));
  expect(await readTls(paths)).toMatchObject({ ok: true });
});

describe('the error names key and file where', () => {
  test('the file is not there', async () => {
    const ca = join(folder, 'missing.pem');
    expect(await problemOf({ ca })).toBe(`"ca" (${ca}) is not there`);
  });

  test('it is a folder', async () => {
    expect(await problemOf({ ca: folder })).toBe(`"ca" (${folder}) is a folder; a PEM file is expected`);
  });

  test.skipIf(process.getuid?.() === 0)('it may not be read', async () => {
    const ca = await write('secret.pem', authority.caPem);
    await chmod(ca, 0);
    expect(await problemOf({ ca })).toBe(`"ca" (${ca}) cannot be read: this user lacks the permission`);
  });

  test('it holds no certificate', async () => {
    const ca = await write('empty.pem', '');
    expect(await problemOf({ ca })).toBe(`"ca" (${ca}) holds no PEM certificate`);
  });

  test('it holds a certificate that is not PEM', async () => {
    const ca = await write('ca.der', new X509Certificate(authority.caPem).raw);
    expect(await problemOf({ ca })).toContain(`"ca" (${ca}) is in DER form; PEM is expected`);
  });

  test('one of its certificates is broken', async () => {
    const broken = '-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n';
    const ca = await write('broken.pem', `${authority.caPem}${broken}`);
    expect(await problemOf({ ca })).toBe(
      `"ca" (${ca}) holds a certificate that cannot be read (number 2 of 2)`,
    );
  });

  test('it is larger than any file of certificates', async () => {
    const ca = await write('large.pem', Buffer.alloc(4 * 1024 * 1024 + 1, ' '));
    expect(await problemOf({ ca })).toBe(`"ca" (${ca}) is too large for a file with certificates or a key`);
  });

  test('certificate and key are swapped', async () => {
    const { cert, key } = await writeTls(folder, 'swapped', issued);
    expect(await problemOf({ cert: key, key: cert })).toBe(
      `"cert" (${key}) holds no PEM certificate, but a private key: are "cert" and "key" swapped?`,
    );
    expect(await problemOf({ cert, key: cert })).toBe(
      `"key" (${cert}) holds no PEM private key, but a certificate: are "cert" and "key" swapped?`,
    );
  });

  test('the key belongs to another certificate', async () => {
    const { cert } = await writeTls(folder, 'one', issued);
    const { key } = await writeTls(folder, 'two', authority.issue({ names: ['localhost'] }));
    expect(await problemOf({ cert, key })).toBe(`"key" (${key}) does not belong to "cert" (${cert})`);
  });

  test('the key is encrypted, in either form', async () => {
    const { cert } = await writeTls(folder, 'encrypted', issued);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const secret = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const;
    const newer = await write('pkcs8.pem', privateKey.export({ type: 'pkcs8', ...secret }));
    expect(await problemOf({ cert, key: newer })).toContain(`"key" (${newer}) is encrypted`);
    const older = await write('sec1.pem', privateKey.export({ type: 'sec1', ...secret }));
    expect(await problemOf({ cert, key: older })).toContain(`"key" (${older}) is encrypted`);
  });

  test('the key is broken, of which nothing is told', async () => {
    const { cert } = await writeTls(folder, 'broken', issued);
    const content = issued.keyPem.replace(/\n.{20}/, '\n');
    const key = await write('broken-key.pem', content);
    const problem = await problemOf({ cert, key });
    expect(problem).toBe(`"key" (${key}) holds a private key that cannot be read`);
  });

  test('one of certificate and key is missing', async () => {
    const { cert, key } = await writeTls(folder, 'half', issued);
    expect(await problemOf({ cert })).toBe(
      `"cert" (${cert}) is of no use without its private key: set "key" too`,
    );
    expect(await problemOf({ key })).toBe(
      `"key" (${key}) is of no use without its certificate: set "cert" too`,
    );
  });

  test('OpenSSL will have none of them', async () => {
    const { certPem, keyPem } = createAuthority('Weak').issue({ names: ['localhost'], weak: true });
    const paths = await writeTls(folder, 'weak', { certPem, keyPem });
    expect(await problemOf(paths)).toBe(`${paths.cert}, ${paths.key}: cannot be used (ee key too small)`);
  });
});
