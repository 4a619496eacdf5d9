import { describe, expect, it } from 'vitest';
import { rollbackTarget } from '../../../src/supervisor/rollback.js';
import type { Facts, Input } from '../../../src/supervisor/state.js';
import {
  buildFailed,
  built,
  compiled,
  drained,
  exited,
  feed,
  line,
  machine,
  notReady,
  portTaken,
  ready,
  request,
  start,
  stopped,
  wanted,
  words,
} from './machine.js';

interface Row {
  readonly name: string;
  readonly facts?: Partial<Facts>;
  readonly inputs: readonly Input[];
  readonly state: string;
  /** Effects of the last input. */
  readonly effects: readonly string[];
}

const stopFirst: Partial<Facts> = { strategy: 'stop-first', mode: 'stop-first' };
const auto: Partial<Facts> = { strategy: 'auto', mode: 'overlap' };
/** Two generations: 1 was replaced by 2 and is kept. */
const swapped: readonly Input[] = [start(), ready(1), wanted(), ready(2)];
const kept = (generation: number): Input => ({ type: 'keep-elapsed', generation });
const batch = request({ settled: false });
const settledBatch: Input = { type: 'settled', request: { ...batch, settled: true } };
const opened: Input = { type: 'wanted', request: batch };
const grown: Input = { type: 'grown' };
const nothing: Input = { type: 'settled', request: null };
const close: Input = { type: 'close' };

function check(rows: readonly Row[]): void {
  for (const row of rows) {
    it(row.name, () => {
      const result = feed(machine(row.facts), ...row.inputs);
      expect({ state: line(result.machine), effects: words(result.effects) }).toEqual({
        state: row.state,
        effects: row.effects,
      });
    });
  }
}

describe('the first generation', () => {
  check([
    { name: 'holds and starts', inputs: [start()], state: 'starting 1', effects: ['hold all', 'start 1'] },
    {
      name: 'becomes active when ready',
      inputs: [start(), ready(1)],
      state: 'ready 1',
      effects: ['activate 1', 'finished swapped'],
    },
    {
      name: 'stays, degraded, when it is not ready in time',
      inputs: [start(), notReady(1)],
      state: 'starting 1 degraded',
      effects: ['report-failure 1', 'fail-held', 'finished failed'],
    },
    {
      name: 'that got ready late becomes active, and is not reported twice',
      inputs: [start(), notReady(1), ready(1)],
      state: 'ready 1',
      effects: ['activate 1'],
    },
    {
      name: 'that exits is started again after a pause, and calls wait',
      inputs: [start(), exited(1)],
      state: 'failed exited, retry 1',
      effects: ['hold all', 'report-failure 1', 'retry 1', 'finished failed'],
    },
    {
      name: 'that ends with code 0 is no crash: the next change is awaited',
      inputs: [start(), exited(1, 0)],
      state: 'failed exited',
      effects: ['report-failure 1', 'fail-held', 'finished failed'],
    },
    {
      name: 'that cannot be started waits for a change',
      inputs: [
        start(),
        {
          type: 'start-failed',
          generation: 1,
          failure: { reason: 'spawn-failed', command: 'x', message: 'y' },
        },
      ],
      state: 'failed spawn-failed',
      effects: ['report-failure 1', 'fail-held', 'finished failed'],
    },
    {
      name: 'is built first',
      facts: compiled,
      inputs: [start()],
      state: 'building 1',
      effects: ['hold all', 'build 1'],
    },
    {
      name: 'runs what was built',
      facts: compiled,
      inputs: [start(), built(1)],
      state: 'starting 1',
      effects: ['start 1'],
    },
    {
      name: 'whose build fails waits for a change',
      facts: compiled,
      inputs: [start(), buildFailed(1)],
      state: 'failed build-failed',
      effects: ['report-failure 1', 'fail-held', 'finished failed'],
    },
    {
      name: 'needs no syntax check beforehand',
      facts: { build: 'check' },
      inputs: [start()],
      state: 'starting 1',
      effects: ['hold all', 'start 1'],
    },
  ]);
});

