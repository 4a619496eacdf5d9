import { describe, expect, it } from 'vitest';
import { type FailureReport, formatFailure, frameOutput } from '../../../src/observe/failure-block.js';
import { createStyle } from '../../../src/observe/style.js';

const view = { style: createStyle({ color: false, unicode: true }), showService: false, outputLines: 50 };

const report: FailureReport = {
  service: 'game',
  generation: 8,
  reason: 'exited',
  message: 'the process exited with code 1',
  output: ['boom', '    at server.js:1'],
  serving: 7,
  next: { kind: 'waiting' },
};

const format = (more: Partial<FailureReport> = {}) => formatFailure({ ...report, ...more }, view);

describe('formatFailure', () => {
  it('says what failed, shows the output, what serves and what comes next', () => {
    expect(format()).toEqual([
      '✘ #8 failed: the process exited with code 1',
      '  │ boom',
      '  │     at server.js:1',
      '  #7 keeps serving; waiting for a change',
    ]);
  });

  it.each<readonly [Partial<FailureReport>, string]>([
    [{ serving: null }, 'nothing serves; waiting for a change'],
    [{ serving: null, next: { kind: 'retrying', ms: 2000 } }, 'nothing serves; retrying in 2 s, or at once'],
    [{ serving: null, next: { kind: 'still-starting' } }, 'keeps running and serves as soon as it is ready'],
  ])('%o', (more, expected) => {
    expect(format(more).join('\n')).toContain(expected);
  });

  it.each<readonly [FailureReport['reason'], readonly string[]]>([
    ['build-failed', ['was not built']],
    ['build-timeout', ['was not built', '"build": { "timeout"']],
    ['spawn-failed', ['was not started', 'PATH', '"command"', 'croupier dev -- ']],
    ['exited', ['failed']],
    ['address-in-use', ['failed', 'PORT', '"restart": { "strategy": "stop-first" }']],
    ['not-ready', ['did not get ready', '"ready": { "http"', '"ready": "spawn"', '"timeout"']],
  ])('%s shows the way out', (reason, expected) => {
    const text = format({ reason }).join('\n');
    for (const one of expected) expect(text).toContain(one);
  });

  it('names the service where there are several', () => {
    expect(formatFailure(report, { ...view, showService: true })[0]).toContain('✘ game #8 failed');
  });
});

describe('frameOutput', () => {
  it('shows the newest lines and counts the rest', () => {
    const lines = ['1', '2', '3', '4'];
    expect(frameOutput(lines, { ...view, outputLines: 2 })).toEqual(['  │ … 2 earlier', '  │ 3', '  │ 4']);
  });

  it('keeps colours, closes them, and lets nothing move the cursor', () => {
    expect(frameOutput(['\u001b[31mred\u001b[2J'], view)).toEqual(['  │ \u001b[31mred\u001b[0m']);
  });
});
