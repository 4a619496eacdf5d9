import { expect, it } from 'vitest';
import { StopSignals } from '../../../src/dev/stop-signals.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function open() {
  const clock = new VirtualClock();
  const heard: string[] = [];
  const signals = new StopSignals(clock, {
    onStop: (signal) => heard.push(`stop ${signal}`),
    onForce: () => heard.push('force'),
  });
  return { clock, heard, signals };
}

it('takes a Ctrl-C that a package manager passes on for the same one', async () => {
  const { clock, heard, signals } = open();
  signals.take('SIGINT');
  await clock.advance(299);
  signals.take('SIGINT');
  expect(heard).toEqual(['stop SIGINT']);
});

it('is forced by a second request, whichever signal it is', async () => {
  const { clock, heard, signals } = open();
  signals.take('SIGINT');
  await clock.advance(300);
  signals.take('SIGTERM');
  expect(heard).toEqual(['stop SIGINT', 'force']);
});

it('listens to the process until it is closed', () => {
  const { signals } = open();
  const before = process.listenerCount('SIGHUP');
  signals.listen();
  expect(process.listenerCount('SIGHUP')).toBe(before + 1);
  signals.close();
  expect(process.listenerCount('SIGHUP')).toBe(before);
});

it('takes SIGHUP for the wish to reload where that is what it is for, and no more once it is to stop', () => {
  const heard: string[] = [];
  const signals = new StopSignals(new VirtualClock(), {
    onStop: (signal) => heard.push(`stop ${signal}`),
    onForce: () => heard.push('force'),
    onReload: () => heard.push('reload'),
  });
  signals.take('SIGHUP');
  signals.take('SIGHUP');
  signals.take('SIGTERM');
  signals.take('SIGHUP');
  expect(heard).toEqual(['reload', 'reload', 'stop SIGTERM']);
});
