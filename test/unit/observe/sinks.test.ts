import { describe, expect, it } from 'vitest';
import { OutputLines } from '../../../src/observe/output-lines.js';
import { createReporter } from '../../../src/observe/reporter.js';
import type { Reporter } from '../../../src/observe/types.js';
import { events, stamp } from '../../support/events.js';
import { CapturedStream } from '../../support/virtual-terminal.js';

async function open(mode: 'json' | 'plain', services: readonly string[] = ['game']) {
  const stdout = new CapturedStream();
  const stderr = new CapturedStream();
  const reporter = await createReporter({
    mode,
    stdout,
    stderr,
    color: false,
    verbose: false,
    services,
    keys: false,
    env: {},
  });
  return { stdout, stderr, reporter };
}

function play(reporter: Reporter): void {
  for (const event of [events.sessionReady(), events.active(1), events.reload(2)])
    reporter.sink(stamp(event));
}

describe('json', () => {
  it('prints one event a line on stdout, complete, and nothing else anywhere', async () => {
    const { stdout, stderr, reporter } = await open('json');
    play(reporter);
    reporter.output('game', 'stdout', Buffer.from('not here'));
    reporter.print(['nor this']);
    reporter.close();
    const lines = stdout.text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      [events.sessionReady(), events.active(1), events.reload(2)].map(stamp),
    );
    expect(stderr.text).toBe('');
  });
});

describe('plain', () => {
  it('prefixes our lines on stderr and never moves the cursor', async () => {
    const { stdout, stderr, reporter } = await open('plain');
    play(reporter);
    reporter.close();
    expect(stdout.text).toBe('');
    expect(stderr.text).toMatch(/^(\[croupier\] .*\n)+$/);
    expect(stderr.text).toContain('[croupier] ● game #1 ready');
    expect(stderr.text).not.toContain('\u001b');
  });

  it('passes bytes through untouched, each stream where it was written', async () => {
    const { stdout, stderr, reporter } = await open('plain');
    const binary = Buffer.from([0x00, 0xff, 0x0a, 0x80, 0x1b, 0x0d]);
    reporter.output('game', 'stdout', binary.subarray(0, 2));
    reporter.output('game', 'stderr', Buffer.from('oops\n'));
    reporter.output('game', 'stdout', binary.subarray(2));
    expect(stdout.bytes).toEqual(binary);
    expect(stderr.text).toBe('oops\n');
  });

  it('does not glue a line of ours to one that the child left open', async () => {
    const { stderr, reporter } = await open('plain');
    reporter.output('game', 'stderr', Buffer.from('half a line'));
    reporter.sink(stamp(events.notice('info', 'hello')));
    reporter.sink(stamp(events.notice('info', 'again')));
    expect(stderr.text).toBe('half a line\n[croupier] info hello\n[croupier] info again\n');
  });

  it('prefixes whole lines of several services, and loses no last line', async () => {
    const { stdout, reporter } = await open('plain', ['game', 'chat']);
    reporter.output('game', 'stdout', Buffer.from('one\ntw'));
    reporter.output('chat', 'stdout', Buffer.from('hello\n'));
    reporter.output('game', 'stdout', Buffer.from('o\nlast'));
    expect(stdout.text).toBe('game │ one\nchat │ hello\ngame │ two\n');
    reporter.sink(stamp(events.stopped(1)));
    expect(stdout.text).toMatch(/game │ last\n$/);
    reporter.output('chat', 'stdout', Buffer.from('bye'));
    reporter.close();
    expect(stdout.text).toMatch(/chat │ bye\n$/);
  });

  it('prefixes lines from the moment on at which there are several services, and as long as there are', async () => {
    const { stdout, stderr, reporter } = await open('plain');
    reporter.output('game', 'stdout', Buffer.from('alone\n'));
    reporter.setServices(['game', 'lobby']);
    reporter.output('game', 'stdout', Buffer.from('one\n'));
    reporter.output('lobby', 'stdout', Buffer.from('two\nunfinished'));
    reporter.sink(stamp(events.notice('info', 'hello')));
    reporter.setServices(['game']);
    reporter.output('game', 'stdout', Buffer.from('alone\n'));
    expect(stdout.text).toBe('alone\ngame  │ one\nlobby │ two\nlobby │ unfinished\nalone\n');
    expect(stderr.text).toBe('[croupier] info hello\n');
  });
});

describe('a stream that breaks', () => {
  it('does not end the session', async () => {
    const { stdout, stderr } = await open('plain');
    expect(() => stdout.emit('error', new Error('EPIPE'))).not.toThrow();
    expect(() => stderr.emit('error', new Error('EPIPE'))).not.toThrow();
  });
});

describe('OutputLines', () => {
  const text = (lines: readonly Buffer[]) => lines.map(String);

  it('puts lines together that come in pieces', () => {
    const lines = new OutputLines();
    expect(text(lines.push(Buffer.from('a\r\nb')))).toEqual(['a']);
    expect(text(lines.push(Buffer.from('c\n\n')))).toEqual(['bc', '']);
    expect(text(lines.end())).toEqual([]);
  });

  it('gives out what is left at the end, once', () => {
    const lines = new OutputLines();
    lines.push(Buffer.from('left'));
    expect(text(lines.end())).toEqual(['left']);
    expect(text(lines.end())).toEqual([]);
  });

  it('cuts a line that is too long to keep, without losing a byte', () => {
    const lines = new OutputLines(4);
    expect(text(lines.push(Buffer.from('abcdefghij\nkl')))).toEqual(['abcd', 'efgh', 'ij']);
    expect(text(lines.end())).toEqual(['kl']);
  });

  it('does not keep memory that belongs to the reader', () => {
    const lines = new OutputLines();
    const chunk = Buffer.from('ab');
    lines.push(chunk);
    chunk.fill('x');
    expect(text(lines.end())).toEqual(['ab']);
  });
});
