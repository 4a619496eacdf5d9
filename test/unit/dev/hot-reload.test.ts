import { describe, expect, it } from 'vitest';
import type { CroupierEvent } from '../../../src/core/events.js';
import { err, ok, type Result } from '../../../src/core/result.js';
import { type HotChange, HotReloads } from '../../../src/dev/hot-reload.js';
import type { HotReload, HotReloadFailure } from '../../../src/gateway/types.js';
import type { ReloadResponse } from '../../../src/protocol/gen/croupier/dev/v1/hot_reload.js';
import { StatusResponse } from '../../../src/protocol/gen/croupier/dev/v1/hot_reload.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { serviceConfig } from './service-config.js';

const BAN = { id: 'player.ban', oldVersion: '1.0.0', newVersion: '1.1.0' };
const UNIMPLEMENTED: HotReloadFailure = { reason: 'unimplemented', message: 'no hot reload' };

type ReloadResult = Result<ReloadResponse, HotReloadFailure>;

function reloadResult(part: Partial<ReloadResponse>): ReloadResult {
  return ok({ reloaded: [], failed: [], needsRestart: false, reason: '', ...part });
}

function open() {
  const clock = new VirtualClock();
  const events: CroupierEvent[] = [];
  const hotPaths: (readonly string[])[] = [];
  const asked: { paths: readonly string[]; functions: readonly string[] }[] = [];
  const supervisor = {
    activeGeneration: 3 as number | null,
    mode: 'overlap' as const,
    state: { state: 'ready' },
  };
  const answers: ((result: ReloadResult) => void)[] = [];
  const process: HotReload = {
    reload: (request) => {
      asked.push(request);
      return new Promise((resolve) => answers.push(resolve));
    },
    rollback: async (id) =>
      id === BAN.id ? ok(BAN) : err({ reason: 'refused', message: 'there is no earlier version' }),
    status: async () => ok({ ...StatusResponse.decode(Buffer.alloc(0)), hotPaths: ['functions/**'] }),
  };
  const gate = {
    process: process as HotReload | null,
    hotReload: () => gate.process,
    counters: () => ({ held: 0, drained: 0, replayed: 0, lost: 0, answered: 0 }),
  };
  const hot = new HotReloads({
    service: () => serviceConfig(),
    clock,
    gate,
    supervisor,
    onHotPaths: (patterns) => hotPaths.push(patterns),
    publish: (event) => events.push(event),
  });
  const answer = async (result: ReloadResult) => {
    await settle();
    answers.shift()?.(result);
    await settle();
  };
  return { clock, events, hotPaths, asked, supervisor, gate, hot, answer };
}

function change(part: Partial<HotChange> = {}): HotChange {
  const paths = ['functions/ban.js'];
  return { trigger: { kind: 'change', paths }, rule: 'functions/**', at: 0, paths, ...part };
}

