import { expect, it } from 'vitest';
import type { CroupierEvent } from '../../../src/core/events.js';
import { instanceLabel, labelled } from '../../../src/observe/instance-label.js';
import { createReporter } from '../../../src/observe/reporter.js';
import { events, stamp } from '../../support/events.js';
import { CapturedStream } from '../../support/virtual-terminal.js';

async function play(...all: readonly CroupierEvent[]): Promise<{ stdout: string; lines: readonly string[] }> {
  const stdout = new CapturedStream();
  const stderr = new CapturedStream();
  const reporter = await createReporter({
    mode: 'plain',
    stdout,
    stderr,
    color: false,
    verbose: false,
    services: ['game/1', 'game/2'],
    keys: false,
    env: {},
  });
  reporter.output(instanceLabel('game', 2), 'stdout', Buffer.from('hello\n'));
  for (const event of all) reporter.sink(stamp(event));
  reporter.close();
  return { stdout: stdout.text, lines: stderr.text.trimEnd().split('\n') };
}

const roll = (part: Partial<Extract<CroupierEvent, { type: 'reload.finished' }>>): CroupierEvent => ({
  type: 'reload.finished',
  service: 'game',
  generation: 2,
  trigger: { kind: 'manual', paths: [] },
  rule: 'manual',
  strategy: 'overlap',
  outcome: 'swapped',
  ms: { build: 0, drain: 0, stop: 0, start: 0, total: 1500 },
  calls: { held: 0, drained: 3, replayed: 0, lost: 0 },
  ...part,
});

it('shows each instance under a name of its own', async () => {
  const ready = { ...events.active(1), instance: 2 };
  expect(labelled(stamp(ready))).toMatchObject({ service: 'game/2' });
  expect(labelled(stamp(events.active(1)))).toEqual(stamp(events.active(1)));
  const { stdout, lines } = await play(ready);
  expect(stdout).toContain('game/2');
  expect(stdout).toContain('hello');
  expect(lines.join('\n')).toContain('game/2');
});

it('tells of a roll in one line', async () => {
  const { lines } = await play(roll({}));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/game 2 instances replaced in 1\.5\d* s\s+held 0 {2}drained 3 {2}lost 0/);
});

it('says why a roll went back', async () => {
  const { lines } = await play(roll({ outcome: 'kept-old', reason: 'instance 2: it is broken' }));
  expect(lines[0]).toMatch(/game runs as before, after .*: instance 2: it is broken/);
  const failed = await play(roll({ outcome: 'failed', reason: 'instance 1: no' }));
  expect(failed.lines[0]).toMatch(/game could not be replaced, after .*: instance 1: no/);
});