describe('overlap', () => {
  check([
    {
      name: 'starts the new one beside the old',
      inputs: [start(), ready(1), wanted()],
      state: 'starting 2 over 1',
      effects: ['start 2'],
    },
    {
      name: 'switches when ready and retires the old',
      inputs: swapped,
      state: 'ready 2, retiring 1',
      effects: ['activate 2', 'retire 1', 'finished swapped'],
    },
    {
      name: 'keeps the old when the candidate exits',
      inputs: [start(), ready(1), wanted(), exited(2)],
      state: 'failed exited over 1',
      effects: ['report-failure 2', 'finished kept-old'],
    },
    {
      name: 'ends a candidate that hangs and keeps the old',
      inputs: [start(), ready(1), wanted(), notReady(2)],
      state: 'failed not-ready over 1',
      effects: ['discard 2', 'report-failure 2', 'finished kept-old'],
    },
    {
      name: 'a newer change takes the place of the candidate',
      inputs: [start(), ready(1), wanted(), wanted()],
      state: 'starting 3 over 1',
      effects: ['discard 2', 'start 3'],
    },
    {
      name: 'drops what comes late from a candidate that was superseded',
      inputs: [start(), ready(1), wanted(), wanted(), ready(2)],
      state: 'starting 3 over 1',
      effects: [],
    },
    {
      name: 'keeps the old while building, and when the build fails',
      facts: compiled,
      inputs: [start(), built(1), ready(1), wanted(), buildFailed(2)],
      state: 'failed build-failed over 1',
      effects: ['report-failure 2', 'finished kept-old'],
    },
    {
      name: 'a change during the build cancels it',
      facts: compiled,
      inputs: [start(), built(1), ready(1), wanted(), wanted()],
      state: 'building 3 over 1',
      effects: ['cancel-build 2', 'build 3'],
    },
    {
      name: 'a plain restart that comes during a build still builds',
      facts: compiled,
      inputs: [start(), built(1), ready(1), wanted(), wanted({ action: 'restart' })],
      state: 'building 3 over 1',
      effects: ['cancel-build 2', 'build 3'],
    },
    {
      name: 'a plain restart builds nothing',
      facts: compiled,
      inputs: [start(), built(1), ready(1), wanted({ action: 'restart' })],
      state: 'starting 2 over 1',
      effects: ['start 2'],
    },
    {
      name: 'calls go back to a kept predecessor when the new one dies',
      inputs: [...swapped, exited(2)],
      state: 'failed exited over 1',
      effects: ['reinstate 1', 'report-failure 2', 'finished kept-old'],
    },
    {
      name: 'a predecessor that is no longer kept does not get them back',
      inputs: [...swapped, kept(1), exited(2)],
      state: 'failed exited, retry 1, retiring 1-',
      effects: ['hold all', 'report-failure 2', 'retry 1'],
    },
    {
      name: 'a predecessor that died itself does not get them back',
      inputs: [...swapped, exited(1), exited(2)],
      state: 'failed exited, retry 1, retiring 1-',
      effects: ['hold all', 'report-failure 2', 'retry 1'],
    },
    {
      name: 'a third generation on its way out is waited for',
      inputs: [...swapped, wanted(), ready(3), wanted(), ready(4)],
      state: 'starting 4 over 3, retiring 1 2',
      effects: ['expedite 1', 'waiting-for-retiring 4'],
    },
    {
      name: 'and the switch comes when the oldest is gone',
      inputs: [...swapped, wanted(), ready(3), wanted(), ready(4), stopped(1)],
      state: 'ready 4, retiring 2 3',
      effects: ['activate 4', 'retire 3', 'finished swapped'],
    },
    {
      name: 'the oldest is hurried as soon as a candidate starts',
      inputs: [...swapped, wanted(), ready(3), wanted()],
      state: 'starting 4 over 3, retiring 1 2',
      effects: ['expedite 1', 'start 4'],
    },
    {
      name: 'the old one dies while a candidate starts: calls wait for the candidate',
      inputs: [start(), ready(1), wanted(), exited(1)],
      state: 'starting 2',
      effects: ['hold all', 'report-failure 1'],
    },
    {
      name: 'the old one dies while a newer is built',
      facts: compiled,
      inputs: [start(), built(1), ready(1), wanted(), exited(1)],
      state: 'building 2',
      effects: ['hold all', 'report-failure 1'],
    },
    {
      name: 'nothing serves and the candidate fails: the last good artifact is started',
      facts: compiled,
      inputs: [start(), built(1), ready(1), wanted(), built(2), exited(1), exited(2)],
      state: 'starting 3 fallback',
      effects: ['report-failure 2', 'start 3'],
    },
  ]);
});

