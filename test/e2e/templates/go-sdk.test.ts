import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommand, succeeds } from '../../conformance/languages/run-command.js';
import { REPOSITORY } from '../../support/dev-process.js';

const TEMPLATE = join(REPOSITORY, 'templates', 'go');
const CONFORMANCE = join(REPOSITORY, 'test', 'conformance', 'apps', 'go');

/** Where nothing was built before, the standard library and gRPC are. In ms. */
const BUILT_WITHIN_MS = 10 * 60_000;

/** What it imports is there or can be fetched; the go command itself is new enough, or fetches the one that is wanted. */
const isReady = succeeds(['go', '-C', TEMPLATE, 'mod', 'download']);

describe.skipIf(!isReady)('the template go', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-go-sdk-')));
  cpSync(TEMPLATE, folder, { recursive: true });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['go.mod', 'go.sum'])('has the %s that the conformance suite runs its SDK with', (file) => {
    expect(readFileSync(join(TEMPLATE, file), 'utf8')).toBe(readFileSync(join(CONFORMANCE, file), 'utf8'));
  });

  it(
    'passes the tests of its functions and of the SDK in it',
    async () => {
      expect(await runCommand(['gofmt', '-l', '.'], folder)).toBe('');
      await runCommand(['go', 'vet', '-tags', 'hot', './...'], folder);
      await runCommand(['go', 'test', './...'], folder);
    },
    BUILT_WITHIN_MS,
  );
});
