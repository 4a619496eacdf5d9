import { expect, test } from 'vitest';
import type { LocalInstance } from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import type { DescribeResponse } from '../../../src/protocol/gen/croupier/dev/v1/session.js';
import type { Sighting } from '../../../src/upstream/instance-sighting.js';
import { judgeWhoStays } from '../../../src/upstream/who-stays.js';
import { DESCRIBED } from './fake-agent.js';

const OURS = 'm';
const INSTANCE: Sighting = { seen: 'instance' };
const NOTHING: Sighting = { seen: 'nothing' };
const DESERTED = 'no other live instance serves f';
const IN_A_SWAP = 'whoever else serves f is in a swap as well';

/** The gateway of a session with smaller or larger id than ours. */
function session(sessionId: string, more: Partial<DescribeResponse> = {}): Sighting {
  return { seen: 'session', session: { ...DESCRIBED, sessionId, ...more } };
}

/** Instances `one`, `two`, ... of function f, at addresses of the same names. */
function judge(...sightings: readonly Sighting[]) {
  const names = ['one', 'two', 'three'].slice(0, sightings.length);
  const instances = names.map(
    (name): LocalInstance => ({ serviceId: name, addr: `at-${name}`, version: '', lastSeen: '' }),
  );
  const seen = new Map(sightings.map((one, index) => [`at-${names[index]}`, one]));
  return judgeWhoStays(['f'], new Map([['f', instances]]), seen, OURS);
}

test.each<[string, readonly Sighting[], object]>([
  ['nobody', [], { verdict: 'unserved', why: DESERTED }],
  ['nobody alive', [NOTHING], { verdict: 'unserved', why: DESERTED }],
  ['a game server', [INSTANCE], { verdict: 'served' }],
  ['a session', [session('a')], { verdict: 'served' }],
  ['a session with another service that leaves', [session('a', { leaving: ['x'] })], { verdict: 'served' }],
  ['a session that went', [session('z', { takenOut: ['one'] })], { verdict: 'unserved', why: IN_A_SWAP }],
  [
    'an earlier session that leaves',
    [session('a', { leaving: ['one'] })],
    { verdict: 'unserved', why: IN_A_SWAP },
  ],
  [
    'a later session that leaves',
    [session('z', { leaving: ['one'] })],
    { verdict: 'undecided', why: IN_A_SWAP },
  ],
  [
    'one that leaves, and one that stays',
    [session('a', { leaving: ['one'] }), session('b')],
    { verdict: 'served' },
  ],
  [
    'one that leaves, and one dead',
    [session('a', { leaving: ['one'] }), NOTHING],
    { verdict: 'unserved', why: IN_A_SWAP },
  ],
  [
    'an earlier and a later one that leave',
    [session('a', { leaving: ['one'] }), session('z', { leaving: ['two'] })],
    { verdict: 'undecided', why: IN_A_SWAP },
  ],
  ['ourselves by another address', [session(OURS)], { verdict: 'unserved', why: DESERTED }],
])('where the others are %s', (_, sightings, verdict) => {
  expect(judge(...sightings)).toEqual(verdict);
});

test('each function has to be served; one that nobody serves decides', () => {
  const at = (serviceId: string): LocalInstance => ({
    serviceId,
    addr: serviceId,
    version: '',
    lastSeen: '',
  });
  const others = new Map([
    ['f', [at('late')]],
    ['g', [at('stays')]],
  ]);
  const seen = new Map([
    ['late', session('z', { leaving: ['late'] })],
    ['stays', INSTANCE],
  ]);
  expect(judgeWhoStays(['g'], others, seen, OURS)).toEqual({ verdict: 'served' });
  expect(judgeWhoStays(['g', 'f'], others, seen, OURS)).toEqual({ verdict: 'undecided', why: IN_A_SWAP });
  expect(judgeWhoStays(['f', 'h'], others, seen, OURS)).toEqual({
    verdict: 'unserved',
    why: 'no other live instance serves h',
  });
});