describe('auto', () => {
  check([
    {
      name: 'turns to stop-first when a candidate dies of an address in use',
      facts: auto,
      inputs: [start(), ready(1), wanted(), portTaken(2)],
      state: 'draining jobs of 1 then start',
      effects: ['report-failure 2', 'explain-stop-first', 'hold jobs', 'drain jobs 1'],
    },
    {
      name: 'does not where overlap was asked for',
      inputs: [start(), ready(1), wanted(), portTaken(2)],
      state: 'failed address-in-use over 1',
      effects: ['report-failure 2', 'finished kept-old'],
    },
    {
      name: 'turns when both generations register one address',
      facts: auto,
      inputs: [start(), ready(1), wanted(), { type: 'overlap-impossible', generation: 2, why: 'x' }],
      state: 'draining jobs of 1 then start',
      effects: ['discard 2', 'explain-stop-first', 'hold jobs', 'drain jobs 1'],
    },
    {
      name: 'stays with stop-first from then on',
      facts: auto,
      inputs: [
        start(),
        ready(1),
        wanted(),
        portTaken(2),
        drained(1, 'jobs'),
        drained(1, 'calls'),
        stopped(1),
        ready(3),
        wanted(),
      ],
      state: 'draining jobs of 3 then start',
      effects: ['hold jobs', 'drain jobs 3'],
    },
  ]);
});

describe('stop-first', () => {
  const running = [start(), ready(1)];
  const steps = [drained(1, 'jobs'), drained(1, 'calls'), stopped(1)];
  check([
    {
      name: 'drains jobs while calls still pass',
      facts: stopFirst,
      inputs: [...running, wanted()],
      state: 'draining jobs of 1 then start',
      effects: ['hold jobs', 'drain jobs 1'],
    },
    {
      name: 'then holds calls and drains them',
      facts: stopFirst,
      inputs: [...running, wanted(), drained(1, 'jobs')],
      state: 'draining calls of 1 then start',
      effects: ['hold all', 'drain calls 1'],
    },
    {
      name: 'then stops the old one',
      facts: stopFirst,
      inputs: [...running, wanted(), drained(1, 'jobs'), drained(1, 'calls')],
      state: 'stopping 1 then start',
      effects: ['stop 1'],
    },
    {
      name: 'and starts the new one only when the old group is gone',
      facts: stopFirst,
      inputs: [...running, wanted(), ...steps],
      state: 'starting 2',
      effects: ['start 2 exclusive'],
    },
    {
      name: 'releases the calls to it',
      facts: stopFirst,
      inputs: [...running, wanted(), ...steps, ready(2)],
      state: 'ready 2',
      effects: ['activate 2', 'finished swapped'],
    },
    {
      name: 'an exit during the stop is expected',
      facts: stopFirst,
      inputs: [...running, wanted(), drained(1, 'jobs'), drained(1, 'calls'), exited(1)],
      state: 'stopping 1 then start',
      effects: [],
    },
    {
      name: 'an exit during the drain goes on to the start',
      facts: stopFirst,
      inputs: [...running, wanted(), exited(1)],
      state: 'stopping 1 then start',
      effects: ['hold all', 'stop 1'],
    },
    {
      name: 'a failed candidate without an artifact fails the held calls and waits for a change',
      facts: stopFirst,
      inputs: [...running, wanted(), ...steps, exited(2)],
      state: 'failed exited',
      effects: ['report-failure 2', 'fail-held', 'finished failed'],
    },
    {
      name: 'a failed candidate is replaced by the last good artifact',
      facts: { ...stopFirst, ...compiled },
      inputs: [start(), built(1), ready(1), wanted(), built(2), ...steps, exited(2)],
      state: 'starting 3 fallback',
      effects: ['report-failure 2', 'start 3 exclusive'],
    },
    {
      name: 'that artifact serves, and the outcome says so',
      facts: { ...stopFirst, ...compiled },
      inputs: [start(), built(1), ready(1), wanted(), built(2), ...steps, exited(2), ready(3)],
      state: 'ready 3',
      effects: ['activate 3', 'finished kept-old'],
    },
    {
      name: 'builds before anything is stopped',
      facts: { ...stopFirst, ...compiled },
      inputs: [start(), built(1), ready(1), wanted()],
      state: 'building 2 over 1',
      effects: ['build 2'],
    },
    {
      name: 'a failed syntax check stops nothing',
      facts: { ...stopFirst, build: 'check' },
      inputs: [...running, wanted(), buildFailed(2)],
      state: 'failed build-failed over 1',
      effects: ['report-failure 2', 'finished kept-old'],
    },
    {
      name: 'a change to build during the drain lets the old one serve on',
      facts: { ...stopFirst, ...compiled },
      inputs: [start(), built(1), ready(1), wanted(), built(2), wanted()],
      state: 'building 3 over 1',
      effects: ['resume 1', 'build 3'],
    },
    {
      name: 'a change without a build during the drain changes nothing but the request',
      facts: stopFirst,
      inputs: [...running, wanted(), wanted()],
      state: 'draining jobs of 1 then start',
      effects: [],
    },
    {
      name: 'a change to build during the stop is built before the start',
      facts: { ...stopFirst, ...compiled },
      inputs: [
        start(),
        built(1),
        ready(1),
        wanted(),
        built(2),
        drained(1, 'jobs'),
        drained(1, 'calls'),
        wanted(),
        stopped(1),
      ],
      state: 'building 3',
      effects: ['hold all', 'build 3'],
    },
    {
      name: 'a candidate goes on starting while a newer change is built, and may serve meanwhile',
      facts: { ...stopFirst, ...compiled },
      inputs: [start(), built(1), ready(1), wanted(), built(2), ...steps, wanted(), ready(2)],
      state: 'building 3 over 2',
      effects: ['activate 2', 'finished swapped'],
    },
    {
      name: 'a candidate that hangs is replaced as soon as the newer change is built',
      facts: { ...stopFirst, ...compiled },
      inputs: [start(), built(1), ready(1), wanted(), built(2), ...steps, wanted(), built(3)],
      state: 'starting 3',
      effects: ['discard 2', 'start 3 exclusive'],
    },
    {
      name: 'a candidate that hangs is replaced at once where nothing is built',
      facts: stopFirst,
      inputs: [...running, wanted(), ...steps, wanted()],
      state: 'starting 3',
      effects: ['hold all', 'discard 2', 'start 3 exclusive'],
    },
    {
      name: 'a drain that was given up and answers late is dropped',
      facts: { ...stopFirst, ...compiled },
      inputs: [start(), built(1), ready(1), wanted(), built(2), wanted(), drained(1, 'jobs')],
      state: 'building 3 over 1',
      effects: [],
    },
  ]);
});

