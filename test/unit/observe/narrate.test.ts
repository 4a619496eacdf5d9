import { describe, expect, it } from 'vitest';
import type { CroupierEvent } from '../../../src/core/events.js';
import { type NarrateOptions, narrate } from '../../../src/observe/narrate.js';
import { initialStatus, reduceStatus } from '../../../src/observe/status.js';
import { createStyle } from '../../../src/observe/style.js';
import { events, UPSTREAM } from '../../support/events.js';

const options: NarrateOptions = {
  style: createStyle({ color: false, unicode: true }),
  verbose: false,
  showService: false,
  width: null,
};

/** What the last of these events says. */
function told(happened: readonly CroupierEvent[], more: Partial<NarrateOptions> = {}): readonly string[] {
  const last = happened.at(-1);
  if (last === undefined) throw new Error('no event');
  const before = [events.sessionReady(), ...happened.slice(0, -1)].reduce(
    reduceStatus,
    initialStatus(['game']),
  );
  return narrate(last, { before, after: reduceStatus(before, last) }, { ...options, ...more });
}

const running = [events.starting(1), events.ready(1), events.active(1)];

describe('narrate', () => {
  it('tells of the first time ready in full', () => {
    expect(
      told([events.starting(1), events.ready(1), events.active(1, ['player.ban', 'server.status'])]),
    ).toEqual([
      '● game #1 ready in 312 ms (pid 101)',
      '  functions player.ban, server.status',
      '  gateway   127.0.0.1:19090',
      "  try       croupier invoke player.ban '{}'",
    ]);
  });

  it('counts functions that are too many to name', () => {
    const ids = Array.from({ length: 11 }, (_, index) => `f${index}`);
    expect(told([events.active(1, ids)])[1]).toBe('  functions f0, f1, f2, f3, f4, f5, f6, f7, and 3 more');
  });

  it('suggests no call where there is nothing to call', () => {
    const lines = told([events.active(1, [])]);
    expect(lines[1]).toBe('  functions none registered');
    expect(lines.join('\n')).not.toContain('invoke');
  });

  it('is silent on later generations but for their reload', () => {
    expect(told([...running, events.starting(2), events.active(2)])).toEqual([]);
    expect(told([...running, events.active(2), events.reload(2)])[0]).toContain('✔ #2 swapped in 143 ms');
  });

  it('says when calls go back to the old generation', () => {
    const happened = [...running, events.active(2), events.draining(1), events.failed(2, { serving: 1 })];
    expect(told([...happened, events.active(1)])[0]).toContain('#1 has the calls again');
  });

  it('leaves a first start to the ready block and the failure block', () => {
    const reload = events.reload(1, { trigger: { kind: 'start', paths: [] } });
    expect(told([...running, reload])).toEqual([]);
    expect(told([...running, reload], { verbose: true })).toHaveLength(1);
  });

  it.each<readonly [string, readonly CroupierEvent[], string]>([
    ['a crash', [...running, events.failed(1, { retryMs: 500 })], 'nothing serves; retrying in 500 ms'],
    ['a candidate', [...running, events.failed(2, { serving: 1 })], '#1 keeps serving; waiting for a change'],
    ['a late first one', [events.failed(1, { reason: 'not-ready' })], 'serves as soon as it is ready'],
    ['a late later one', [...running, events.failed(2, { reason: 'not-ready' })], 'waiting for a change'],
    ['a build', [events.buildFailed(1)], '│ SyntaxError: Unexpected token'],
  ])('tells of a failure: %s', (_, happened, expected) => {
    expect(told(happened).join('\n')).toContain(expected);
  });

  it('shows less of a process that has been seen, and all of it when verbose', () => {
    const outputTail = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    const happened = [events.failed(1, { outputTail })];
    expect(told(happened).join('\n')).toContain('… 35 earlier');
    expect(told(happened, { verbose: true }).join('\n')).not.toContain('earlier');
  });

  it('tells of changed functions, but not again of those of the first generation', () => {
    const first = events.functions(1, { added: ['player.ban'] });
    expect(told([first])).toEqual([]);
    expect(told([...running, first])).toEqual([]);
    expect(told([...running, events.functions(1, { added: ['player.mute'] })])).toEqual([
      '#1 functions  + player.mute',
    ]);
    const changed = { added: ['a'], removed: ['b'], updated: ['c', 'd'], breaking: ['d'] };
    expect(told([...running, events.active(2), events.functions(2, changed)])).toEqual([
      '#2 functions  + a  - b  ~ c  ! d (breaking)',
    ]);
  });

  it('passes notices on, with their level', () => {
    expect(told([events.notice('warn', 'polling\nraise the limit')])).toEqual([
      'warning polling',
      '  raise the limit',
    ]);
    expect(told([events.notice('info', 'hello')])).toEqual(['info hello']);
    expect(told([events.notice('error', 'a loop')])).toEqual(['error a loop']);
  });

  it.each<readonly [string, CroupierEvent, string]>([
    ['changed files', events.changed('a.js', 'b.js'), 'changed a.js +1 (default)'],
    ['a build', events.building(2), '#2 building'],
    ['the end of a build', events.built(2), '#2 built in 590 ms'],
    ['a start', events.starting(2), '#2 starting (pid 102)'],
    ['readiness', events.ready(2), '#2 ready in 312 ms (0 functions)'],
    ['a drain', events.draining(1), '#1 draining'],
    ['a stop', events.stopped(1), '#1 stopped in 31 ms (exit code 0)'],
  ])('%s only when verbose', (_, event, expected) => {
    expect(told([...running, event])).toEqual([]);
    expect(told([...running, event], { verbose: true })[0]).toBe(expected);
  });

  it('shows what a successful build said when verbose', () => {
    expect(told([events.built(2, 'warning: unused\n')], { verbose: true })[1]).toBe('  │ warning: unused');
  });

  it('names the gateway at once where there is no service to wait for', () => {
    const before = initialStatus([]);
    const event = events.sessionReady('127.0.0.1:5');
    const lines = narrate(event, { before, after: reduceStatus(before, event) }, options);
    expect(lines).toEqual(['gateway on 127.0.0.1:5']);
  });

  it("leaves the child's output alone", () => {
    const event = {
      type: 'process.output',
      service: 'game',
      generation: 1,
      stream: 'stdout',
      line: 'x',
    } as const;
    expect(told([...running, event], { verbose: true })).toEqual([]);
  });

  it('names the upstream in the ready block, and whether it is connected', () => {
    const start = [events.sessionReady('127.0.0.1:5', UPSTREAM), events.starting(1), events.ready(1)];
    expect(told([...start, events.active(1)])[3]).toBe(`  upstream  ${UPSTREAM} (connecting)`);
    expect(told([...start, events.upstreamConnected(), events.active(1)])[3]).toBe(`  upstream  ${UPSTREAM}`);
    expect(told([...start, events.upstreamLost(), events.active(1)])[3]).toBe(
      `  upstream  ${UPSTREAM} (not connected)`,
    );
  });

  it('tells of an upstream that is lost and found', () => {
    expect(told([...running, events.upstreamConnected()])).toEqual([`● upstream ${UPSTREAM} connected`]);
    expect(told([...running, events.upstreamLost('it refuses\ncheck its port')])).toEqual([
      `▲ upstream ${UPSTREAM} lost: it refuses`,
      '  check its port',
      '  local callers are served; it is tried again by itself',
    ]);
    expect(told([...running, events.upstreamConnected(3)])).toEqual([
      `● upstream ${UPSTREAM} connected again`,
    ]);
  });

  it.each([
    ['registrations', events.upstreamRegistered(['a', 'b']), `game registered 2 functions with ${UPSTREAM}`],
    [
      'a swap',
      events.upstreamDrained('swap'),
      `game taken out of ${UPSTREAM} (others serve during the swap)`,
    ],
    ['the end', events.upstreamDrained('exit'), `game taken out of ${UPSTREAM} (the session ends)`],
  ])('%s upstream only when verbose', (_, event, expected) => {
    expect(told([...running, event])).toEqual([]);
    expect(told([...running, event], { verbose: true })).toEqual([expected]);
  });
});

describe('functions that were loaded again', () => {
  const failed = (error: string): CroupierEvent => ({
    type: 'functions.reloaded',
    service: 'game',
    generation: 1,
    reloaded: [{ id: 'other', oldVersion: '1.0.0', newVersion: '1.1.0' }],
    failed: [{ id: 'player.ban', path: 'functions/ban.ts', error, rolledBack: true }],
    ms: 3,
  });
  const text = (error: string, more: Partial<NarrateOptions> = {}) =>
    told([...running, failed(error)], more).join('\n');

  it('are told where they could not be, with the line that says why', () => {
    expect(text('SyntaxError: no\n  at x')).toContain(
      'player.ban in functions/ban.ts was not reloaded: SyntaxError: no',
    );
    expect(text('SyntaxError: no\n  at x')).not.toContain('at x');
    expect(text('TransformError: failed with 1 error:\nban.ts:6:2: Unexpected ";"')).toContain(
      'failed with 1 error: ban.ts:6:2: Unexpected ";"',
    );
  });

  it('are named only where everything is asked for', () => {
    expect(text('no')).not.toContain('other reloaded');
    expect(text('no', { verbose: true })).toContain('other reloaded (1.0.0 to 1.1.0)');
  });
});
