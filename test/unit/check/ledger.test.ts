import { beforeEach, expect, test } from 'vitest';
import { Interruption } from '../../../src/check/interruption.js';
import { Ledger } from '../../../src/check/ledger.js';
import { planSteps } from '../../../src/check/plan.js';
import { failed, passed, type StepReport, skipped } from '../../../src/check/step.js';
import { VirtualClock } from '../../support/virtual-clock.js';

let clock: VirtualClock;
let interruption: Interruption;
let told: StepReport[];

beforeEach(() => {
  clock = new VirtualClock();
  interruption = new Interruption();
  told = [];
});

function openLedger(skip?: string): Ledger {
  const plan = planSteps({ skip, update: false });
  if (!plan.ok) throw new Error(plan.error.message);
  return new Ledger({ plan: plan.value, clock, interruption, onReport: (report) => told.push(report) });
}

const works = async () => passed();
const fails = async () => failed('no');

test('steps are told in order, with the time of their work or the one that they say', async () => {
  const ledger = openLedger();
  const config = ledger.take('config', null, async () => {
    await new Promise<void>((resolve) => clock.after(40, resolve));
    return passed('found');
  });
  await clock.advance(40);
  await config;
  await ledger.take('tools', 'game', async () => ({ ...passed(), ms: 7.4 }));
  expect(told.map(({ step, service, ms }) => [step, service, ms])).toEqual([
    ['config', null, 40],
    ['tools', 'game', 7],
  ]);
});

test('what needs a step that failed is skipped, for that service alone, without being worked at', async () => {
  const ledger = openLedger();
  await ledger.take('config', null, works);
  await ledger.take('boot', 'game', fails);
  await ledger.take('boot', 'lobby', works);
  let worked = 0;
  const counts = async () => {
    worked += 1;
    return passed();
  };
  await ledger.take('ready', 'game', counts);
  await ledger.take('ready', 'lobby', counts);
  await ledger.take('calls', 'game', counts);
  expect(worked).toBe(1);
  expect(told.slice(3).map(({ service, outcome }) => [service, outcome])).toEqual([
    ['game', skipped('needs boot, which failed')],
    ['lobby', passed()],
    ['game', skipped('needs ready, which was skipped')],
  ]);
});

test('a step that is left out stops only what cannot be without it', async () => {
  const ledger = openLedger('tools,ready');
  await ledger.take('config', null, works);
  await ledger.take('tools', 'game', works);
  expect(ledger.isDue('boot', 'game')).toBe(true);
  await ledger.take('boot', 'game', works);
  await ledger.take('ready', 'game', works);
  expect(ledger.isDue('calls', 'game')).toBe(false);
  expect(ledger.isDue('stop', 'game')).toBe(true);
});

test('a step of the whole session counts for each service', async () => {
  const ledger = openLedger();
  await ledger.take('config', null, works);
  await ledger.take('ports', null, fails);
  expect(ledger.isDue('boot', 'game')).toBe(false);
});

test('time that is up fails the step that is under way, and skips the rest', async () => {
  const ledger = openLedger();
  await ledger.take('config', null, works);
  const stuck = ledger.take('boot', 'game', () => new Promise(() => {}));
  interruption.occur({ kind: 'time-up', afterMs: 2000 });
  await stuck;
  await ledger.take('tools', 'game', works);
  expect(told[1]?.outcome).toMatchObject({
    result: 'failed',
    exitCode: 1,
    reason: 'not done when the time for the whole check, 2 s, was up',
  });
  expect(told[2]?.outcome).toEqual(skipped('the time for the whole check, 2 s, was up'));
});

test('a signal fails nothing: what is under way is skipped', async () => {
  const ledger = openLedger();
  await ledger.take('config', null, works);
  const stuck = ledger.take('boot', 'game', () => new Promise(() => {}));
  interruption.occur({ kind: 'signal', signal: 'SIGINT' });
  await stuck;
  expect(told[1]?.outcome).toEqual(skipped('interrupted by SIGINT'));
});