describe('open batches', () => {
  check([
    {
      name: 'a candidate is started early',
      inputs: [start(), ready(1), opened],
      state: 'starting 2 over 1',
      effects: ['start 2'],
    },
    {
      name: 'but gets no calls before the batch ends',
      inputs: [start(), ready(1), opened, ready(2)],
      state: 'starting 2 over 1',
      effects: [],
    },
    {
      name: 'the end of the batch lets it have them',
      inputs: [start(), ready(1), opened, ready(2), settledBatch],
      state: 'ready 2, retiring 1',
      effects: ['activate 2', 'retire 1', 'finished swapped'],
    },
    {
      name: 'more changes throw it away',
      inputs: [start(), ready(1), opened, grown],
      state: 'ready 1',
      effects: ['discard 2'],
    },
    {
      name: 'and the whole batch starts one candidate',
      inputs: [start(), ready(1), opened, grown, settledBatch],
      state: 'starting 3 over 1',
      effects: ['start 3'],
    },
    {
      name: 'nothing had changed after all',
      inputs: [start(), ready(1), opened, nothing],
      state: 'ready 1',
      effects: ['discard 2'],
    },
    {
      name: 'what it took the place of is wanted again then',
      inputs: [start(), ready(1), wanted(), opened, nothing],
      state: 'starting 4 over 1',
      effects: ['discard 3', 'start 4'],
    },
    {
      name: 'a build that was interrupted is still owed after a plain restart',
      facts: compiled,
      inputs: [
        start(),
        built(1),
        ready(1),
        wanted(),
        { type: 'wanted', request: { ...batch, action: 'restart' } },
        grown,
        { type: 'settled', request: { ...batch, action: 'restart', settled: true } },
      ],
      state: 'building 4 over 1',
      effects: ['build 4'],
    },
    {
      name: 'stop-first touches nothing early',
      facts: stopFirst,
      inputs: [start(), ready(1), opened],
      state: 'ready 1',
      effects: [],
    },
    {
      name: 'stop-first acts at the end of the batch',
      facts: stopFirst,
      inputs: [start(), ready(1), opened, settledBatch],
      state: 'draining jobs of 1 then start',
      effects: ['hold jobs', 'drain jobs 1'],
    },
    {
      name: 'stop-first builds early',
      facts: { ...stopFirst, ...compiled },
      inputs: [start(), built(1), ready(1), opened],
      state: 'building 2 over 1',
      effects: ['build 2'],
    },
    {
      name: 'but drains only when the batch has ended',
      facts: { ...stopFirst, ...compiled },
      inputs: [start(), built(1), ready(1), opened, built(2)],
      state: 'building 2 done over 1',
      effects: [],
    },
    {
      name: 'and then at once',
      facts: { ...stopFirst, ...compiled },
      inputs: [start(), built(1), ready(1), opened, built(2), settledBatch],
      state: 'draining jobs of 1 then start',
      effects: ['hold jobs', 'drain jobs 1'],
    },
    {
      name: 'an early candidate that failed is not tried a second time',
      inputs: [start(), ready(1), opened, exited(2), settledBatch],
      state: 'failed exited over 1',
      effects: [],
    },
    {
      name: 'before anything serves, calls stay held',
      inputs: [opened, grown],
      state: 'idle',
      effects: ['discard 1', 'hold all'],
    },
  ]);
});

