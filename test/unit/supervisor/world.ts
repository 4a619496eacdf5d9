import { expect } from 'vitest';
import { next } from '../../../src/supervisor/next.js';
import { active, type Effect, type Facts, type Input, type Machine } from '../../../src/supervisor/state.js';
import {
  buildFailed,
  built,
  compiled,
  drained,
  exited,
  line,
  machine,
  notReady,
  portTaken,
  ready,
  request,
  start,
  stopped,
} from './machine.js';

/** mulberry32: a small generator, so that a failing walk can be repeated by its seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A world around the machine: processes, builds and drains that answer at any time and in any order. */
export class World {
  machine: Machine;
  readonly trace: string[] = [];
  /** Changes of state that happened: `ready --> starting`. */
  readonly edges = new Set<string>();
  readonly alive = new Set<number>();
  readonly ending = new Set<number>();
  readonly builds = new Set<number>();
  readonly draining = new Map<number, 'jobs' | 'calls'>();
  readonly wasReady = new Set<number>();
  readonly started: number[] = [];
  calls: number | null = null;
  open: ReturnType<typeof request> | null = null;
  retryDue = false;
  closed = false;

  constructor(facts: Partial<Facts>) {
    this.machine = machine(facts);
  }

  feed(input: Input): void {
    const before = this.machine;
    const [after, effects] = next(before, input);
    this.machine = after;
    const edge = [before.state.state, after.state.state] as const;
    if (edge[0] !== edge[1]) this.edges.add(edge.join(' --> '));
    this.trace.push(`${input.type}${'generation' in input ? ` ${input.generation}` : ''} -> ${line(after)}`);
    for (const effect of effects) this.#perform(effect);
    this.#check();
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'start':
        expect(effect.generation, 'generations only grow').toBeGreaterThan(Math.max(0, ...this.started));
        if (effect.exclusive)
          expect(active(this.machine.state), 'nobody has calls at an exclusive start').toBeUndefined();
        this.started.push(effect.generation);
        this.alive.add(effect.generation);
        break;
      case 'discard':
        expect(effect.generation, 'the generation with the calls is not discarded').not.toBe(this.calls);
        this.ending.add(effect.generation);
        break;
      case 'stop':
        this.ending.add(effect.generation);
        break;
      case 'activate':
      case 'reinstate':
      case 'resume':
        expect(this.wasReady.has(effect.generation), `${effect.type} of a generation that was ready`).toBe(
          true,
        );
        expect(this.ending.has(effect.generation), `${effect.type} of a generation that is ending`).toBe(
          false,
        );
        this.calls = effect.generation;
        this.draining.delete(effect.generation);
        break;
      case 'build':
        this.builds.add(effect.generation);
        break;
      case 'cancel-build':
        this.builds.delete(effect.generation);
        break;
      case 'drain':
        this.draining.set(effect.generation, effect.what);
        break;
      case 'schedule-retry':
        this.retryDue = true;
        break;
      case 'cancel-retry':
        this.retryDue = false;
        break;
      case 'closed':
        this.closed = true;
        break;
      default:
        break;
    }
  }

  #check(): void {
    const { state } = this.machine;
    if (state.state === 'closed') return;
    expect(state.retiring.length, 'at most two on their way out').toBeLessThanOrEqual(2);
    const live = active(state);
    if (live !== undefined)
      expect(this.wasReady.has(live.generation), 'only what was ready serves').toBe(true);
  }

  /** Everything that may happen now. */
  moves(): Input[] {
    const moves: Input[] = [];
    for (const generation of this.alive) {
      if (this.ending.has(generation)) {
        moves.push(stopped(generation));
        continue;
      }
      moves.push(ready(generation), exited(generation), exited(generation, 0), portTaken(generation));
      if (!this.wasReady.has(generation)) moves.push(notReady(generation));
      moves.push({ type: 'healthy', generation });
    }
    for (const generation of this.builds) moves.push(built(generation), buildFailed(generation));
    for (const [generation, what] of this.draining) moves.push(drained(generation, what));
    const { state } = this.machine;
    if (state.state !== 'closed') {
      for (const one of state.retiring)
        moves.push({ type: 'keep-elapsed', generation: one.generation }, stopped(one.generation));
    }
    if (this.retryDue) moves.push({ type: 'retry-due' });
    return moves;
  }

  take(move: Input): void {
    if (move.type === 'became-ready') this.wasReady.add(move.generation);
    if (move.type === 'exited') this.ending.add(move.generation);
    if (move.type === 'stopped') {
      this.alive.delete(move.generation);
      this.ending.delete(move.generation);
    }
    if (move.type === 'build-succeeded' || move.type === 'build-failed') this.builds.delete(move.generation);
    if (move.type === 'drained') this.draining.delete(move.generation);
    if (move.type === 'retry-due') this.retryDue = false;
    this.feed(move);
  }

  userMoves(): Input[] {
    const action = this.trace.length % 3 === 0 ? 'restart' : 'rebuild';
    if (this.open === null) {
      return [
        { type: 'wanted', request: request({ settled: false, action }) },
        {
          type: 'wanted',
          request: request({ action, trigger: { kind: 'manual', paths: [] }, pinsOld: true }),
        },
        ...this.#namedMoves(),
      ];
    }
    return [
      { type: 'grown' },
      { type: 'settled', request: { ...this.open, settled: true } },
      { type: 'settled', request: null },
    ];
  }

  /** An artifact that was built before, and going back to what is kept. */
  #namedMoves(): Input[] {
    const { facts, state } = this.machine;
    const live = active(state);
    const artifact = facts.previousGood;
    return [
      ...(artifact === null
        ? []
        : [{ type: 'wanted', request: request({ artifact, action: 'restart' }) } as const]),
      ...(live === undefined
        ? []
        : [{ type: 'go-back', generation: live.generation, request: request() } as const]),
    ];
  }

  userTakes(move: Input): void {
    if (move.type === 'wanted' && !move.request.settled) this.open = move.request;
    if (move.type === 'settled') this.open = null;
    this.feed(move);
  }
}

