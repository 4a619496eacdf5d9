import { describe, expect, test } from 'vitest';
import { readCheckArguments } from '../../../src/cli/check-arguments.js';
import { readDevArguments } from '../../../src/cli/dev-arguments.js';
import type { StampedEvent } from '../../../src/core/events.js';
import { awaitFirstStart } from '../../../src/dev/first-start.js';
import { events } from '../../support/events.js';

describe('croupier check', () => {
  const read = (options: object) =>
    readCheckArguments({ names: [], options: { color: true, ...options } }, { cwd: '/here', env: {} });

  test('has ten minutes, and writes no file, where nothing is said', () => {
    expect(read({})).toMatchObject({
      ok: true,
      value: { options: { timeoutMs: 600_000 }, junit: null, json: false },
    });
    expect(read({ timeout: '90s', junit: 'out/check.xml' })).toMatchObject({
      ok: true,
      value: { options: { timeoutMs: 90_000 }, junit: '/here/out/check.xml' },
    });
  });

  test.each(['soon', '0', '-1s'])('refuses --timeout %s', (timeout) => {
    expect(read({ timeout })).toMatchObject({
      ok: false,
      error: { exitCode: 2, message: expect.stringContaining(`--timeout is "${timeout}"`) },
    });
  });

  test('refuses a step that there is not', () => {
    expect(read({ only: 'bild' })).toMatchObject({ ok: false, error: { exitCode: 2 } });
  });
});

describe('croupier dev --ci', () => {
  const options = { watch: true, color: true, ci: true };

  test('takes the words after -- for the command to run, not for that of the service', () => {
    const read = readDevArguments({ names: ['game'], command: ['npm', 'run', 'two words'], options });
    expect(read).toMatchObject({
      ok: true,
      value: {
        watch: false,
        flags: { names: ['game'] },
        ci: ['npm', 'run', 'two words'],
      },
    });
    expect(read.ok && read.value.flags.command).toBeUndefined();
  });

  test.each([null, []])('without a command (%j) is a usage error', (command) => {
    expect(readDevArguments({ names: [], command, options })).toMatchObject({
      ok: false,
      error: { exitCode: 2, wayOut: expect.stringContaining('--ci -- npm test') },
    });
  });
});

describe('the first start of several services', () => {
  function open(names: readonly string[]) {
    const sinks = new Set<(event: StampedEvent) => void>();
    const started = awaitFirstStart(names, (sink) => {
      sinks.add(sink);
      return () => sinks.delete(sink);
    });
    const happens = (event: Parameters<typeof stamp>[0]) => {
      for (const sink of sinks) sink(stamp(event));
    };
    return { started, happens, sinks };
  }
  const stamp = (event: ReturnType<typeof events.active>): StampedEvent => ({ ...event, time: '' });

  test('is over when each has had the calls', async () => {
    const { started, happens, sinks } = open(['game', 'lobby']);
    happens(events.active(1));
    // What a service does after its start is another matter.
    happens(events.buildFailed(2));
    expect(sinks.size).toBe(1);
    happens(events.active(1, [], 'lobby'));
    expect(await started).toEqual({ ok: true, value: undefined });
    expect(sinks.size).toBe(0);
  });

  test('fails with the first that fails', async () => {
    const { started, happens } = open(['game', 'lobby']);
    happens(events.active(1, [], 'other'));
    happens(events.buildFailed(1));
    expect(await started).toEqual({
      ok: false,
      error: 'game is not ready: the build failed with exit code 1',
    });
  });
});
