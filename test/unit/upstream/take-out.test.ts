import { describe, expect, test } from 'vitest';
import { ok } from '../../../src/core/result.js';
import type { Sighting } from '../../../src/upstream/instance-sighting.js';
import { type SwapPort, takeOut } from '../../../src/upstream/take-out.js';
import type { TakeOutResult } from '../../../src/upstream/types.js';
import { service } from './agent-fixtures.js';
import { DESCRIBED } from './fake-agent.js';
import { offeredFunction } from './server-fixtures.js';

/** The same numbers at every run: a failure names its seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** One agent and some sessions of one service, in an order of steps that chance gives. */
class World {
  /** Ids of the sessions that are registered. */
  readonly registered: Set<string>;
  readonly leaving = new Set<string>();
  readonly takenOut = new Set<string>();
  /** The fewest that were ever registered. */
  fewest: number;
  #due: (() => void)[] = [];
  readonly #random: () => number;

  constructor(ids: readonly string[], seed: number) {
    this.registered = new Set(ids);
    this.fewest = ids.length;
    this.#random = random(seed);
  }

  /** Resolves when chance has it: something else may happen before. */
  step(): Promise<void> {
    return new Promise((resolve) => this.#due.push(resolve));
  }

  /** Some steps, fewer than `limit`. */
  async wait(limit: number): Promise<void> {
    const steps = Math.floor(this.#random() * limit);
    for (let step = 0; step < steps; step++) await this.step();
  }

  async run(all: Promise<unknown>): Promise<void> {
    let isDone = false;
    void all.then(() => {
      isDone = true;
    });
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = this.#due.splice(Math.floor(this.#random() * this.#due.length), 1);
      next?.();
      await Promise.resolve();
      this.fewest = Math.min(this.fewest, this.registered.size);
    }
  }

  /** As AgentSwap does it. */
  async swap(id: string): Promise<TakeOutResult> {
    this.leaving.add(id);
    const departing = {
      service: service({ serviceId: id, functions: [offeredFunction('f')] }),
      sessionId: id,
      ownIds: new Set([id]),
      isOurs: (address: string) => address === id,
    };
    const result = await takeOut(departing, this.#port(id));
    if (result.outcome === 'kept') await this.putBack(id);
    return result;
  }

  async putBack(id: string): Promise<void> {
    await this.step();
    this.registered.add(id);
    this.leaving.delete(id);
    this.takenOut.delete(id);
  }

  #port(id: string): SwapPort {
    const look = async (
      addresses: Iterable<string>,
      see: (address: string) => Sighting,
    ): Promise<ReadonlyMap<string, Sighting>> =>
      new Map(
        await Promise.all(
          [...addresses].map(async (address) => {
            await this.step();
            const seen = see(address);
            // The answer is on its way, and what it says can be over when it comes.
            await this.step();
            return [address, seen] as const;
          }),
        ),
      );
    return {
      list: async () => {
        await this.step();
        const instances = [...this.registered].map((serviceId) => ({
          serviceId,
          addr: serviceId,
          version: '',
          lastSeen: '',
        }));
        await this.step();
        return ok([{ id: 'f', instances }]);
      },
      sight: (addresses) => look(addresses, (address) => this.#describe(address)),
      dial: (addresses) => look(addresses, () => ({ seen: 'instance' })),
      pause: () => this.step(),
      decide: () => {
        this.leaving.delete(id);
        this.takenOut.add(id);
      },
      withdraw: async () => {
        await this.step();
        this.registered.delete(id);
        await this.step();
        return 'out';
      },
      release: () => undefined,
      isWanted: () => true,
    };
  }

  #describe(id: string): Sighting {
    const leaving = this.leaving.has(id) ? [id] : [];
    const takenOut = this.takenOut.has(id) ? [id] : [];
    return { seen: 'session', session: { ...DESCRIBED, sessionId: id, leaving, takenOut } };
  }
}

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

describe('sessions that swap in the same moment, in whatever order things happen', () => {
  test.each([
    [['a', 'b'], 1],
    [['b', 'a'], 1],
    [['a', 'b', 'c'], 2],
    [['a', 'b', 'c', 'd'], 3],
  ])('%s: one stays, and the others go', async (ids, goers) => {
    for (const seed of SEEDS) {
      const world = new World(ids, seed);
      const swaps = Promise.all(
        ids.map(async (id) => {
          await world.wait(4);
          return world.swap(id);
        }),
      );
      await world.run(swaps);
      const gone = (await swaps).filter(({ outcome }) => outcome === 'taken-out');
      expect({ seed, fewest: world.fewest, gone: gone.length }).toEqual({ seed, fewest: 1, gone: goers });
    }
  });

  test.each([[['a', 'b']], [['a', 'b', 'c']]])(
    '%s: with one swap after the other, somebody is always there',
    async (ids) => {
      for (const seed of SEEDS.slice(0, 100)) {
        const world = new World(ids, seed);
        let gone = 0;
        const lives = ids.map(async (id) => {
          for (let swap = 0; swap < 5; swap++) {
            await world.wait(12);
            const { outcome } = await world.swap(id);
            if (outcome !== 'taken-out') continue;
            gone += 1;
            await world.wait(6);
            await world.putBack(id);
          }
        });
        await world.run(Promise.all(lives));
        expect({ seed, fewest: world.fewest }).toEqual({ seed, fewest: 1 });
        expect(gone).toBeGreaterThan(0);
      }
    },
  );
});

test('a session that never makes up its mind is not waited for without end', async () => {
  const world = new World(['a', 'z'], 1);
  world.leaving.add('z');
  const swap = world.swap('a');
  await world.run(swap);
  expect(await swap).toEqual({ outcome: 'kept', why: 'whoever else serves f is in a swap as well' });
  expect(world.fewest).toBe(2);
});
