import { describe, expect, it } from 'vitest';
import { readRunArguments } from '../../../src/cli/run-arguments.js';
import { GiveUp } from '../../../src/cli/run-give-up.js';
import type { CroupierEvent } from '../../../src/core/events.js';
import { stamp } from '../../support/events.js';

describe('the arguments of run', () => {
  it('go to the configuration', () => {
    const options = { instances: '4', strategy: 'overlap', color: false, json: true };
    expect(readRunArguments({ names: ['game'], command: ['node', 'x.js'], options })).toEqual({
      ok: true,
      value: {
        flags: {
          config: undefined,
          instances: '4',
          upstream: undefined,
          service: undefined,
          strategy: 'overlap',
          port: undefined,
          names: ['game'],
          command: ['node', 'x.js'],
        },
        json: true,
        verbose: false,
        color: false,
      },
    });
  });

  it('have a command after --, or no --', () => {
    expect(readRunArguments({ names: [], command: [], options: { color: true } })).toMatchObject({
      ok: false,
      error: { exitCode: 2, wayOut: expect.stringContaining('croupier run -- ') },
    });
  });
});

type Failed = Extract<CroupierEvent, { type: 'generation.failed' }>;

const active = (instance?: number): CroupierEvent => ({
  type: 'generation.active',
  service: 'game',
  ...(instance === undefined ? {} : { instance }),
  generation: 1,
  pid: 7,
  functions: [],
});

const failed = (part: Partial<Failed> = {}): CroupierEvent => ({
  type: 'generation.failed',
  service: 'game',
  generation: 1,
  pid: 7,
  reason: 'exited',
  message: 'the process exited with code 1',
  exitCode: 1,
  signal: null,
  serving: null,
  retryMs: null,
  outputTail: [],
  ...part,
});

const buildFailed = (serving: number | null): CroupierEvent => ({
  type: 'build.failed',
  service: 'game',
  generation: 1,
  ms: 5,
  output: 'broken',
  serving,
  reason: 'build-failed',
  message: 'the build failed with exit code 1',
});

describe('a session that nobody watches over', () => {
  it.each<readonly [string, readonly CroupierEvent[], number | null]>([
    ['fails with its first build', [buildFailed(null)], 1],
    ['goes on when a later build fails', [active(), buildFailed(1)], null],
    ['fails when the first process is not ready in time', [failed({ reason: 'not-ready' })], 1],
    ['waits for one that served before', [active(), failed({ reason: 'not-ready' })], null],
    ['goes on while a restart is due', [failed({ retryMs: 500 })], null],
    ['goes on while another generation serves', [active(), failed({ serving: 1 })], null],
    ['fails when nothing is tried any more', [active(), failed()], 1],
    [
      'fails with the code of the environment when a command cannot be started',
      [failed({ reason: 'spawn-failed' })],
      3,
    ],
    [
      'fails at once when instances want one port',
      [active(1), failed({ instance: 2, reason: 'address-in-use', retryMs: 500 })],
      1,
    ],
    [
      'starts one again whose port is taken by somebody',
      [failed({ reason: 'address-in-use', retryMs: 500 })],
      null,
    ],
    ['does not take one instance for another', [active(1), failed({ instance: 2, reason: 'not-ready' })], 1],
  ])('%s', (_what, events, exitCode) => {
    const giveUp = new GiveUp();
    const answers = events.map((event) => giveUp.look(stamp(event)));
    expect(answers.slice(0, -1)).toEqual(answers.slice(0, -1).map(() => null));
    expect(answers.at(-1)?.exitCode ?? null).toBe(exitCode);
  });

  it('says whose fault it was', () => {
    expect(new GiveUp().look(stamp(failed({ instance: 3 })))?.message).toBe(
      'game, instance 3: the process exited with code 1',
    );
  });
});
