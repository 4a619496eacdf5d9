import { expect, test } from 'vitest';
import { placeOf, toRegisterRequest, withoutFunctions } from '../../../src/upstream/server-registration.js';
import { offeredFunction, offeredService } from './server-fixtures.js';

const IDENTITY = { agentId: 'a', programVersion: '1.2.3', gatewayAddress: '10.0.0.5:19090' };

test('game and environment are those of the first service that says one', () => {
  const services = [
    offeredService('a', [], { gameId: '' }),
    offeredService('b', [], { env: 'dev' }),
    offeredService('c', [], { gameId: 'demo', env: 'prod' }),
  ];
  expect(placeOf(services)).toEqual({ gameId: 'demo', env: 'dev' });
  expect(placeOf([])).toEqual({ gameId: '', env: '' });
});

test('of functions with one id the first is registered, and both processes have it', () => {
  const request = toRegisterRequest(
    [
      offeredService('a', [offeredFunction('f', { version: '1' })]),
      offeredService('b', [offeredFunction('f', { version: '2' }), offeredFunction('g')]),
    ],
    IDENTITY,
    1_700_000_000_999,
  );
  expect(request.functions.map((one) => `${one.id} ${one.version}`)).toEqual(['f 1', 'g 1.0.0']);
  expect(request.processes.map((one) => [one.serviceId, one.functionIds, one.lastSeenUnix])).toEqual([
    ['a-1a2b', ['f'], 1_700_000_000],
    ['b-1a2b', ['f', 'g'], 1_700_000_000],
  ]);
});

test('what a process registered with an agent by itself is none of a server’s business', () => {
  const claims = [{ serviceId: 'own', version: '1', functions: [offeredFunction('h')] }];
  const request = toRegisterRequest([offeredService('a', [offeredFunction('f')], { claims })], IDENTITY, 0);
  expect(request.functions.map((one) => one.id)).toEqual(['f']);
});

test('the good-bye keeps who says it', () => {
  const request = toRegisterRequest([offeredService('a', [offeredFunction('f')])], IDENTITY, 0);
  expect(withoutFunctions(request)).toEqual({ ...request, functions: [], processes: [] });
});
