import { expect, it } from 'vitest';
import type { RestartStrategy } from '../../../src/config/types.js';
import { initialMode } from '../../../src/dev/strategy.js';

function mode(strategy: RestartStrategy, argv: readonly string[], shell = false) {
  const restart = {
    strategy,
    signal: 'SIGTERM',
    stopTimeout: 1,
    keepOld: 1,
    backoff: { initial: 1, max: 1 },
  } as const;
  return initialMode({ restart, command: { argv, shell, display: argv.join(' ') } });
}

it.each<[RestartStrategy, readonly string[], boolean, 'overlap' | 'stop-first', RegExp | null]>([
  ['auto', ['node', 'server.js'], false, 'overlap', null],
  ['auto', ['node', '--inspect', 'server.js'], false, 'stop-first', /9229/],
  ['auto', ['node', '--inspect=0', 'server.js'], false, 'overlap', null],
  ['auto', ['node --inspect=127.0.0.1:9230 server.js | tee log'], true, 'stop-first', /9230/],
  [
    'auto',
    ['java', '-agentlib:jdwp=transport=dt_socket,server=y,address=*:5005', '-jar', 'a.jar'],
    false,
    'stop-first',
    /5005/,
  ],
  ['overlap', ['node', '--inspect', 'server.js'], false, 'overlap', null],
  ['stop-first', ['node', 'server.js'], false, 'stop-first', null],
])('%s with %j begins as designed', (strategy, argv, shell, expected, why) => {
  const chosen = mode(strategy, argv, shell);
  expect(chosen.mode).toBe(expected);
  if (why === null) expect(chosen.why).toBeNull();
  else expect(chosen.why).toMatch(why);
});
