import { describe, expect, test } from 'vitest';
import { AppendingRegistry, ReplacingRegistry } from '../../standins/agent-registry.js';
import { registration, shown } from './registrations.js';

const HOUR = 3_600_000;

describe('the newer agents', () => {
  test('a registration replaces every entry of its service', () => {
    const registry = new ReplacingRegistry();
    registry.register(registration('game', 'a:1', ['echo', 'ban']), 0);
    registry.register(registration('game', 'b:2', ['echo@2.0.0']), 1);
    expect(shown(registry.list())).toEqual({ echo: ['game b:2 2.0.0'] });
  });

  test('an empty registration takes its service out, and no other', () => {
    const registry = new ReplacingRegistry();
    registry.register(registration('one', 'a:1', ['echo']), 0);
    registry.register(registration('two', 'b:2', ['echo']), 0);
    registry.register(registration('one', 'a:1', []), 1);
    expect(shown(registry.list())).toEqual({ echo: ['two b:2 1.0.0'] });
    expect(registry.pick('echo')?.addr).toBe('b:2');
  });

  test('the first instance gets every call; one that registers again goes to the end', () => {
    const registry = new ReplacingRegistry();
    registry.register(registration('one', 'a:1', ['echo']), 0);
    registry.register(registration('two', 'b:2', ['echo']), 0);
    expect([registry.pick('echo')?.addr, registry.pick('echo')?.addr]).toEqual(['a:1', 'a:1']);
    registry.register(registration('one', 'a:1', ['echo']), 1);
    expect(registry.pick('echo')?.addr).toBe('b:2');
    expect(shown(registry.list())).toEqual({ echo: ['two b:2 1.0.0', 'one a:1 1.0.0'] });
  });

  test('nothing expires; a heartbeat only shows', () => {
    const registry = new ReplacingRegistry();
    registry.register(registration('game', 'a:1', ['echo']), 0);
    registry.heartbeat('game', HOUR);
    registry.heartbeat('unknown', HOUR);
    expect(registry.list()[0]?.instances[0]?.lastSeen).toBe('1970-01-01T01:00:00.000Z');
    expect(registry.pick('echo')?.addr).toBe('a:1');
  });
});

describe('the older agents', () => {
  test('registrations are appended, the same as any other', () => {
    const registry = new AppendingRegistry(60_000);
    registry.register(registration('game', 'a:1', ['echo']), 0);
    registry.register(registration('game', 'b:2', ['echo@2.0.0']), 0);
    registry.register(registration('game', 'b:2', ['echo@2.0.0']), 0);
    expect(shown(registry.list(0))).toEqual({ echo: ['game a:1 1.0.0', 'game b:2 2.0.0', 'game b:2 2.0.0'] });
  });

  test('an empty registration changes nothing', () => {
    const registry = new AppendingRegistry(60_000);
    registry.register(registration('game', 'a:1', ['echo']), 0);
    registry.register(registration('game', 'a:1', []), 0);
    expect(shown(registry.list(0))).toEqual({ echo: ['game a:1 1.0.0'] });
  });

  test('instances get calls in turn', () => {
    const registry = new AppendingRegistry(60_000);
    for (const name of ['a', 'b', 'c']) registry.register(registration(name, `${name}:1`, ['echo']), 0);
    const picked = Array.from({ length: 5 }, () => registry.pick('echo', 0)?.serviceId);
    expect(picked).toEqual(['a', 'b', 'c', 'a', 'b']);
  });

  test('silence ends an instance, a heartbeat does not let it come to that', () => {
    const registry = new AppendingRegistry(60_000);
    registry.register(registration('silent', 'a:1', ['echo', 'ban']), 0);
    registry.register(registration('heard', 'b:2', ['echo']), 0);
    registry.heartbeat('heard', 30_000);
    expect(shown(registry.list(59_999))).toHaveProperty('ban');
    expect(shown(registry.list(60_000))).toEqual({ echo: ['heard b:2 1.0.0'] });
    expect(registry.pick('echo', 89_999)?.serviceId).toBe('heard');
    expect(registry.pick('echo', 90_000)).toBeNull();
  });
});
