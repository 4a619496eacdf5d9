import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { runCroupier } from '../../support/dev-process.js';

/** Prints the address of every module that is loaded. */
const HOOK = 'export async function load(url,context,next){process._rawDebug(url);return next(url,context)}';
const REGISTER = `import{register}from'node:module';register('data:text/javascript,${encodeURIComponent(HOOK)}')`;
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(REGISTER)}`;

it.each([['--version'], ['--help'], ['dev', '--help'], ['invoke', '--help']])(
  'croupier %s %s loads commander and no other dependency',
  async (...words) => {
    const { code, stderr } = await runCroupier(tmpdir(), words.filter(Boolean), { NODE_OPTIONS });
    expect(code).toBe(0);
    const packages = [...stderr.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)\//g)].map(([, name]) => name);
    expect(new Set(packages)).toEqual(new Set(['commander']));
  },
);
