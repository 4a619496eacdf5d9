import { expect, test } from 'vitest';
import { describeLoadFailure } from '../../../src/sdk/load-failure.js';

const nowhere = async () => null;

function failure(error: Error, stack: string): Promise<string> {
  error.stack = stack;
  return describeLoadFailure(error, '/game', nowhere);
}

test('a module that throws is named with the place', async () => {
  const stack =
    'TypeError: no store\n    at /game/node_modules/x/a.js:1:1\n    at file:///game/functions/ban.ts?croupier=7:3:9';
  expect(await failure(new TypeError('no store'), stack)).toBe('TypeError: no store (functions/ban.ts:3:9)');
});

test('a syntax error is named with its line', async () => {
  const stack =
    "file:///game/functions/ban.mjs?croupier=2:4\nconst = 1;\n      ^\n\nSyntaxError: Unexpected token '='";
  expect(await failure(new SyntaxError("Unexpected token '='"), stack)).toBe(
    "SyntaxError: Unexpected token '=' (functions/ban.mjs:4)",
  );
});

test('a syntax error without a line is looked for', async () => {
  const error = new SyntaxError('Unexpected token');
  error.stack =
    'SyntaxError: Unexpected token\n    at compileSourceTextModule (node:internal/modules:340:16)';
  expect(await describeLoadFailure(error, '/game', async () => '/game/functions/lib/x.mjs:7')).toBe(
    'SyntaxError: Unexpected token (functions/lib/x.mjs:7)',
  );
});

test('a path that the message has itself is not said twice, and is short', async () => {
  const message =
    "Cannot find module '/game/functions/lib/gone.ts' imported from /game/functions/ban.ts?croupier=3";
  expect(await failure(new Error(message), `Error: ${message}`)).toBe(
    "Cannot find module 'functions/lib/gone.ts' imported from functions/ban.ts",
  );
});

test('anything can be thrown', async () => {
  expect(await describeLoadFailure('a text', '/game', nowhere)).toBe('a text');
  const long = await describeLoadFailure(new Error('x'.repeat(100_000)), '/game', nowhere);
  expect(long.length).toBeLessThan(3_000);
});
