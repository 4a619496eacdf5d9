import { describe, expect, it, onTestFinished } from 'vitest';
import { createReporter } from '../../../src/observe/reporter.js';
import type { ReporterOptions } from '../../../src/observe/types.js';
import { events, stamp } from '../../support/events.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { CapturedStream, TerminalStream, VirtualTerminal } from '../../support/virtual-terminal.js';

/** Longer than the status line stays away after output. */
const A_WHILE = 50;

async function open(more: Partial<ReporterOptions> & { readonly columns?: number } = {}) {
  const { columns, ...options } = more;
  const terminal = new VirtualTerminal(columns ?? 100);
  const stderr = new TerminalStream(terminal);
  const clock = new VirtualClock();
  const reporter = await createReporter({
    mode: 'terminal',
    stdout: new TerminalStream(terminal),
    stderr,
    color: false,
    verbose: false,
    services: ['game'],
    keys: true,
    clock,
    env: { TERM: 'xterm' },
    ...options,
  });
  onTestFinished(() => reporter.close());
  const tell = (...happened: Parameters<typeof stamp>[0][]) => {
    for (const event of happened) reporter.sink(stamp(event));
  };
  const print = (text: string, stream: 'stdout' | 'stderr' = 'stdout') =>
    reporter.output('game', stream, Buffer.from(text));
  return { terminal, stderr, clock, reporter, tell, print };
}

const READY = '● ready  game #1 · 1 function · pid 101 · r reload  h help';

