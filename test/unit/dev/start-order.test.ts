import { describe, expect, it } from 'vitest';
import { StartOrder } from '../../../src/dev/start-order.js';

describe('the order of starts', () => {
  it('without dependencies all start at once, and only once', () => {
    const order = new StartOrder([
      { name: 'a', dependsOn: [] },
      { name: 'b', dependsOn: [] },
    ]);
    expect(order.due()).toEqual(['a', 'b']);
    expect(order.due()).toEqual([]);
    expect(order.activated('a')).toEqual([]);
  });

  it('a service waits for all that it needs', () => {
    const order = new StartOrder([
      { name: 'game', dependsOn: ['db', 'lobby'] },
      { name: 'lobby', dependsOn: ['db'] },
      { name: 'db', dependsOn: [] },
    ]);
    expect(order.due()).toEqual(['db']);
    expect(order.waiting).toEqual([
      { name: 'game', needs: ['db', 'lobby'] },
      { name: 'lobby', needs: ['db'] },
    ]);
    expect(order.activated('db')).toEqual(['lobby']);
    // A later generation of the same service changes nothing.
    expect(order.activated('db')).toEqual([]);
    expect(order.activated('lobby')).toEqual(['game']);
    expect(order.waiting).toEqual([]);
  });

  it('one that comes later waits for those that were never active', () => {
    const order = new StartOrder([{ name: 'db', dependsOn: [] }]);
    order.due();
    order.activated('db');
    order.add({ name: 'game', dependsOn: ['db', 'lobby'] });
    expect(order.due()).toEqual([]);
    expect(order.waiting).toEqual([{ name: 'game', needs: ['lobby'] }]);
    expect([order.isWaiting('game'), order.isWaiting('db')]).toEqual([true, false]);
    expect(order.activated('lobby')).toEqual(['game']);
  });

  it('one that waits can depend on others instead', () => {
    const order = new StartOrder([
      { name: 'game', dependsOn: ['db'] },
      { name: 'db', dependsOn: [] },
    ]);
    order.due();
    order.add({ name: 'game', dependsOn: [] });
    expect(order.due()).toEqual(['game']);
  });

  it('one that is gone is nothing to wait for, and has to be active again when it is back', () => {
    const order = new StartOrder([
      { name: 'db', dependsOn: [] },
      { name: 'lobby', dependsOn: ['shop'] },
    ]);
    order.due();
    order.activated('db');
    order.remove('db');
    order.remove('lobby');
    expect(order.waiting).toEqual([]);
    order.add({ name: 'game', dependsOn: ['db'] });
    expect(order.due()).toEqual([]);
  });
});