export const CONFIGURATIONS: readonly (readonly [string, Partial<Facts>])[] = [
  ['overlap', {}],
  ['overlap, compiled', compiled],
  ['stop-first', { strategy: 'stop-first', mode: 'stop-first' }],
  ['stop-first, compiled', { ...compiled, strategy: 'stop-first', mode: 'stop-first' }],
  ['stop-first, with a check', { build: 'check', strategy: 'stop-first', mode: 'stop-first' }],
  ['auto', { strategy: 'auto' }],
  ['auto, compiled', { ...compiled, strategy: 'auto' }],
  ['with a limit of crashes', { crashLimit: 3 }],
  [
    'stop-first, compiled, with a limit of crashes',
    { ...compiled, strategy: 'stop-first', mode: 'stop-first', crashLimit: 3 },
  ],
];

/** One walk of 60 steps, `more` among them, and its orderly end; returns the world, or throws with the whole trace. */
export function walk(facts: Partial<Facts>, seed: number, more: readonly Input[] = []): World {
  const random = generator(seed);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  const world = new World(facts);
  try {
    world.feed(start());
    for (let step = 0; step < 60; step++) {
      const move = random() < 0.35 ? undefined : pick(world.moves());
      if (move !== undefined) world.take(move);
      else {
        const user = pick([...world.userMoves(), ...more]);
        if (user !== undefined) world.userTakes(user);
      }
    }
    world.feed({ type: 'close' });
    // From here on everything that is awaited comes, and the machine has to come to its end.
    for (let step = 0; step < 200 && !world.closed; step++) {
      const move = world.moves().find((one) => one.type === 'stopped' || one.type === 'drained');
      if (move === undefined) break;
      world.take(move);
    }
    expect(world.closed, 'close comes to an end').toBe(true);
    return world;
  } catch (error) {
    throw new Error(
      `seed ${seed}:\n${world.trace.join('\n')}\n${error instanceof Error ? error.message : error}`,
    );
  }
}
