import { describe, expect, it } from 'vitest';
import { SelfRegistered } from '../../../src/dev/self-registered.js';
import type { AdoptedRegistration, GenerationRef } from '../../../src/gateway/types.js';
import type { LocalFunction } from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const OURS = '127.0.0.1:19091';

function listed(id: string, ...instances: readonly (readonly [string, string])[]): LocalFunction {
  return {
    id,
    instances: instances.map(([serviceId, addr]) => ({ serviceId, addr, version: '2.0.0', lastSeen: '' })),
  };
}

/** Processes of ours by the address that they listen on. */
function open(listeners: Record<string, GenerationRef>) {
  const clock = new VirtualClock();
  const adopted: { readonly owner: GenerationRef; readonly registration: AdoptedRegistration }[] = [];
  const claimed: string[] = [];
  const asked: string[] = [];
  const self = new SelfRegistered({
    clock,
    isOurs: (serviceId, address) => serviceId === 'game-1234' || address === OURS,
    findListener: async (address) => {
      asked.push(address);
      return listeners[address] ?? null;
    },
    adopt: (owner, registration) => {
      adopted.push({ owner, registration });
      return owner.generation !== 99;
    },
    onClaimed: (name, serviceId, isNew) => claimed.push(`${name} ${serviceId} ${isNew ? 'new' : 'again'}`),
  });
  return { self, clock, adopted, claimed, asked };
}

describe('services that register with the upstream by themselves', () => {
  it('are handed to the generation that listens there, with all functions of one registration', async () => {
    const { self, adopted, claimed } = open({ '127.0.0.1:5000': { name: 'game', generation: 3 } });
    await self.look([
      listed('ban', ['poker', '127.0.0.1:5000'], ['other', '127.0.0.1:6000']),
      listed('kick', ['poker', '127.0.0.1:5000']),
    ]);
    expect(adopted).toHaveLength(1);
    expect(adopted[0]?.owner).toEqual({ name: 'game', generation: 3 });
    expect(adopted[0]?.registration).toMatchObject({
      serviceId: 'poker',
      version: '2.0.0',
      rpcAddress: '127.0.0.1:5000',
      functions: [{ id: 'ban', version: '2.0.0' }, { id: 'kick' }],
    });
    expect(claimed).toEqual(['game poker new']);
    expect(self.claims('game').map(({ serviceId }) => serviceId)).toEqual(['poker']);
    expect(self.claims('else')).toEqual([]);
  });

  it('a later generation at another address is taken over as well', async () => {
    const { self, adopted, claimed } = open({
      '127.0.0.1:5000': { name: 'game', generation: 1 },
      '127.0.0.1:5001': { name: 'game', generation: 2 },
    });
    await self.look([listed('ban', ['poker', '127.0.0.1:5000'])]);
    await self.look([listed('ban', ['poker', '127.0.0.1:5001'])]);
    expect(adopted.map(({ owner }) => owner.generation)).toEqual([1, 2]);
    expect(claimed).toEqual(['game poker new', 'game poker again']);
  });

  it('what is ours, or on another machine, is not looked into', async () => {
    const { self, asked } = open({});
    await self.look([
      listed('ban', ['game-1234', '127.0.0.1:7000'], ['poker', OURS], ['far', '10.0.0.9:5000']),
    ]);
    expect(asked).toEqual([]);
  });

  it('an address of somebody else is asked about again only after a while', async () => {
    const { self, asked, clock } = open({});
    const list = [listed('ban', ['other', '127.0.0.1:6000'])];
    await self.look(list);
    await self.look(list);
    expect(asked).toHaveLength(1);
    await clock.advance(2001);
    await self.look(list);
    expect(asked).toHaveLength(2);
  });

  it('a generation that is gone claims nothing', async () => {
    const { self, claimed } = open({ '127.0.0.1:5000': { name: 'game', generation: 99 } });
    await self.look([listed('ban', ['poker', '127.0.0.1:5000'])]);
    expect(claimed).toEqual([]);
  });

  it('what is listed while another list is looked at is looked at as well, though it is listed no more', async () => {
    const { self, asked } = open({});
    const first = self.look([listed('a', ['x', '127.0.0.1:1'])]);
    void self.look([listed('a', ['x', '127.0.0.1:2'])]);
    void self.look([listed('a', ['x', OURS])]);
    await first;
    expect(asked).toEqual(['127.0.0.1:1', '127.0.0.1:2']);
  });

  it('one that is not found at once is taken over when it is, though it is listed no more', async () => {
    const listeners: Record<string, GenerationRef> = {};
    const { self, adopted, clock } = open(listeners);
    await self.look([listed('ban', ['poker', '127.0.0.1:5000'])]);
    listeners['127.0.0.1:5000'] = { name: 'game', generation: 2 };
    await self.look([listed('ban', ['poker', OURS])]);
    expect(adopted).toEqual([]);
    await clock.advance(2001);
    await self.look([listed('ban', ['poker', OURS])]);
    expect(adopted.map(({ owner }) => owner.generation)).toEqual([2]);
  });

  it('one that is somebody else is not looked at for ever', async () => {
    const { self, asked, clock } = open({});
    await self.look([listed('ban', ['other', '127.0.0.1:6000'])]);
    for (let times = 0; times < 5; times++) {
      await clock.advance(2001);
      await self.look([]);
    }
    expect(asked).toHaveLength(3);
  });
});
