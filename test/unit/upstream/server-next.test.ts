import { expect, test } from 'vitest';
import type { Loss } from '../../../src/upstream/loss.js';
import type { Lease } from '../../../src/upstream/server-lease.js';
import { next } from '../../../src/upstream/server-next.js';
import {
  type LinkMemory,
  openLink,
  type ServerEffect,
  type ServerInput,
  type ServerState,
  statusOf,
} from '../../../src/upstream/server-state.js';

const LEASE: Lease = { expiresAt: null, heartbeatMs: 15_000, heardAt: 1_000 };
const lossFor = (reason: string, isSilence = false): Loss => ({ reason, isSilence });

const LINK: LinkMemory = {
  hasTunnel: false,
  connection: 3,
  attempt: 2,
  failures: 1,
  told: lossFor('gone'),
  connects: 1,
  offered: 5,
};

function connected(more: Partial<Extract<ServerState, { state: 'connected' }>> = {}): ServerState {
  return {
    state: 'connected',
    link: { ...LINK, told: null },
    since: 100,
    tunnel: false,
    accepted: 5,
    sent: null,
    beating: false,
    lease: LEASE,
    ...more,
  };
}

const STATES: readonly ServerState[] = [
  { state: 'dialling', link: LINK },
  { state: 'reached', link: LINK },
  { state: 'registering', link: LINK, sent: 5 },
  { state: 'opening-tunnel', link: LINK, accepted: 5, lease: LEASE },
  connected(),
  { state: 'pausing', link: LINK },
  { state: 'leaving', link: LINK },
  { state: 'left', link: LINK },
  { state: 'closed', link: LINK },
];

function types(effects: readonly ServerEffect[]): readonly string[] {
  return effects.map((effect) => effect.type);
}

test('a link begins to dial', () => {
  const [state, effects] = openLink(false);
  expect(state).toMatchObject({ state: 'dialling', link: { connection: 1, attempt: 1, connects: 0 } });
  expect(effects).toEqual([{ type: 'dial', connection: 1 }]);
});

test('what comes back for an old connection changes nothing, in any state', () => {
  const old: readonly ServerInput[] = [
    { type: 'dialled', connection: 2 },
    { type: 'registered', connection: 2, lease: LEASE, at: 0 },
    { type: 'tunnel-stands', connection: 2, at: 0 },
    { type: 'tunnel-unserved', connection: 2, at: 0 },
    { type: 'heartbeat-due', connection: 2, epoch: 0 },
    { type: 'heartbeat-answered', connection: 2, epoch: 0, forgotten: true },
    { type: 'channel-left', connection: 2, loss: lossFor('x'), at: 0 },
    { type: 'failed', connection: 2, loss: lossFor('x'), at: 0 },
  ];
  for (const state of STATES) for (const input of old) expect(next(state, input)).toEqual([state, []]);
});

test('a closed link stays closed, whatever comes', () => {
  const closed: ServerState = { state: 'closed', link: LINK };
  const inputs: readonly ServerInput[] = [
    { type: 'offered', revision: 9 },
    { type: 'tell-again' },
    { type: 'pause-over' },
    { type: 'withdraw' },
    { type: 'taken-out' },
    { type: 'close' },
    { type: 'failed', connection: 3, loss: lossFor('x'), at: 0 },
  ];
  for (const input of inputs) expect(next(closed, input)).toEqual([closed, []]);
});

test('a failure of the present connection is a loss in every state that has one', () => {
  const outcomes = STATES.map((state): readonly [string, string, readonly string[]] => {
    const [after, effects] = next(state, { type: 'failed', connection: 3, loss: lossFor('cut'), at: 200 });
    return [state.state, after.state, types(effects)];
  });
  const loss = ['abandon', 'tell-lost', 'pause'];
  expect(outcomes).toEqual([
    ['dialling', 'pausing', loss],
    ['reached', 'pausing', loss],
    ['registering', 'pausing', loss],
    ['opening-tunnel', 'pausing', loss],
    ['connected', 'pausing', loss],
    ['pausing', 'pausing', []],
    ['leaving', 'leaving', []],
    ['left', 'left', ['abandon']],
    ['closed', 'closed', []],
  ]);
});

