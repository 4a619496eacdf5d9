import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { EXIT_GRACE_MS, ShutdownSignals, type SignalledProcess } from '../../../src/sdk/shutdown-signals.js';
import { settle } from '../../support/virtual-clock.js';
import { until } from './until.js';

/** A process that only notes what is done to it. */
class FakeProcess extends EventEmitter implements SignalledProcess {
  readonly pid = 4711;
  readonly done: string[] = [];
  env: Record<string, string> = {};
  send: ((message: string) => unknown) | undefined;
  exitCode: number | undefined;

  kill(pid: number, signal: string): void {
    this.done.push(`kill ${pid} ${signal}`);
  }

  exit(code: number): void {
    this.done.push(`exit ${code}`);
  }
}

function setUp() {
  const target = new FakeProcess();
  let now = 0;
  const signals = new ShutdownSignals(target, () => now);
  const gate = { open: () => {} };
  const closed: string[] = [];
  const close = (name: string) => () =>
    new Promise<void>((resolve) => {
      closed.push(name);
      const before = gate.open;
      gate.open = () => {
        before();
        resolve();
      };
    });
  return {
    target,
    signals,
    gate,
    closed,
    close,
    press(signal: 'SIGTERM' | 'SIGINT' | 'SIGUSR2', afterMs = 0) {
      now += afterMs;
      target.emit(signal, signal);
    },
  };
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s closes every service, and then ends the process',
  async (signal) => {
    const { target, signals, gate, closed, close, press } = setUp();
    signals.add(close('a'));
    signals.add(close('b'));
    press(signal);
    await settle();
    expect(closed).toEqual(['a', 'b']);
    expect(target.done).toEqual([]);
    gate.open();
    await until('the process is ended', () => target.done.length > 0);
    expect(target.done).toEqual(['exit 0']);
  },
);

test('an exit code that the app has set is kept', async () => {
  const { target, signals, gate, close, press } = setUp();
  target.exitCode = 3;
  signals.add(close('a'));
  press('SIGTERM');
  gate.open();
  await until('the process is ended', () => target.done.length > 0);
  expect(target.done).toEqual(['exit 3']);
});

test('a second signal gets its own effect at once', () => {
  const { target, signals, close, press } = setUp();
  signals.add(close('a'));
  press('SIGTERM');
  press('SIGINT', 1_000);
  expect(target.done).toEqual(['kill 4711 SIGINT']);
  expect(target.listenerCount('SIGINT') + target.listenerCount('SIGTERM')).toBe(0);
});

test('one Ctrl-C that arrives twice is one', () => {
  const { target, signals, closed, close, press } = setUp();
  signals.add(close('a'));
  press('SIGINT');
  press('SIGINT', 20);
  expect(target.done).toEqual([]);
  expect(closed).toEqual(['a']);
});

test('an app that listens itself ends itself', async () => {
  const { target, signals, gate, close, press } = setUp();
  const heard: string[] = [];
  target.on('SIGTERM', () => heard.push('app'));
  signals.add(close('a'));
  press('SIGTERM');
  press('SIGTERM', 1_000);
  gate.open();
  await until('our part is done', () => target.listenerCount('SIGTERM') === 1);
  // The exit that must not come would come after this time.
  await new Promise((resolve) => setTimeout(resolve, EXIT_GRACE_MS * 2));
  expect(target.done).toEqual([]);
  expect(heard).toEqual(['app', 'app']);
});

test('nothing listens any more when the last service was closed by the app', () => {
  const { target, signals, close } = setUp();
  const removeA = signals.add(close('a'));
  const removeB = signals.add(close('b'));
  removeA();
  expect(target.listenerCount('SIGTERM')).toBe(1);
  removeB();
  expect(target.listenerCount('SIGTERM')).toBe(0);
});

test("nodemon's SIGUSR2 closes every service, and then has its own effect", async () => {
  const { target, signals, gate, closed, close, press } = setUp();
  signals.add(close('a'));
  press('SIGUSR2');
  press('SIGUSR2', 1_000);
  await settle();
  expect(closed).toEqual(['a']);
  expect(target.done, 'sent again while it closes it changes nothing').toEqual([]);
  gate.open();
  await until('the process is ended', () => target.done.length > 1);
  // The first process of a container outlives the signal.
  expect(target.done).toEqual(['kill 4711 SIGUSR2', 'exit 0']);
  expect(target.listenerCount('SIGUSR2')).toBe(0);
});

test('SIGUSR2 that the app listens to is nothing of ours', async () => {
  const { target, signals, closed, close, press } = setUp();
  target.on('SIGUSR2', () => {});
  signals.add(close('a'));
  press('SIGUSR2');
  await settle();
  expect(closed).toEqual([]);
});

test("PM2's message closes every service, and then ends the process", async () => {
  const { target, signals, gate, closed, close } = setUp();
  target.env = { pm_id: '0' };
  target.send = () => true;
  signals.add(close('a'));
  target.emit('message', 'anything');
  expect(closed).toEqual([]);
  target.emit('message', 'shutdown');
  await settle();
  expect(closed).toEqual(['a']);
  gate.open();
  await until('the process is ended', () => target.done.length > 0);
  expect(target.done).toEqual(['exit 0']);
  expect(target.listenerCount('message'), 'a listener would keep the process alive').toBe(0);
});

test('messages of any other parent are not listened to', () => {
  const { target, signals, close } = setUp();
  target.send = () => true;
  signals.add(close('a'));
  expect(target.listenerCount('message')).toBe(0);
});