describe('crashes', () => {
  const crash = [start(), ready(1), exited(1)];
  check([
    {
      name: 'are answered by a restart',
      inputs: [...crash, { type: 'retry-due' }],
      state: 'starting 2',
      effects: ['hold all', 'start 2'],
    },
    {
      name: 'in a row make the pause longer',
      inputs: [...crash, { type: 'retry-due' }, ready(2), exited(2)],
      state: 'failed exited, retry 2',
      effects: ['hold all', 'report-failure 2', 'retry 2'],
    },
    {
      name: 'at the restart itself count as well',
      inputs: [...crash, { type: 'retry-due' }, exited(2)],
      state: 'failed exited, retry 2',
      effects: ['hold all', 'report-failure 2', 'retry 2', 'finished failed'],
    },
    {
      name: 'after a time of health count from one',
      inputs: [...crash, { type: 'retry-due' }, ready(2), { type: 'healthy', generation: 2 }, exited(2)],
      state: 'failed exited, retry 1',
      effects: ['hold all', 'report-failure 2', 'retry 1'],
    },
    {
      name: 'a saved file retries at once',
      inputs: [...crash, wanted()],
      state: 'starting 2',
      effects: ['hold all', 'start 2'],
    },
    {
      name: 'a retry that comes late does nothing',
      inputs: [...crash, wanted(), { type: 'retry-due' }],
      state: 'starting 2',
      effects: [],
    },
    {
      name: 'restart the last good artifact',
      facts: compiled,
      inputs: [start(), built(1), ready(1), wanted(), built(2), exited(2), exited(1), { type: 'retry-due' }],
      state: 'starting 3',
      effects: ['hold all', 'start 3'],
    },
  ]);
  it('starts the artifact that was good, not the one that failed', () => {
    const inputs = [
      start(),
      built(1),
      ready(1),
      wanted(),
      built(2),
      exited(2),
      exited(1),
      { type: 'retry-due' } as const,
    ];
    const { effects } = feed(machine(compiled), ...inputs);
    expect(effects).toContainEqual({ type: 'start', generation: 3, artifact: '/a/1/app', exclusive: false });
  });
});

