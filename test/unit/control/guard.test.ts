import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { HostGuard, TokenGuard } from '../../../src/control/guard.js';

function hostIs(guard: HostGuard, host: string | undefined, origin?: string): string | null {
  return guard.check({ host, origin })?.code ?? null;
}

describe('the host', () => {
  const guard = new HostGuard('127.0.0.1', 4711);

  it.each(['127.0.0.1:4711', 'localhost:4711', 'LOCALHOST:4711', '[::1]:4711'])('may be %s', (host) => {
    expect(hostIs(guard, host)).toBeNull();
  });

  it.each([
    undefined,
    '',
    'evil.example:4711',
    'localhost.evil.example:4711',
    '127.0.0.1.nip.io:4711',
    '127.0.0.1',
    '127.0.0.1:80',
    '127.0.0.1:47110',
    'localhost:4711@evil.example',
    '192.168.0.7:4711',
    '0.0.0.0:4711',
  ])('may not be %s', (host) => {
    expect(hostIs(guard, host)).toBe('foreign-host');
  });

  it('may be the one that was configured', () => {
    const elsewhere = new HostGuard('10.0.0.7', 4711);
    expect(hostIs(elsewhere, '10.0.0.7:4711')).toBeNull();
    expect(hostIs(elsewhere, 'localhost:4711')).toBeNull();
    expect(hostIs(elsewhere, '10.0.0.8:4711')).toBe('foreign-host');
  });

  it('may be any address where it listens everywhere, and no foreign name', () => {
    for (const everywhere of [new HostGuard('0.0.0.0', 4711), new HostGuard('::', 4711)]) {
      expect(hostIs(everywhere, '192.168.0.7:4711')).toBeNull();
      expect(hostIs(everywhere, '[fe80::1]:4711')).toBeNull();
      expect(hostIs(everywhere, `${hostname()}:4711`)).toBeNull();
      expect(hostIs(everywhere, 'evil.example:4711')).toBe('foreign-host');
    }
  });

  it('on port 80 need not name the port', () => {
    expect(hostIs(new HostGuard('127.0.0.1', 80), 'localhost')).toBeNull();
  });
});

describe('the origin', () => {
  const guard = new HostGuard('127.0.0.1', 4711);

  it.each([undefined, 'http://127.0.0.1:4711', 'http://localhost:4711'])('may be %s', (origin) => {
    expect(hostIs(guard, '127.0.0.1:4711', origin)).toBeNull();
  });

  it.each([
    '',
    'null',
    'http://evil.example',
    'http://127.0.0.1:3000',
    'https://127.0.0.1:4711',
    '127.0.0.1:4711',
    'http://127.0.0.1:4711.evil.example',
  ])('may not be %s', (origin) => {
    expect(hostIs(guard, '127.0.0.1:4711', origin)).toBe('foreign-origin');
  });
});

describe('the token', () => {
  const guard = new TokenGuard('secret');

  it('is asked for, and compared', () => {
    expect(guard.check('Bearer secret')).toBeNull();
    expect(guard.check('bearer   secret')).toBeNull();
    for (const none of [undefined, '', 'secret', 'Basic secret', 'Bearer', 'Bearer ']) {
      expect(guard.check(none)?.code).toBe('no-token');
    }
    for (const wrong of ['Bearer Secret', 'Bearer secre', 'Bearer secret2']) {
      expect(guard.check(wrong)?.code).toBe('wrong-token');
    }
  });

  it('is told to nobody', () => {
    expect(JSON.stringify(guard.check('Bearer guess'))).not.toMatch(/secret|guess/);
  });
});
