import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChild } from '../../../src/process/child.js';
import type { ChildSpec } from '../../../src/process/types.js';
import { fixture, runs, specOf, specOfScript, start, until } from './support.js';

describe('output', () => {
  it('passes on bytes untouched, by stream', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
    const { child, chunks } = await start(
      specOfScript(
        'process.stdout.write(Buffer.from(Array.from({length:256},(_, at)=>at)));' +
          'process.stderr.write(Buffer.from([0xff, 0x0d, 0x0a]))',
      ),
    );
    await child.exited;
    expect(Buffer.concat(chunks.stdout)).toEqual(bytes);
    expect(Buffer.concat(chunks.stderr)).toEqual(Buffer.from([0xff, 0x0d, 0x0a]));
  });

  it('keeps the last 50 lines', async () => {
    const { child } = await start(
      specOfScript("for (let at = 1; at <= 120; at++) process.stdout.write('line ' + at + '\\n')"),
    );
    await child.exited;
    const tail = child.outputTail();
    expect(tail).toHaveLength(50);
    expect(tail[0]).toBe('line 71');
    expect(tail[49]).toBe('line 120');
  });

  it('is read even if nobody listens: a child that writes 8 MiB is not blocked', async () => {
    const result = await startChild(
      specOfScript(
        `const text = 'x'.repeat(65535) + '\\n';
         for (let at = 0; at < 128; at++) require('node:fs').writeSync(1, text);`,
      ),
    );
    if (!result.ok) throw new Error(result.error.message);
    expect(await result.value.exited).toEqual({ exitCode: 0, signal: null });
  });

  it('is complete when exited resolves', async () => {
    const started = await start(
      specOfScript(`require('node:fs').writeSync(1, 'a'.repeat(300000) + 'end'); process.exit(4)`),
    );
    expect(await started.child.exited).toEqual({ exitCode: 4, signal: null });
    expect(started.stdout).toHaveLength(300_003);
  });

  it('does not hold the exit back when a grandchild has it, and is read on', async () => {
    const started = await start(
      specOfScript(`
        const script = "process.on('SIGUSR1', () => process.stdout.write('late')); setInterval(() => {}, 1e6); process.stdout.write('ready')";
        const child = require('node:child_process').spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
        child.stdout.once('data', () => {
          const second = require('node:child_process').spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'inherit', 'ignore'] });
          child.kill('SIGKILL');
          child.once('exit', () => process.stdout.write('grandchild ' + second.pid + ' ', () => process.exit(3)));
        });`),
    );
    const grandchild = Number(await started.says(/grandchild (\d+) /));
    expect(await started.child.exited).toEqual({ exitCode: 3, signal: null });
    expect(runs(grandchild)).toBe(true);
    await started.says(/ready/);
    process.kill(grandchild, 'SIGUSR1');
    await started.says(/late/);
    await started.child.stop('SIGTERM', 5000);
    expect(runs(grandchild)).toBe(false);
  });
});

describe('what the child gets', () => {
  it('exactly the given environment and the marker, and no stdin', async () => {
    const started = await start(
      specOfScript(
        `process.stdin.on('end', () => process.stdout.write(JSON.stringify(process.env))).resume()`,
        { env: { ONLY: 'this' }, marker: 'abc.game.1' },
      ),
    );
    await started.child.exited;
    expect(JSON.parse(started.stdout.toString())).toEqual({ ONLY: 'this', CROUPIER_PROCESS: 'abc.game.1' });
  });

  it("the terminal's stdin, if asked for", async () => {
    const runner = spawn(process.execPath, ['--import', 'tsx', fixture('stdin-runner.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let written = '';
    runner.stdout.on('data', (chunk: Buffer) => {
      written += chunk.toString();
    });
    const exited = once(runner, 'exit');
    runner.stdin.end('croupier');
    expect(await exited).toEqual([0, null]);
    expect(written).toBe('CROUPIER');
  });

  it('a process group and session of its own', async () => {
    const started = await start(specOf('lone.mjs', ['polite']));
    await started.says(/ready/);
    // A group of that number exists only if the child leads it.
    expect(() => process.kill(-started.child.pid, 0)).not.toThrow();
  });

  it('a shell, if asked for', async () => {
    const started = await start(
      specOfScript('', {
        command: { argv: ['echo "$WHO" | tr a-z A-Z && exit 5'], shell: true, display: '' },
        env: { PATH: process.env.PATH ?? '', WHO: 'croupier' },
      }),
    );
    expect(await started.child.exited).toEqual({ exitCode: 5, signal: null });
    expect(started.stdout.toString()).toBe('CROUPIER\n');
  });

  it('its arguments as they are, without a shell', async () => {
    const started = await start(
      specOfScript('', {
        command: {
          argv: [process.execPath, '-e', 'process.stdout.write(process.argv[1])', '$HOME "*" `x`'],
          shell: false,
          display: '',
        },
      }),
    );
    await started.child.exited;
    expect(started.stdout.toString()).toBe('$HOME "*" `x`');
  });
});

describe('a process that cannot be started', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'croupier-child-'));
    writeFileSync(join(folder, 'plain.txt'), 'not a program', { mode: 0o644 });
    writeFileSync(join(folder, 'orphan'), '#!/no/such/interpreter\n', { mode: 0o755 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const failing = (argv: readonly string[], cwd = folder): ChildSpec =>
    specOfScript('', { command: { argv, shell: false, display: argv.join(' ') }, cwd });

  it.each([
    ['a command that is not installed', ['no-such-command-here'], 'command not found: no-such-command-here'],
    ['a path that does not exist', ['./missing'], './missing does not exist'],
    ['a file without the right to run', ['./plain.txt'], './plain.txt is not executable'],
    ['a folder', ['/tmp'], '/tmp is a folder'],
    ['a script without its interpreter', ['./orphan'], './orphan needs an interpreter'],
    ['no command', [], 'the command is empty'],
  ])('%s', async (_what, argv, message) => {
    const result = await startChild(failing(argv));
    expect(result.ok ? null : result.error.message).toContain(message);
  });

  it('a working folder that does not exist, or is a file', async () => {
    const missing = await startChild(failing([process.execPath], join(folder, 'gone')));
    expect(missing.ok ? null : missing.error.message).toBe(
      `the folder ${join(folder, 'gone')} does not exist`,
    );
    const file = await startChild(failing([process.execPath], join(folder, 'plain.txt')));
    expect(file.ok ? null : file.error.message).toBe(`${join(folder, 'plain.txt')} is not a folder`);
  });
});

it('reports the signal that ended a process', async () => {
  const { child, says } = await startReady();
  await says();
  process.kill(child.pid, 'SIGKILL');
  expect(await child.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
  await until('the group to be gone', () => !runs(child.pid));
});

async function startReady() {
  const started = await start(specOf('lone.mjs', ['stubborn']));
  return { child: started.child, says: () => started.says(/ready/) };
}
