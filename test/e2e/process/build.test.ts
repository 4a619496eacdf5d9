import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { type BuildOptions, runBuild } from '../../../src/process/build.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { fixture, runs, until } from './support.js';

function optionsOf(argv: readonly string[], more: Partial<BuildOptions> = {}): BuildOptions {
  return {
    command: { argv, shell: false, display: argv.join(' ') },
    cwd: '/',
    env: { PATH: process.env.PATH ?? '' },
    timeoutMs: 60_000,
    clock: systemClock,
    ...more,
  };
}

const script = (text: string): readonly string[] => [process.execPath, '-e', text];

/** A build with a grandchild in its group; resolves with the grandchild's pid once both are ready. */
function runFamily(manner: 'polite' | 'stubborn', more: Partial<BuildOptions> = {}) {
  let written = '';
  const build = runBuild(
    optionsOf([process.execPath, fixture('family.mjs'), 'stay', 'group', manner], {
      onOutput: (_stream, chunk) => {
        written += chunk.toString();
      },
      ...more,
    }),
  );
  const pidIn = () => Number(/child (\d+)/.exec(written)?.[1] ?? 0);
  return { build, grandchild: until('the grandchild', () => pidIn() > 0).then(pidIn) };
}

it('succeeds with the output of both streams, which is shown as it comes', async () => {
  const seen: string[] = [];
  const build = runBuild(
    optionsOf(
      script(
        `const { writeSync } = require('node:fs'); writeSync(1, 'compiling\\n'); writeSync(2, 'a warning\\n')`,
      ),
      {
        onOutput: (stream, chunk) => seen.push(`${stream}: ${chunk}`),
      },
    ),
  );
  const result = await build.result;
  expect(result).toMatchObject({ outcome: 'succeeded' });
  const output = result.outcome === 'succeeded' ? result.output.split('\n').sort() : [];
  expect(output).toEqual(['', 'a warning', 'compiling']);
  expect(seen.sort()).toEqual(['stderr: a warning\n', 'stdout: compiling\n']);
});

it('fails with exit code and output', async () => {
  const build = runBuild(optionsOf(script(`process.stderr.write('syntax error'); process.exitCode = 2`)));
  expect(await build.result).toMatchObject({
    outcome: 'failed',
    exitCode: 2,
    signal: null,
    output: 'syntax error',
  });
});

it('fails with the signal that ended it', async () => {
  const build = runBuild(optionsOf(script(`process.kill(process.pid, 'SIGKILL')`)));
  expect(await build.result).toMatchObject({ outcome: 'failed', exitCode: null, signal: 'SIGKILL' });
});

it('says why it could not be started', async () => {
  expect(await runBuild(optionsOf(['no-such-compiler'])).result).toMatchObject({
    outcome: 'not-started',
    message: expect.stringContaining('command not found: no-such-compiler'),
  });
});

it('keeps the last 64 KiB of the output, from the beginning of a line', async () => {
  const build = runBuild(
    optionsOf(
      script(`for (let at = 1; at <= 40000; at++) require('node:fs').writeSync(1, 'line ' + at + '\\n')`),
    ),
  );
  const result = await build.result;
  if (result.outcome !== 'succeeded') throw new Error(result.outcome);
  expect(Buffer.byteLength(result.output)).toBeLessThanOrEqual(64 * 1024);
  expect(Buffer.byteLength(result.output)).toBeGreaterThan(64 * 1024 - 20);
  expect(result.output).toMatch(/^line \d+\n/);
  expect(result.output.endsWith('line 40000\n')).toBe(true);
});

describe('cancel', () => {
  it.each(['polite', 'stubborn'] as const)('ends the whole group of a %s build', async (manner) => {
    const { build, grandchild } = runFamily(manner);
    const pid = await grandchild;
    expect(runs(pid)).toBe(true);
    build.cancel();
    expect(await build.result).toMatchObject({ outcome: 'cancelled' });
    expect(runs(pid)).toBe(false);
  });

  it('before the process is there', async () => {
    const build = runBuild(optionsOf(script('setInterval(() => {}, 1e6)')));
    build.cancel();
    expect(await build.result).toMatchObject({ outcome: 'cancelled' });
  });

  it('after the end changes nothing', async () => {
    const build = runBuild(optionsOf(script('')));
    const result = await build.result;
    build.cancel();
    expect(result.outcome).toBe('succeeded');
    expect(await build.result).toBe(result);
  });
});

it('is ended with its group when the time is up', async () => {
  const clock = new VirtualClock();
  const { build, grandchild } = runFamily('polite', { timeoutMs: 5 * 60_000, clock });
  const pid = await grandchild;
  await clock.advance(5 * 60_000 - 1);
  expect(runs(pid)).toBe(true);
  await clock.advance(1);
  let outcome = '';
  void build.result.then((result) => {
    outcome = result.outcome;
  });
  // The process ends in its own time; the clock has to be moved for the looks at it.
  await until('the end', async () => {
    await clock.advance(1);
    return outcome !== '';
  });
  expect(outcome).toBe('timed-out');
  expect(runs(pid)).toBe(false);
});

it('tells the guardian about its group, for as long as it runs', async () => {
  const told: string[] = [];
  const guardian = {
    add: (pgid: number) => void told.push(`add ${pgid}`),
    remove: (pgid: number) => void told.push(`remove ${pgid}`),
  };
  const build = runBuild(optionsOf(script('process.stdout.write(String(process.pid))'), { guardian }));
  const result = await build.result;
  const pid = result.outcome === 'succeeded' ? result.output : '';
  expect(told).toEqual([`add ${pid}`, `remove ${pid}`]);
});

it('leaves a daemon alone that the build started', async () => {
  const build = runBuild(
    optionsOf(
      script(`
        const { spawn } = require('node:child_process');
        const daemon = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { detached: true, stdio: 'ignore' });
        daemon.unref();
        process.stdout.write(String(daemon.pid));`),
    ),
  );
  const result = await build.result;
  const daemon = result.outcome === 'succeeded' ? Number(result.output) : 0;
  expect(runs(daemon)).toBe(true);
  process.kill(daemon, 'SIGKILL');
  await until('the daemon to be gone', () => !runs(daemon));
});
