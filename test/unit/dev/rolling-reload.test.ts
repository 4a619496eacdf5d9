import { beforeEach, describe, expect, it } from 'vitest';
import type { CallCounts, CroupierEvent } from '../../../src/core/events.js';
import { err, ok, type Result } from '../../../src/core/result.js';
import { RollingReload } from '../../../src/dev/rolling-reload.js';
import type { RollingSupervisor } from '../../../src/dev/rolling-steps.js';
import type { ReloadEnd } from '../../../src/supervisor/reload-tickets.js';
import type { Live, ReloadRequest } from '../../../src/supervisor/state.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';

const MS = { build: 1, drain: 2, stop: 3, start: 4, total: 10 };

/** An instance whose reloads end when the test says so. */
class FakeSupervisor implements RollingSupervisor {
  readonly mode = 'overlap';
  active: Live | null = null;
  pinned: Live | null = null;
  readonly requests: ReloadRequest[] = [];
  isBuilt = false;
  #generation = 0;
  #resolve: (end: ReloadEnd) => void = () => {};

  want(request: ReloadRequest): Promise<ReloadEnd> {
    this.requests.push(request);
    this.#generation += 1;
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  generationOf(requestId: number): number | null {
    return this.requests.at(-1)?.id === requestId ? this.#generation : null;
  }

  goBack(generation: number): boolean {
    if (this.pinned === null || this.active?.generation !== generation) return false;
    this.active = this.pinned;
    this.pinned = null;
    return true;
  }

  unpin(): void {
    this.pinned = null;
  }

  rollbackTarget(): Result<string, string> {
    return this.isBuilt ? ok('unused') : err('an interpreted project has no build to go back to');
  }

  /** What is wanted has the calls. */
  swap(): void {
    const request = this.requests.at(-1);
    if (request?.pinsOld === true) this.pinned = this.active;
    const built = this.isBuilt ? `/a/${this.#generation}` : null;
    this.active = { generation: this.#generation, artifact: request?.artifact ?? built };
    this.#end({ outcome: 'swapped', reason: null });
  }

  fail(reason: string): void {
    this.#end({ outcome: 'kept-old', reason });
  }

  end(end: ReloadEnd): void {
    this.#resolve(end);
  }

  /** The new process dies, and the pinned one has the calls again. */
  die(): void {
    this.active = this.pinned;
    this.pinned = null;
  }

  #end({ outcome, reason }: { outcome: 'swapped' | 'kept-old'; reason: string | null }): void {
    this.#resolve({ kind: 'finished', outcome, reason, generation: this.#generation, ms: MS });
  }
}

type Finished = Extract<CroupierEvent, { type: 'reload.finished' }>;

let supervisors: readonly [FakeSupervisor, FakeSupervisor, FakeSupervisor];
let counters: CallCounts;
let told: Finished[];
let rolling: RollingReload;
let clock: VirtualClock;
let ids = 0;

function request(part: Partial<ReloadRequest> = {}): ReloadRequest {
  ids += 1;
  const trigger = { kind: 'manual', paths: [] } as const;
  return { id: ids, trigger, rule: 'manual', action: 'rebuild', at: 0, settled: true, ...part };
}

/** Whose requests have not ended: `2` when the second was asked last. */
function asked(): readonly number[] {
  return supervisors.map(({ requests }) => requests.length);
}

function generations(): readonly (number | null)[] {
  return supervisors.map(({ active }) => active?.generation ?? null);
}

beforeEach(() => {
  supervisors = [new FakeSupervisor(), new FakeSupervisor(), new FakeSupervisor()];
  counters = { held: 0, drained: 0, replayed: 0, lost: 0 };
  told = [];
  clock = new VirtualClock();
  rolling = new RollingReload({
    name: 'game',
    clock,
    instances: supervisors.map((supervisor, index) => ({ instance: index + 1, supervisor })),
    counters: () => counters,
    publish: (event) => {
      if (event.type === 'reload.finished') told.push(event);
    },
  });
});

async function startAll(): Promise<void> {
  rolling.want(request({ trigger: { kind: 'start', paths: [] }, rule: 'start' }));
  supervisors[0].swap();
  rolling.activated(1);
  for (const one of supervisors.slice(1)) one.swap();
  await settle();
}

async function swap(index: 0 | 1 | 2): Promise<void> {
  supervisors[index].swap();
  await settle();
}

describe('the start', () => {
  it('begins with the first instance; the others run what it has built', async () => {
    for (const one of supervisors) one.isBuilt = true;
    rolling.want(request({ trigger: { kind: 'start', paths: [] } }));
    expect(asked()).toEqual([1, 0, 0]);
    expect(supervisors[0].requests[0]).toMatchObject({ action: 'rebuild', trigger: { kind: 'start' } });
    await swap(0);
    rolling.activated(1);
    expect(asked()).toEqual([1, 1, 1]);
    expect(supervisors[2].requests[0]).toMatchObject({ action: 'restart', artifact: '/a/1' });
    rolling.activated(1);
    expect(asked()).toEqual([1, 1, 1]);
    expect(told).toEqual([]);
  });

  it('is over before a roll begins', async () => {
    rolling.want(request({ trigger: { kind: 'start', paths: [] } }));
    rolling.want(request());
    await settle();
    expect(asked()).toEqual([1, 0, 0]);
    supervisors[0].swap();
    rolling.activated(1);
    await settle();
    expect(asked()).toEqual([2, 1, 1]);
  });
});

describe('a roll', () => {
  it('replaces one instance after the other, and builds once', async () => {
    for (const one of supervisors) one.isBuilt = true;
    await startAll();
    rolling.want(request());
    await settle();
    expect(asked()).toEqual([2, 1, 1]);
    await swap(0);
    expect(asked()).toEqual([2, 2, 1]);
    counters = { held: 5, drained: 4, replayed: 1, lost: 0 };
    await swap(1);
    expect(asked()).toEqual([2, 2, 2]);
    expect(told).toEqual([]);
    expect(supervisors.map(({ pinned }) => pinned?.generation ?? null)).toEqual([1, 1, null]);
    await clock.advance(250);
    await swap(2);
    expect(supervisors.map(({ requests }) => requests.at(-1)?.action)).toEqual([
      'rebuild',
      'restart',
      'restart',
    ]);
    expect(supervisors.map(({ active }) => active?.artifact)).toEqual(['/a/2', '/a/2', '/a/2']);
    expect(supervisors.map(({ pinned }) => pinned)).toEqual([null, null, null]);
    expect(told).toEqual([
      {
        type: 'reload.finished',
        service: 'game',
        generation: 2,
        trigger: { kind: 'manual', paths: [] },
        rule: 'manual',
        strategy: 'overlap',
        outcome: 'swapped',
        ms: { build: 3, drain: 6, stop: 9, start: 12, total: 250 },
        calls: { held: 5, drained: 4, replayed: 1, lost: 0 },
      },
    ]);
  });

  it('stops at the first that fails, and the others go back', async () => {
    await startAll();
    rolling.want(request());
    await settle();
    await swap(0);
    await swap(1);
    supervisors[2].fail('the process exited with code 7');
    await settle();
    expect(generations()).toEqual([1, 1, 1]);
    expect(told).toMatchObject([
      { outcome: 'kept-old', reason: 'instance 3: the process exited with code 7' },
    ]);
  });

  it('touches no other when the first one fails, as when the build does', async () => {
    await startAll();
    rolling.want(request());
    await settle();
    supervisors[0].fail('the build failed with exit code 1');
    await settle();
    expect(asked()).toEqual([2, 1, 1]);
    expect(told).toMatchObject([
      { outcome: 'kept-old', reason: expect.stringContaining('instance 1: the build') },
    ]);
  });

  it('sees that a process which got ready has died meanwhile', async () => {
    await startAll();
    rolling.want(request());
    await settle();
    await swap(0);
    supervisors[0].die();
    await swap(1);
    expect(asked()).toEqual([2, 2, 1]);
    expect(generations()).toEqual([1, 1, 1]);
    expect(told).toMatchObject([{ outcome: 'kept-old', reason: 'instance 1: its new process did not stay' }]);
  });

  it('goes back by the artifact before where no process is kept', async () => {
    for (const one of supervisors) one.isBuilt = true;
    await startAll();
    rolling.want(request());
    await settle();
    await swap(0);
    supervisors[0].unpin();
    supervisors[1].fail('it is broken');
    await settle();
    expect(supervisors[0].requests.at(-1)).toMatchObject({
      artifact: '/a/1',
      action: 'restart',
      rule: 'rollback',
    });
    expect(told).toEqual([]);
    await swap(0);
    expect(supervisors[0].active?.artifact).toBe('/a/1');
    expect(told).toMatchObject([{ outcome: 'kept-old', reason: 'instance 2: it is broken' }]);
  });

  it('without a build runs what all of them run', async () => {
    for (const one of supervisors) one.isBuilt = true;
    await startAll();
    rolling.want(request());
    await settle();
    supervisors[0].fail('it does not start');
    await settle();
    rolling.want(request({ action: 'restart' }));
    await settle();
    expect(supervisors[0].requests.at(-1)).toMatchObject({ action: 'restart', artifact: '/a/1' });
  });

  it('says which instances could not go back', async () => {
    await startAll();
    rolling.want(request());
    await settle();
    await swap(0);
    supervisors[0].unpin();
    supervisors[1].fail('it is broken');
    await settle();
    expect(told).toMatchObject([
      { outcome: 'failed', reason: expect.stringMatching(/^instance 2: it is broken; instance 1 runs what/) },
    ]);
  });

  it('that is asked for during a roll comes once afterwards, with the build that one of them wanted', async () => {
    await startAll();
    rolling.want(request());
    await settle();
    rolling.want(request({ rule: 'second' }));
    rolling.want(request({ rule: 'third', action: 'restart' }));
    for (const index of [0, 1, 2] as const) await swap(index);
    expect(asked()).toEqual([3, 2, 2]);
    expect(supervisors[0].requests.at(-1)).toMatchObject({ rule: 'third', action: 'rebuild' });
    for (const index of [0, 1, 2] as const) await swap(index);
    expect(told.map(({ rule }) => rule)).toEqual(['manual', 'third']);
    expect(asked()).toEqual([3, 3, 3]);
  });

  it('is given up when the session ends', async () => {
    await startAll();
    rolling.want(request());
    await settle();
    rolling.close();
    supervisors[0].end({ kind: 'closed' });
    await settle();
    rolling.want(request());
    expect(asked()).toEqual([2, 1, 1]);
    expect(told).toEqual([]);
  });
});

describe('a rollback', () => {
  it('rolls to the build before the one that all of them run', async () => {
    for (const one of supervisors) one.isBuilt = true;
    await startAll();
    expect(rolling.rollBack()).toEqual({ ok: false, error: 'no other build has served in this session' });
    rolling.want(request());
    await settle();
    expect(rolling.rollBack()).toMatchObject({ ok: false, error: expect.stringContaining('being replaced') });
    for (const index of [0, 1, 2] as const) await swap(index);
    expect(rolling.keptArtifacts).toEqual(['/a/2', '/a/1']);
    expect(rolling.rollBack()).toEqual({ ok: true, value: { generation: 3 } });
    await settle();
    for (const index of [0, 1, 2] as const) await swap(index);
    expect(supervisors.map(({ active }) => active?.artifact)).toEqual(['/a/1', '/a/1', '/a/1']);
    expect(told.at(-1)).toMatchObject({ rule: 'rollback', outcome: 'swapped' });
    expect(rolling.keptArtifacts).toEqual(['/a/1', '/a/2']);
  });

  it('says why there is none', async () => {
    await startAll();
    expect(rolling.rollBack()).toEqual({
      ok: false,
      error: 'an interpreted project has no build to go back to',
    });
  });

  it('is not to a build that a roll went back from', async () => {
    for (const one of supervisors) one.isBuilt = true;
    await startAll();
    rolling.want(request());
    await settle();
    await swap(0);
    supervisors[1].fail('it is broken');
    await settle();
    expect(rolling.keptArtifacts).toEqual(['/a/1']);
    expect(rolling.rollBack()).toEqual({ ok: false, error: 'no other build has served in this session' });
  });
});
