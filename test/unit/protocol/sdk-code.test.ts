import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REPOSITORY } from '../../support/dev-process.js';

const PROTO = join(REPOSITORY, 'src', 'protocol', 'proto');

it('the protocol code of the Go and Python SDKs was made from the files as they are: npm run generate:sdks', () => {
  const made: Record<string, string> = JSON.parse(readFileSync(join(PROTO, 'sdk-code.json'), 'utf8'));
  const files = Object.keys(made);
  expect(files).toContain('croupier/dev/v1/hot_reload.proto');
  const now = files.map((file) => [
    file,
    createHash('sha256')
      .update(readFileSync(join(PROTO, file)))
      .digest('hex'),
  ]);
  expect(made).toEqual(Object.fromEntries(now));
});