describe('a limit of crashes', () => {
  const limited: Partial<Facts> = { crashLimit: 3 };
  const retry: Input = { type: 'retry-due' };
  check([
    {
      name: 'ends the restarts at that crash in a row',
      facts: limited,
      inputs: [start(), exited(1), retry, exited(2), retry, exited(3)],
      state: 'failed exited',
      effects: ['report-failure 3', 'fail-held', 'finished failed'],
    },
    {
      name: 'is counted from one after a time of health',
      facts: limited,
      inputs: [
        start(),
        exited(1),
        retry,
        exited(2),
        retry,
        ready(3),
        { type: 'healthy', generation: 3 },
        exited(3),
      ],
      state: 'failed exited, retry 1',
      effects: ['hold all', 'report-failure 3', 'retry 1'],
    },
    {
      name: 'starts again what ends by itself, also with code 0',
      facts: limited,
      inputs: [start(), ready(1), exited(1, 0)],
      state: 'failed exited, retry 1',
      effects: ['hold all', 'report-failure 1', 'retry 1'],
    },
    {
      name: 'starts again what a reload has left without a process',
      facts: { ...stopFirst, ...limited },
      inputs: [start(), ready(1), wanted(), drained(1, 'jobs'), drained(1, 'calls'), stopped(1), exited(2)],
      state: 'failed exited, retry 1',
      effects: ['hold all', 'report-failure 2', 'retry 1', 'finished failed'],
    },
  ]);
});

describe('a named artifact', () => {
  const two = [start(), built(1), ready(1), wanted(), built(2), ready(2)];
  const back = wanted({ artifact: '/a/1/app', action: 'restart' });
  check([
    {
      name: 'is started without a build',
      facts: compiled,
      inputs: [...two, back],
      state: 'starting 3 over 2, retiring 1',
      effects: ['start 3'],
    },
    {
      name: 'takes the place of a build that is under way',
      facts: compiled,
      inputs: [...two, wanted(), back],
      state: 'starting 4 over 2, retiring 1',
      effects: ['cancel-build 3', 'start 4'],
    },
    {
      name: 'that does not start leaves the one that serves',
      facts: compiled,
      inputs: [...two, back, exited(3)],
      state: 'failed exited over 2, retiring 1',
      effects: ['report-failure 3', 'finished kept-old'],
    },
  ]);

  function startedBy(inputs: readonly Input[], facts: Partial<Facts> = compiled): readonly string[] {
    const { effects } = feed(machine(facts), ...inputs);
    return effects.flatMap((effect) => (effect.type === 'start' ? [effect.artifact ?? 'none'] : []));
  }

  it('is what is run', () => {
    expect(startedBy([...two, back])).toEqual(['/a/1/app']);
  });

  it('is what a restart without a build runs from then on', () => {
    expect(startedBy([...two, back, ready(3), wanted({ action: 'restart' })])).toEqual(['/a/1/app']);
  });

  it('is what a restart runs that comes before it serves', () => {
    expect(startedBy([...two, back, wanted({ action: 'restart' })])).toEqual(['/a/1/app']);
  });

  it('takes the place of what is to follow a stop', () => {
    const inputs = [
      start(),
      built(1),
      ready(1),
      wanted(),
      built(2),
      back,
      drained(1, 'jobs'),
      drained(1, 'calls'),
      stopped(1),
    ];
    expect(startedBy(inputs, { ...compiled, ...stopFirst })).toEqual(['/a/1/app']);
  });
});

describe('the build before', () => {
  const two = [start(), built(1), ready(1), wanted(), built(2), ready(2)];
  function target(inputs: readonly Input[], facts: Partial<Facts> = compiled): unknown {
    const found = rollbackTarget(feed(machine(facts), ...inputs).machine.facts);
    return found.ok ? found.value : found.error;
  }

  it('is the one that was active before', () => {
    expect(target([start(), built(1), ready(1)])).toBe('no other build has served in this session');
    expect(target(two)).toBe('/a/1/app');
    expect(target([...two, wanted(), built(3), ready(3)])).toBe('/a/2/app');
  });

  it('is not one that was never ready', () => {
    expect(target([...two, wanted(), built(3), exited(3)])).toBe('/a/1/app');
  });

  it('is after a rollback the one that was rolled back', () => {
    expect(target([...two, wanted({ artifact: '/a/1/app', action: 'restart' }), ready(3)])).toBe('/a/2/app');
  });

  it('is kept, and what is older is not', () => {
    const { effects } = feed(machine(compiled), ...two, kept(1), stopped(1), wanted(), built(3), ready(3));
    const prune = effects.find((effect) => effect.type === 'prune-artifacts');
    expect(prune).toEqual({ type: 'prune-artifacts', keep: ['/a/3/app', '/a/2/app'] });
  });

  it('does not exist where builds leave nothing', () => {
    expect(target([start()], {})).toMatch(/^an interpreted project has no build to go back to/);
    expect(target([start()], { build: 'check' })).toMatch(/^an interpreted project/);
    expect(target([start()], { build: 'full' })).toMatch(/^its build leaves no artifact of its own/);
  });

  it('is gone when what replaced it died and it serves again', () => {
    expect(target([...two, exited(2)])).toBe('no other build has served in this session');
  });
});