test('a loss for the reason that was told last is not told again', () => {
  const [after, effects] = next(
    { state: 'dialling', link: LINK },
    { type: 'failed', connection: 3, loss: lossFor('gone'), at: 0 },
  );
  expect(types(effects)).toEqual(['abandon', 'pause']);
  expect(statusOf(after, 'u')).toEqual({ url: 'u', state: 'lost', reason: 'gone', reconnects: 0 });
});

test('silence after silence is the same loss', () => {
  const silent = (reason: string): ServerInput => ({
    type: 'failed',
    connection: 3,
    loss: lossFor(reason, true),
    at: 0,
  });
  const [lost, effects] = next(connected(), silent('no answer to the heartbeat'));
  expect(types(effects)).toContain('tell-lost');
  const dialling: ServerState = { state: 'dialling', link: lost.link };
  const [still, more] = next(dialling, silent('no answer to the dial'));
  expect(types(more)).not.toContain('tell-lost');
  expect(statusOf(still, 'u').reason).toBe('no answer to the heartbeat');
});

test('withdrawing takes out what may be registered, and otherwise is done at once', () => {
  const outcomes = STATES.map((state) => {
    const [after, effects] = next(state, { type: 'withdraw' });
    return [state.state, after.state, types(effects)];
  });
  expect(outcomes).toEqual([
    ['dialling', 'left', ['abandon', 'tell-left']],
    ['reached', 'left', ['abandon', 'tell-left']],
    ['registering', 'leaving', ['take-out']],
    ['opening-tunnel', 'leaving', ['take-out']],
    ['connected', 'leaving', ['take-out']],
    ['pausing', 'left', ['abandon', 'tell-left']],
    ['leaving', 'leaving', []],
    ['left', 'left', []],
    ['closed', 'closed', []],
  ]);
});

test('with an edge the tunnel follows the registration, and both make the connection', () => {
  const link = { ...LINK, hasTunnel: true };
  const [opening, effects] = next(
    { state: 'registering', link, sent: 4 },
    { type: 'registered', connection: 3, lease: LEASE, at: 50 },
  );
  expect(opening).toMatchObject({ state: 'opening-tunnel', accepted: 4 });
  expect(effects).toEqual([{ type: 'open-tunnel', connection: 3 }]);
  const [standing, more] = next(opening, { type: 'tunnel-stands', connection: 3, at: 60 });
  // Revision 5 was offered while 4 was under way.
  expect(standing).toMatchObject({ state: 'connected', since: 60, tunnel: true, accepted: 4, sent: 5 });
  expect(more).toEqual([
    { type: 'tell-connected', attempt: 2 },
    { type: 'tell-registered', revision: 4 },
    { type: 'send-capabilities', connection: 3 },
    { type: 'schedule-heartbeat', connection: 3, afterMs: 15_000 },
    { type: 'register', connection: 3, revision: 5 },
  ]);
  expect(statusOf(standing, 'u')).toEqual({ url: 'u', state: 'connected', reason: null, reconnects: 1 });
});

test('a peer that says good-bye is heard out while the tunnel stands', () => {
  const standing = connected({ tunnel: true });
  const left: ServerInput = { type: 'channel-left', connection: 3, loss: lossFor('x'), at: 0 };
  expect(next(standing, left)).toEqual([standing, []]);
  const [unserved, effects] = next(standing, { type: 'tunnel-unserved', connection: 3, at: 0 });
  expect(types(effects)).toEqual(['tell-no-tunnel']);
  expect(next(unserved, left)[0].state).toBe('pausing');
});

test('while a registration or a heartbeat is under way no other heartbeat is sent', () => {
  const due: ServerInput = { type: 'heartbeat-due', connection: 3, epoch: 2_000 };
  expect(types(next(connected({ sent: 5 }), due)[1])).toEqual(['schedule-heartbeat']);
  expect(types(next(connected({ beating: true }), due)[1])).toEqual(['schedule-heartbeat']);
  const [beating, effects] = next(connected(), due);
  expect(types(effects)).toEqual(['schedule-heartbeat', 'heartbeat']);
  expect(beating).toMatchObject({ beating: true });
});

test('one registration at a time: what is told again meanwhile is told by the one under way or the next', () => {
  expect(next(connected({ sent: 5 }), { type: 'tell-again' })[1]).toEqual([]);
  expect(next(connected({ sent: 4 }), { type: 'offered', revision: 6 })[1]).toEqual([]);
  expect(types(next(connected(), { type: 'tell-again' })[1])).toEqual(['register']);
});
