import { describe, expect, it } from 'vitest';
import { formatReload, type ReloadFinished, type ReloadView } from '../../../src/observe/reload-line.js';
import { createStyle } from '../../../src/observe/style.js';
import { events } from '../../support/events.js';

const view: ReloadView = {
  style: createStyle({ color: false, unicode: true }),
  serving: 7,
  showService: false,
  verbose: false,
  width: null,
};

const format = (more: Partial<ReloadFinished> = {}, how: Partial<ReloadView> = {}) =>
  formatReload(events.reload(7, more), { ...view, ...how });

describe('formatReload', () => {
  it('says outcome, file, rule, phases and calls in one line', () => {
    expect(format()).toEqual([
      '✔ #7 swapped in 143 ms  server.js (default)  build 0 · start 121 · drain 12 · stop 0   held 4 · drained 2 · lost 0',
    ]);
  });

  it.each<readonly [string, Partial<ReloadFinished>, number | null, string]>([
    ['kept the old one', { outcome: 'kept-old' }, 6, '▲ #7 given up after 143 ms, #6 keeps serving'],
    [
      'went back to the last good build',
      { outcome: 'kept-old' },
      7,
      '▲ #7 runs the last good build, after 143 ms',
    ],
    ['kept, but nothing serves', { outcome: 'kept-old' }, null, '▲ #7 given up after 143 ms, nothing serves'],
    ['failed', { outcome: 'failed' }, null, '✘ #7 failed after 143 ms, nothing serves'],
    ['failed beside an older one', { outcome: 'failed' }, 5, '✘ #7 failed after 143 ms, #5 keeps serving'],
    ['hot', { outcome: 'hot' }, 7, '✔ #7 reloaded in place in 143 ms'],
  ])('%s', (_, more, serving, expected) => {
    expect(format(more, { serving })[0]).toContain(`${expected}  server.js`);
  });

  it.each<readonly [string, Partial<ReloadFinished>, string]>([
    ['several files', { trigger: { kind: 'change', paths: ['a.js', 'b.js', 'c.js'] } }, 'a.js +2 (default)'],
    ['a rule', { rule: 'functions/**' }, 'server.js (functions/**)'],
    ['asked for', { trigger: { kind: 'manual', paths: [] } }, 'ms  asked for  build'],
    ['a crash', { trigger: { kind: 'crash', paths: [] } }, 'ms  after a crash  build'],
    ['the first start', { trigger: { kind: 'start', paths: [] } }, 'ms  first start  build'],
  ])('names the cause: %s', (_, more, expected) => {
    expect(format(more)[0]).toContain(expected);
  });

  it('counts replayed calls only where there are some', () => {
    const calls = { held: 1, drained: 0, replayed: 2, lost: 1 };
    expect(format({ calls })[0]).toContain('held 1 · drained 0 · replayed 2 · lost 1');
  });

  it('marks lost calls', () => {
    const style = createStyle({ color: true, unicode: true });
    const calls = { held: 0, drained: 0, replayed: 0, lost: 3 };
    expect(format({ calls }, { style })[0]).toContain('\u001b[31mlost 3');
    expect(format({}, { style })[0]).not.toContain('\u001b[31m');
  });

  it('is broken between its parts in a narrow terminal', () => {
    expect(format({}, { width: 80 })).toEqual([
      '✔ #7 swapped in 143 ms  server.js (default)',
      '  build 0 · start 121 · drain 12 · stop 0   held 4 · drained 2 · lost 0',
    ]);
    expect(format({}, { width: 140 })).toHaveLength(1);
  });

  it('names service and strategy where asked to', () => {
    const [line] = format({}, { showService: true, verbose: true });
    expect(line).toContain('✔ game #7 swapped');
    expect(line).toContain('stop 0 · overlap');
  });

  it('rounds fractions of a ms', () => {
    const ms = { build: 0.4, drain: 11.6, stop: 0, start: 120.5, total: 142.6 };
    expect(format({ ms })[0]).toContain('143 ms  server.js (default)  build 0 · start 121 · drain 12');
  });
});