describe('the status line', () => {
  it('stands below everything that is printed, and only once', async () => {
    const { terminal, clock, tell, print } = await open();
    tell(events.active(1));
    print('one\n');
    tell(events.notice('info', 'hello'));
    print('two\n');
    await clock.advance(A_WHILE);
    expect(terminal.lines.slice(-4)).toEqual(['one', 'info hello', 'two', READY]);
    expect(terminal.lines.filter((line) => line.includes('ready  game'))).toHaveLength(1);
  });

  it('shows the services that are there now', async () => {
    const { terminal, tell, reporter } = await open();
    tell(events.active(1));
    reporter.setServices(['game', 'shop']);
    expect(terminal.lines.at(-1)).toMatch(/game #1.*shop/);
    tell(events.active(1, ['buy'], 'shop'));
    reporter.setServices(['shop']);
    expect(terminal.lines.at(-1)).toContain('shop #1');
    expect(terminal.lines.at(-1)).not.toContain('game');
  });

  it('changes in place', async () => {
    const { terminal, tell, reporter } = await open();
    tell(events.active(1));
    const before = terminal.lines.length;
    reporter.gauges({ held: 3, calls: 0, jobs: 0 });
    expect(terminal.lines).toHaveLength(before);
    expect(terminal.lines.at(-1)).toContain('3 held');
    tell(events.starting(2));
    expect(terminal.lines).toHaveLength(before);
    expect(terminal.lines.at(-1)).toMatch(/^. starting {2}game #2 · #1 serves/);
  });

  it('is not written again while nothing changes', async () => {
    const { terminal, tell, reporter } = await open();
    tell(events.active(1));
    const { written } = terminal;
    reporter.gauges({ held: 0, calls: 0, jobs: 0 });
    expect(terminal.written).toBe(written);
  });

  it('spins while something is under way, and stops its timer afterwards', async () => {
    const { terminal, clock, tell } = await open();
    tell(events.building(1));
    await clock.advance(500);
    expect(clock.pending).toBe(1);
    expect(terminal.lines.at(-1)).toMatch(/^. building {2}game #1/);
    tell(events.active(1));
    await clock.advance(500);
    expect(clock.pending).toBe(0);
  });

  it('stays away for a moment after output, so that a stream of it is not drawn over', async () => {
    const { terminal, clock, tell, print } = await open();
    tell(events.active(1));
    print('a\n');
    const { written } = terminal;
    for (let line = 0; line < 100; line++) print('b\n');
    expect(terminal.written.slice(written.length)).toBe('b\n'.repeat(100));
    await clock.advance(A_WHILE);
    expect(terminal.lines.at(-1)).toBe(READY);
  });

  it.each([100, 60, 40, 20, 8])('fits into one row of %i columns', async (columns) => {
    const { terminal, clock, tell, print } = await open({ columns });
    tell(events.sessionReady(), events.active(1));
    print('x\n');
    await clock.advance(A_WHILE);
    const last = terminal.lines.at(-1) ?? '';
    expect(last).toMatch(/^● re/);
    expect(last.length).toBeLessThan(columns);
  });

  it.each([
    [100, 40],
    [100, 15],
    [40, 100],
  ])('is left in one piece when %i columns become %i', async (from, to) => {
    const { terminal, stderr, clock, tell, print } = await open({ columns: from });
    tell(events.sessionReady(), events.active(1));
    print('short\n');
    await clock.advance(A_WHILE);
    terminal.resize(to);
    stderr.emit('resize');
    expect(terminal.lines.at(-2)).toBe('short');
    expect(terminal.lines.at(-1)).toMatch(/^● ready/);
    expect(terminal.lines.join('').match(/ready {2}g/g)).toHaveLength(1);
  });

  it('goes away for good with the session, and the cursor comes back', async () => {
    const { terminal, clock, tell, print, reporter } = await open();
    tell(events.active(1));
    expect(terminal.isCursorVisible).toBe(false);
    tell(events.closed('SIGINT'));
    reporter.close();
    print('bye\n');
    await clock.advance(A_WHILE);
    expect(terminal.lines.slice(-2)).toEqual(['closed: SIGINT', 'bye']);
    expect(terminal.isCursorVisible).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('gives the cursor back when the process ends unexpectedly', async () => {
    const { terminal, tell } = await open();
    tell(events.active(1));
    const listener = process.listeners('exit').at(-1);
    listener?.call(process, 1);
    expect(terminal.isCursorVisible).toBe(true);
  });

  it('leaves no listener behind', async () => {
    const listeners = process.listenerCount('exit');
    const { stderr, reporter } = await open();
    expect(process.listenerCount('exit')).toBe(listeners + 1);
    reporter.close();
    expect(process.listenerCount('exit')).toBe(listeners);
    expect(stderr.listenerCount('resize')).toBe(0);
  });
});

describe('output of the child', () => {
  it('comes out in order and untouched, with nothing drawn over a line that is still open', async () => {
    const { terminal, clock, tell, print } = await open();
    tell(events.active(1));
    print('name: ');
    await clock.advance(1000);
    expect(terminal.lines.at(-1)).toBe('name:');
    print('Ann', 'stderr');
    await clock.advance(1000);
    expect(terminal.lines.at(-1)).toBe('name: Ann');
    print('\nnext\n');
    await clock.advance(A_WHILE);
    expect(terminal.lines.slice(-3)).toEqual(['name: Ann', 'next', READY]);
  });

  it('overwrites its own line as it wants to', async () => {
    const { terminal, clock, tell, print } = await open();
    tell(events.active(1));
    for (const percent of [10, 50, 100]) {
      print(`\r${percent} %`);
      await clock.advance(A_WHILE);
    }
    expect(terminal.lines.at(-1)).toBe('100 %');
    print('\n');
    await clock.advance(A_WHILE);
    expect(terminal.lines.slice(-2)).toEqual(['100 %', READY]);
  });

  it('is not glued to a line of ours when its own is open', async () => {
    const { terminal, clock, tell, print } = await open();
    tell(events.active(1));
    print('loading');
    tell(events.notice('warn', 'polling'));
    print(' done\n');
    await clock.advance(A_WHILE);
    expect(terminal.lines.slice(-4)).toEqual(['loading', 'warning polling', ' done', READY]);
  });

  it('keeps every byte of stdout when that is a file, status line or not', async () => {
    const stdout = new CapturedStream();
    const { terminal, clock, tell, reporter } = await open({ stdout });
    const bytes = Buffer.from([0x31, 0x00, 0xff, 0x0a, 0x1b, 0x5b, 0x32, 0x4a, 0xe7, 0x8e]);
    tell(events.active(1));
    for (const byte of bytes) {
      reporter.output('game', 'stdout', Buffer.from([byte]));
      await clock.advance(A_WHILE);
    }
    expect(stdout.bytes).toEqual(bytes);
    expect(terminal.lines.at(-1)).toBe(READY);
  });

  it('is prefixed where there are several services', async () => {
    const { terminal, clock, print, reporter } = await open({ services: ['game', 'chat'] });
    print('one\n');
    reporter.output('chat', 'stdout', Buffer.from('two\n'));
    await clock.advance(A_WHILE);
    expect(terminal.lines.slice(0, 2)).toEqual(['game │ one', 'chat │ two']);
  });
});

describe('suspend', () => {
  it('leaves the terminal alone until it is resumed, then prints what came meanwhile', async () => {
    const { terminal, clock, tell, print, reporter } = await open();
    tell(events.active(1));
    const resume = reporter.suspend();
    const { written } = terminal;
    expect(terminal.isCursorVisible).toBe(true);
    expect(terminal.lines.at(-1)).not.toContain('ready  game');
    print('meanwhile\n');
    tell(events.notice('info', 'hello'), events.starting(2));
    await clock.advance(1000);
    expect(terminal.written).toBe(written);
    resume();
    resume();
    expect(terminal.lines.slice(-3)).toEqual([
      'meanwhile',
      'info hello',
      expect.stringContaining('starting  game #2'),
    ]);
  });

  it('does not hold back without limit', async () => {
    const { terminal, print, reporter } = await open();
    reporter.suspend();
    const line = `${'x'.repeat(99)}\n`;
    for (let count = 0; count < 11_000; count++) print(line);
    expect(terminal.written.length).toBeGreaterThan(1024 * 1024);
  });

  it('loses nothing when it is closed meanwhile', async () => {
    const { terminal, print, reporter } = await open();
    reporter.suspend();
    print('last words\n');
    reporter.close();
    expect(terminal.lines).toContain('last words');
  });
});

describe('clear', () => {
  it('leaves only the status line', async () => {
    const { terminal, tell, print, reporter } = await open();
    tell(events.active(1));
    print('old\nhalf');
    reporter.clear();
    expect(terminal.lines).toEqual([READY]);
  });
});
