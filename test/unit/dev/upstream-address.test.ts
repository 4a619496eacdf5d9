import { describe, expect, it } from 'vitest';
import { advertisedAddress } from '../../../src/dev/advertised-address.js';
import { upstreamServiceId } from '../../../src/dev/service-identity.js';

describe('the address that an upstream is told', () => {
  it.each([
    [null, '127.0.0.1:19091', '127.0.0.1:19091'],
    [null, '0.0.0.0:7000', '127.0.0.1:7000'],
    [null, '[::1]:7000', '[::1]:7000'],
    [null, '192.168.1.4:7000', '192.168.1.4:7000'],
    ['dev.example:7001', '0.0.0.0:7000', 'dev.example:7001'],
    ['dev.example:0', '0.0.0.0:7000', 'dev.example:7000'],
    ['dev.example:10', '0.0.0.0:7000', 'dev.example:10'],
    ['[fd00::1]:0', '[::]:7000', '[fd00::1]:7000'],
  ])('advertise %s, listening on %s: %s', (advertise, listening, address) => {
    expect(advertisedAddress({ advertise }, listening)).toBe(address);
  });
});

describe('the id of a service upstream', () => {
  it('is the same at every start, and another one elsewhere', () => {
    const id = upstreamServiceId('game', '/home/a/game', 'host');
    expect(id).toMatch(/^game-[0-9a-f]{8}$/);
    expect(upstreamServiceId('game', '/home/a/game', 'host')).toBe(id);
    expect(upstreamServiceId('game', '/home/b/game', 'host')).not.toBe(id);
    expect(upstreamServiceId('game', '/home/a/game', 'other')).not.toBe(id);
    expect(upstreamServiceId('game', '/home/a/game')).toBe(upstreamServiceId('game', '/home/a/game'));
  });
});
