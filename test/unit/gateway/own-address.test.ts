import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { reaches } from '../../../src/gateway/own-address.js';

describe('a target', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '::1', false],
    ['192.0.2.1', '127.0.0.1', false],
    ['127.0.0.1', '192.0.2.1', false],
    ['::1', 'localhost', true],
    ['127.0.0.1', 'localhost', true],
    ['127.0.0.1', '0.0.0.0', true],
    ['127.0.0.1', '::', true],
    ['::1', '::', true],
    ['192.0.2.1', '0.0.0.0', false],
  ])('%s gets to a listener on %s: %s', (host, listener, expected) => {
    expect(reaches({ host, port: 1234 }, { host: listener, port: 1234 })).toBe(expected);
    expect(reaches({ host, port: 1234 }, { host: listener, port: 1235 })).toBe(false);
  });

  test('with any address of this machine gets to a listener on all of them', () => {
    const addresses = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
    expect(addresses.length).toBeGreaterThan(0);
    for (const { address } of addresses) {
      expect(reaches({ host: address, port: 1 }, { host: '0.0.0.0', port: 1 })).toBe(true);
    }
  });
});