describe('a change that the process can take by itself', () => {
  it('is told with its functions, and as a reload of its own', async () => {
    const { clock, events, asked, hot, answer } = open();
    await clock.advance(20);
    const taken = hot.take(change());
    await settle();
    await clock.advance(5);
    await answer(reloadResult({ reloaded: [BAN] }));
    expect(await taken).toBe(true);
    expect(asked).toEqual([{ paths: ['functions/ban.js'], functions: [] }]);
    expect(events).toEqual([
      { type: 'functions.reloaded', service: 'game', generation: 3, reloaded: [BAN], failed: [], ms: 5 },
      {
        type: 'reload.finished',
        service: 'game',
        generation: 3,
        trigger: { kind: 'change', paths: ['functions/ban.js'] },
        rule: 'functions/**',
        strategy: 'overlap',
        outcome: 'hot',
        ms: { build: 0, drain: 0, stop: 0, start: 0, total: 25 },
        calls: { held: 0, drained: 0, replayed: 0, lost: 0 },
      },
    ]);
  });

  it.each<[string, ReloadResult, readonly string[]]>([
    [
      'does not load',
      reloadResult({ failed: [{ id: '', path: 'functions/ban.js', error: 'syntax', rolledBack: true }] }),
      ['functions.reloaded'],
    ],
    ['needs a restart', reloadResult({ needsRestart: true, reason: 'no module' }), ['session.notice']],
    ['comes to a process without hot reload', err(UNIMPLEMENTED), ['session.notice']],
  ])('is left to the normal swap where it %s', async (_name, result, types) => {
    const { events, hot, answer } = open();
    const taken = hot.take(change());
    await answer(result);
    expect(await taken).toBe(false);
    expect(events.map((event) => event.type)).toEqual(types);
  });

  it('says why it restarts once, and again when the reason is another', async () => {
    const { events, hot, answer } = open();
    for (const reason of ['no module', 'no module', 'too many versions']) {
      const taken = hot.take(change());
      await answer(reloadResult({ needsRestart: true, reason }));
      await taken;
    }
    expect(events.flatMap((event) => (event.type === 'session.notice' ? [event.message] : []))).toEqual([
      expect.stringContaining('no module'),
      expect.stringContaining('too many versions'),
    ]);
  });

  it.each([
    ['a generation is on its way', 'starting', 3],
    ['something failed', 'failed', 3],
  ])('is not tried while %s', async (_name, state, activeGeneration) => {
    const { supervisor, hot, asked } = open();
    supervisor.state.state = state;
    supervisor.activeGeneration = activeGeneration;
    expect(await hot.take(change())).toBe(false);
    expect(asked).toEqual([]);
  });

  it('is not tried where no process runs, or it has no SDK', async () => {
    const { supervisor, gate, hot } = open();
    gate.process = null;
    expect(await hot.take(change())).toBe(false);
    supervisor.activeGeneration = null;
    expect(await hot.reload([])).toEqual({ kind: 'needs-restart', reason: 'no process is running' });
  });

  it('is no reload any more where a newer generation took over meanwhile', async () => {
    const { supervisor, events, hot, answer } = open();
    const taken = hot.take(change());
    await settle();
    supervisor.activeGeneration = 4;
    await answer(reloadResult({ reloaded: [BAN] }));
    expect(await taken).toBe(true);
    expect(events.map((event) => event.type)).toEqual(['functions.reloaded']);
  });

  it('waits for the one before', async () => {
    const { asked, hot, answer } = open();
    const first = hot.take(change({ paths: ['a'] }));
    const second = hot.reload(['player.ban']);
    await settle();
    expect(asked).toHaveLength(1);
    await answer(reloadResult({}));
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual({ paths: [], functions: ['player.ban'] });
    await answer(reloadResult({ reloaded: [BAN] }));
    expect(await first).toBe(true);
    expect(await second).toMatchObject({ kind: 'reloaded', reloaded: [BAN] });
  });
});

describe('what the process can load again', () => {
  it('is asked for when it gets the calls', async () => {
    const { hot, hotPaths } = open();
    await hot.activated(3);
    expect(hotPaths).toEqual([['functions/**']]);
  });

  it('is nothing for one without an SDK, and nothing of one that was replaced before it answered', async () => {
    const { hot, gate, supervisor, hotPaths } = open();
    const process = gate.process;
    gate.process = null;
    await hot.activated(3);
    expect(hotPaths).toEqual([[]]);
    gate.process = process;
    const asking = hot.activated(3);
    supervisor.activeGeneration = 4;
    await asking;
    expect(hotPaths).toEqual([[]]);
  });
});

describe('going back', () => {
  it('is told as functions that were reloaded', async () => {
    const { hot, events } = open();
    expect(await hot.rollback('player.ban')).toEqual(ok(BAN));
    expect(events).toMatchObject([{ type: 'functions.reloaded', reloaded: [BAN], failed: [] }]);
  });

  it('that is refused changes nothing', async () => {
    const { hot, events } = open();
    expect(await hot.rollback('other')).toEqual(
      err({ reason: 'refused', message: 'there is no earlier version' }),
    );
    expect(events).toEqual([]);
  });
});