describe('going back', () => {
  const back = (generation: number): Input => ({ type: 'go-back', generation, request: request() });
  check([
    {
      name: 'gives the calls to the one that is kept, and ends the other when it is drained',
      inputs: [...swapped, back(2)],
      state: 'ready 1, retiring 2-',
      effects: ['reinstate 1', 'retire 2', 'expedite 2', 'finished kept-old'],
    },
    {
      name: 'is too late when nothing is kept any more',
      inputs: [...swapped, kept(1), back(2)],
      state: 'ready 2, retiring 1-',
      effects: [],
    },
    {
      name: 'is not meant for a generation that does not serve',
      inputs: [...swapped, back(1)],
      state: 'ready 2, retiring 1',
      effects: [],
    },
    {
      name: 'does nothing while something newer starts',
      inputs: [...swapped, wanted(), back(2)],
      state: 'starting 3 over 2, retiring 1',
      effects: [],
    },
  ]);

  it('runs its artifact at the next restart', () => {
    const { effects } = feed(
      machine(compiled),
      start(),
      built(1),
      ready(1),
      wanted(),
      built(2),
      ready(2),
      back(2),
      wanted({ action: 'restart' }),
    );
    expect(effects).toContainEqual({ type: 'start', generation: 3, artifact: '/a/1/app', exclusive: false });
  });

  it('needs the old one pinned only where that was asked for', () => {
    const pins = (inputs: readonly Input[]) =>
      feed(machine(), ...inputs).effects.filter((effect) => effect.type === 'retire' && effect.pinned).length;
    expect(pins([start(), ready(1), wanted(), ready(2)])).toBe(0);
    expect(pins([start(), ready(1), wanted({ pinsOld: true }), ready(2)])).toBe(1);
  });
});

describe('closing', () => {
  check([
    {
      name: 'refuses new calls and drains',
      inputs: [start(), ready(1), close],
      state: 'draining jobs of 1 then close',
      effects: ['fail-held', 'drain jobs 1'],
    },
    {
      name: 'drains calls after jobs',
      inputs: [start(), ready(1), close, drained(1, 'jobs')],
      state: 'draining calls of 1 then close',
      effects: ['drain calls 1'],
    },
    {
      name: 'stops then',
      inputs: [start(), ready(1), close, drained(1, 'jobs'), drained(1, 'calls')],
      state: 'stopping 1 then close',
      effects: ['stop 1'],
    },
    {
      name: 'is over when the group is gone',
      inputs: [start(), ready(1), close, drained(1, 'jobs'), drained(1, 'calls'), stopped(1)],
      state: 'closed',
      effects: ['closed'],
    },
    {
      name: 'ends a candidate',
      inputs: [start(), ready(1), wanted(), close],
      state: 'draining jobs of 1 then close',
      effects: ['fail-held', 'discard 2', 'drain jobs 1'],
    },
    {
      name: 'ends a build',
      facts: compiled,
      inputs: [start(), close],
      state: 'closed',
      effects: ['fail-held', 'cancel-build 1', 'closed'],
    },
    {
      name: 'no longer keeps what is on its way out',
      inputs: [...swapped, close],
      state: 'draining jobs of 2 then close, retiring 1',
      effects: ['fail-held', 'expedite 1', 'drain jobs 2'],
    },
    {
      name: 'ignores changes',
      inputs: [start(), ready(1), close, wanted()],
      state: 'draining jobs of 1 then close',
      effects: [],
    },
    {
      name: 'in the middle of a swap starts nothing more',
      facts: stopFirst,
      inputs: [start(), ready(1), wanted(), drained(1, 'jobs'), drained(1, 'calls'), close, stopped(1)],
      state: 'closed',
      effects: ['closed'],
    },
    {
      name: 'after the end nothing happens',
      inputs: [close, wanted(), start()],
      state: 'closed',
      effects: [],
    },
  ]);
});
