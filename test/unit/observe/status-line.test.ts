import { describe, expect, it } from 'vitest';
import type { CroupierEvent } from '../../../src/core/events.js';
import { textWidth, withoutSequences } from '../../../src/observe/printable.js';
import { initialStatus, reduceStatus } from '../../../src/observe/status.js';
import { formatStatusLine, type StatusLineView } from '../../../src/observe/status-line.js';
import { createStyle } from '../../../src/observe/style.js';
import { events, UPSTREAM } from '../../support/events.js';

const quiet = { held: 0, calls: 0, jobs: 0 };
const base: StatusLineView = {
  style: createStyle({ color: false, unicode: true }),
  gauges: quiet,
  keys: true,
  width: 200,
};

function line(happened: readonly CroupierEvent[], more: Partial<StatusLineView> = {}) {
  const status = [events.sessionReady(), ...happened].reduce(reduceStatus, initialStatus(['game']));
  return formatStatusLine(status, { ...base, ...more });
}

const running = [events.starting(7), events.active(7, ['a', 'b', 'c'])];

describe('formatStatusLine', () => {
  it.each<readonly [string, readonly CroupierEvent[], string]>([
    ['ready', running, 'ready  game #7 · 3 functions · pid 107 · 127.0.0.1:19090 · r reload  h help'],
    ['one function', [events.active(1, ['a'])], 'ready  game #1 · 1 function · pid 101'],
    ['building', [...running, events.building(8)], 'building  game #8 · #7 serves'],
    ['starting', [...running, events.starting(8)], 'starting  game #8 · #7 serves · pid 108'],
    ['draining', [...running, events.draining(7)], 'draining  game #7 · 127.0.0.1'],
    [
      'a candidate failed',
      [...running, events.starting(8), events.failed(8)],
      'failed  game #8 · #7 serves · waiting for a change',
    ],
    ['a crash', [...running, events.failed(7, { retryMs: 2000 })], 'failed  game #7 · retries after 2 s'],
    ['nothing yet', [], 'waiting  game · '],
  ])('%s', (_, happened, expected) => {
    expect(line(happened)?.text).toContain(expected);
  });

  it('spins only while something is under way', () => {
    expect(line([...running, events.building(8)])?.symbol).toBe('busy');
    expect(line([...running, events.starting(8)])?.symbol).toBe('busy');
    expect(line([...running, events.draining(7)])?.symbol).toBe('busy');
    expect(line(running)?.symbol).toMatchObject({ text: '●' });
    expect(line([...running, events.failed(7)])?.symbol).toMatchObject({ text: '✘' });
  });

  it('tells of calls that wait or are under way, and of nothing where there are none', () => {
    const busy = line(running, { gauges: { held: 4, calls: 2, jobs: 1 } })?.text;
    expect(busy).toContain('3 in flight · 4 held');
    expect(line(running)?.text).not.toMatch(/in flight|held/);
  });

  it('says that the upstream is lost, until it is back or this session has taken its place', () => {
    const lost = [...running, events.upstreamLost()];
    const replaced: CroupierEvent = { type: 'upstream.replaced', url: UPSTREAM };
    expect(line(lost)?.text).toContain('3 functions · pid 107 · upstream lost');
    expect(line([...lost, events.upstreamConnected(2)])?.text).not.toContain('lost');
    expect(line([...lost, replaced])?.text).not.toContain('lost');
  });

  it('says that it is paused, and how to go on', () => {
    const paused = line(running, { gauges: { ...quiet, paused: true } });
    expect(paused?.text).toMatch(/^paused {2}game #7 .* p resume {2}h help$/);
    expect(paused?.symbol).toMatchObject({ text: '‖' });
  });

  it('names no keys where there are none', () => {
    expect(line(running, { keys: false })?.text).not.toContain('reload');
  });

  it('gives up what is worth least first in a narrow terminal', () => {
    expect(line(running, { width: 60 })?.text).toBe(
      'ready  game #7 · 3 functions · pid 107 · 127.0.0.1:19090',
    );
    expect(line(running, { width: 50 })?.text).toBe('ready  game #7 · 3 functions · 127.0.0.1:19090');
    expect(line(running, { width: 37 })?.text).toBe('ready  game #7 · 3 functions');
    expect(line(running, { width: 20 })?.text).toBe('ready  game #7');
    expect(line(running, { width: 10 })?.text).toBe('ready  ga…');
  });

  it.each([1, 5, 12, 37, 60, 80])('takes at most %i cells, in colours as well', (width) => {
    const style = createStyle({ color: true, unicode: true });
    const gauges = { held: 12, calls: 3, jobs: 1 };
    for (const happened of [running, [...running, events.failed(8)], [...running, events.starting(8)]]) {
      const text = line(happened, { style, gauges, width })?.text ?? '';
      expect(textWidth(withoutSequences(text))).toBeLessThanOrEqual(width);
    }
  });

  it('shows several services by generation and state', () => {
    const happened = [events.active(7), events.starting(2, 'chat')];
    const status = happened.reduce(reduceStatus, initialStatus(['game', 'chat']));
    expect(formatStatusLine(status, base)?.text).toMatch(/^game #7 · chat #2 starting/);
    expect(formatStatusLine(status, base)?.symbol).toBe('busy');
  });

  it('is not there without a service', () => {
    expect(formatStatusLine(initialStatus([]), base)).toBeNull();
  });

  it('cannot be broken by a name', () => {
    const status = reduceStatus(initialStatus([]), events.active(1, [], 'ga\u001b[2Jme\n'));
    expect(formatStatusLine(status, base)?.text).toMatch(/^ready {2}game {2}#1/);
  });
});
