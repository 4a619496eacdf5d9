import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect } from 'vitest';
import type { ServingTlsFiles } from '../../standins/tls-files.js';
import { createAuthority, type Issued, type IssueOptions, writeTls } from '../../support/certificates.js';
import { type DevProcess, type Finished, runCroupier } from '../../support/dev-process.js';

/** Of the certificates; removed with the last test of the file. */
export const folder = await mkdtemp(join(tmpdir(), 'croupier-certificates-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

export const authority = createAuthority();
const stranger = createAuthority('Another Authority');

/** Everything that must not be seen anywhere. */
const privateKeys: string[] = [];

async function issue(name: string, options: Partial<IssueOptions> = {}, by = authority) {
  const issued: Issued = by.issue({ names: ['127.0.0.1', 'localhost'], ...options });
  privateKeys.push(issued.keyPem);
  return writeTls(folder, name, { caPem: authority.caPem, ...issued });
}

/** What peers upstream serve with: `ca` makes them ask for a certificate. */
export const peers = {
  good: await issue('good'),
  expired: await issue('expired', { expired: true }),
  elsewhere: await issue('elsewhere', { names: ['agent.example'] }),
};
/** What the gateway, or a game server, serves with. */
export const gateway = await issue('gateway', { anyUse: true });
/** What is shown to those who ask. */
export const client = await issue('client', { names: ['developer'], client: true });
export const unknownClient = await issue('unknown', { names: ['developer'], client: true }, stranger);
/** Paths of the authorities. */
export const ca = client.ca ?? '';
export const strangerCa = (await writeTls(folder, 'stranger', { caPem: stranger.caPem })).ca ?? '';

/** A file in which each line lacks its first character. */
export const brokenKey = join(folder, 'broken-key.pem');
const [begin = '', ...lines] = readFileSync(gateway.key ?? '', 'utf8').split('\n');
await writeFile(brokenKey, [begin, ...lines.map((line) => line.slice(1))].join('\n'));

/** Asks nobody for a certificate. */
export function askingNobody({ cert, key }: ServingTlsFiles): ServingTlsFiles {
  return { cert, key };
}

/** What the sessions and commands of a test have put out. */
const outputs: (() => string)[] = [];

/** Looks for private keys in what the session puts out, and for anything on its stderr, such as a warning of Node's. */
export function watch(dev: DevProcess): void {
  outputs.push(() => {
    expect(dev.stderr.join('')).toBe('');
    return JSON.stringify(dev.events);
  });
}

/** Runs a command, and looks for private keys in what it puts out. */
export async function croupier(
  cwd: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Finished> {
  const finished = await runCroupier(cwd, words, env);
  outputs.push(() => finished.stdout + finished.stderr);
  return finished;
}

afterEach(() => {
  const text = outputs
    .splice(0)
    .map((output) => output())
    .join('\n');
  expect(text).not.toBe('');
  const lines = privateKeys.flatMap((key) => key.split('\n')).filter((line) => /^[\w+/=]{20,}$/.test(line));
  // Without its first character, as the broken key has it.
  expect(lines.filter((line) => text.includes(line.slice(1)))).toEqual([]);
  expect(text).not.toContain('PRIVATE KEY');
});
