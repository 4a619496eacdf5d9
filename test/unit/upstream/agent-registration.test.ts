import { describe, expect, test } from 'vitest';
import type { LocalFunction } from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import {
  hasAppended,
  indexListing,
  missingFunctions,
  ownAddress,
  showsAlready,
  showsOurs,
} from '../../../src/upstream/agent-listing.js';
import {
  functionsToSend,
  makeRegistration,
  planRegistrations,
  type Registration,
} from '../../../src/upstream/agent-registration.js';
import { service } from './agent-fixtures.js';
import { offeredFunction as fn } from './server-fixtures.js';

const NOBODY: ReadonlySet<string> = new Set();

function registration(...functions: readonly Parameters<typeof fn>[]): Registration {
  return makeRegistration({
    serviceId: 'game-1234',
    version: '1.0.0',
    functions: functions.map((one) => fn(...one)),
    owners: ['game'],
  });
}

describe('what is to be registered', () => {
  test('each service under its own id, and each claim under the id that it was made with', () => {
    const claims = [{ serviceId: 'sdk-id', version: '7', functions: [fn('c')] }];
    const planned = planRegistrations([service({ claims })], NOBODY);
    expect(
      [...planned.values()].map((one) => [one.serviceId, one.version, one.functions.map(({ id }) => id)]),
    ).toEqual([
      ['game-1234', '1.0.0', ['a', 'b']],
      ['sdk-id', '7', ['c']],
    ]);
  });

  test('nothing of a service that is withheld or has no functions', () => {
    expect(planRegistrations([service()], new Set(['game']))).toEqual(new Map());
    expect(planRegistrations([service({ functions: [] })], NOBODY)).toEqual(new Map());
  });

  test('one registration for one id, whoever claims it', () => {
    const claims = [{ serviceId: 'game-1234', version: '2', functions: [fn('b'), fn('c')] }];
    const planned = planRegistrations(
      [service(), service({ name: 'shop', serviceId: 'shop', claims })],
      NOBODY,
    );
    const shared = planned.get('game-1234');
    expect(shared?.functions.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(shared?.owners).toEqual(['game', 'shop']);
    // A withheld owner takes its own functions along, and no others.
    const left = planRegistrations([service(), service({ name: 'shop', claims })], new Set(['game']));
    expect(left.get('game-1234')?.owners).toEqual(['shop']);
  });

  test.each<[string, Registration, boolean]>([
    ['the order of functions', registration(['b'], ['a']), true],
    ['a function more', registration(['a'], ['b'], ['c']), false],
    ['a version', registration(['a'], ['b', { version: '2' }]), false],
    ['a schema', registration(['a'], ['b', { inputSchema: '{}' }]), false],
    ['a tag', registration(['a'], ['b', { tags: ['x'] }]), false],
    ['a flag', registration(['a'], ['b', { deprecated: true }]), false],
    ['the risk', registration(['a'], ['b', { risk: 'high' }]), false],
  ])('is the same after a change of %s: %#', (_, changed, isSame) => {
    expect(changed.key === registration(['a'], ['b']).key).toBe(isSame);
  });
});

describe('what is sent', () => {
  const present = registration(['a'], ['b']);

  test('everything, to an agent that replaces, or has nothing, or another version of the service', () => {
    const wanted = registration(['a'], ['c']);
    expect(functionsToSend(wanted, present, false)).toEqual(wanted.functions);
    expect(functionsToSend(wanted, null, true)).toEqual(wanted.functions);
    const older = makeRegistration({ ...present, version: '0.9.0' });
    expect(functionsToSend(wanted, older, true)).toEqual(wanted.functions);
  });

  test('to one that appends only what is new to it', () => {
    const wanted = registration(['a'], ['b', { version: '2' }], ['c']);
    expect(functionsToSend(wanted, present, true).map(({ id }) => id)).toEqual(['b', 'c']);
    expect(functionsToSend(registration(['a']), present, true)).toEqual([]);
  });
});

/** `service function address version`. */
function list(...lines: readonly string[]): LocalFunction[] {
  return lines.map((line) => {
    const [serviceId = '', id = '', addr = '', version = ''] = line.split(' ');
    return { id, instances: [{ serviceId, addr, version, lastSeen: '' }] };
  });
}

describe('what a list shows', () => {
  const isOurs = ownAddress('127.0.0.1:41000');
  const wanted = registration(['a'], ['b']);

  test.each([
    ['127.0.0.1:41000', true],
    ['localhost:41000', true],
    ['[::]:41000', true],
    [':41000', true],
    ['127.0.0.1:41001', false],
    ['10.0.0.1:41000', false],
    ['', false],
  ])('%s leads to our gateway: %s', (address, expected) => {
    expect(isOurs(address)).toBe(expected);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['nothing', [], ['a', 'b']],
    ['all', ['game-1234 a 127.0.0.1:41000', 'game-1234 b localhost:41000'], []],
    ['another address', ['game-1234 a 127.0.0.1:9', 'game-1234 b 127.0.0.1:41000'], ['a']],
    ['another service', ['other a 127.0.0.1:41000', 'game-1234 b 127.0.0.1:41000'], ['a']],
  ])('%s: missing', (_, lines, missing) => {
    expect(missingFunctions(indexListing(list(...lines)), wanted, isOurs)).toEqual(missing);
  });

  const AT_A = 'game-1234 a 127.0.0.1:41000';
  const AT_B = 'game-1234 b 127.0.0.1:41000';

  test.each<[string, readonly string[], boolean]>([
    ['the versions of the functions', [`${AT_A} 1.0.0`, `${AT_B} 1.0.0`], true],
    ['an older version', [`${AT_A} 1.0.0`, `${AT_B} 0.9.0`], false],
    ['no version', [AT_A, AT_B], false],
    ['one function only', [`${AT_A} 1.0.0`], false],
    ['older entries besides', [`${AT_A} 1.0.0`, `${AT_B} 0.9.0`, `${AT_B} 1.0.0`], true],
  ])('%s: need not be sent again', (_, lines, expected) => {
    expect(showsAlready(indexListing(list(...lines)), wanted, isOurs)).toBe(expected);
  });

  test.each<[string, Registration | null, readonly string[], boolean]>([
    ['as it was told', wanted, [AT_A, AT_B], false],
    ['less than it was told', wanted, [AT_A], false],
    ['the same twice', wanted, [AT_A, AT_A, AT_B], true],
    ['a function that is not ours any more', registration(['a']), [AT_A, AT_B], true],
    ['an older address besides', wanted, [AT_A, AT_B, 'game-1234 a 127.0.0.1:9'], true],
    ['another address only', wanted, ['game-1234 a 127.0.0.1:9'], false],
    ['something after an empty list', null, [AT_A], true],
    ['nothing after an empty list', null, ['other a 127.0.0.1:41000'], false],
  ])('%s: it appends', (_, present, lines, expected) => {
    expect(hasAppended(indexListing(list(...lines)), 'game-1234', present, isOurs)).toBe(expected);
  });

  test('whether something of ours is left', () => {
    expect(showsOurs(indexListing(list(AT_A)), 'game-1234', isOurs)).toBe(true);
    expect(showsOurs(indexListing(list('game-1234 a 127.0.0.1:9')), 'game-1234', isOurs)).toBe(false);
  });
});
