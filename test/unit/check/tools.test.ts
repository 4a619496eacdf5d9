import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findProgram } from '../../../src/check/find-program.js';
import { checkTools } from '../../../src/check/tools-step.js';
import type { BuildConfig, ServiceConfig } from '../../../src/config/types.js';
import { systemClock } from '../../../src/core/clock.js';
import { commandLine, serviceConfig } from '../dev/service-config.js';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-tools-')));
});

afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, text = '#!/bin/sh\n'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

describe('a program', () => {
  test('is found in PATH, or from the folder where its word is a path', () => {
    const path = program('tool');
    expect(findProgram('tool', '/', `/nowhere:${folder}`)).toBe(path);
    expect(findProgram('./tool', folder, undefined)).toBe(path);
    expect(findProgram(path, '/', undefined)).toBe(path);
  });

  test('is none where it is a folder, or nobody may run it', () => {
    writeFileSync(join(folder, 'text'), '');
    expect(findProgram('text', '/', folder)).toBeNull();
    expect(findProgram('.', '/', folder)).toBeNull();
    expect(findProgram('./text', folder, folder)).toBeNull();
  });
});

describe('the tools of a service', () => {
  const build = (command: string): BuildConfig => ({
    command: commandLine(command),
    timeout: 1000,
    artifact: '/project/.croupier/build/{generation}/app',
    producesArtifact: true,
    checkOnly: false,
  });
  const check = (part: Partial<ServiceConfig>) =>
    checkTools(serviceConfig({ cwd: folder, ...part }), { PATH: folder }, systemClock);

  test('are told with the version that they say', async () => {
    program('go', '#!/bin/sh\n[ "$1" = version ] && echo "go version go1.24.1 linux/amd64"\n');
    program('own', '#!/bin/sh\ntouch "$(dirname "$0")/was-run"\n');
    const outcome = await check({ build: build('go build'), command: commandLine('own serve') });
    expect(outcome).toEqual({
      result: 'passed',
      remarks: [
        { level: 'info', text: 'own' },
        { level: 'info', text: 'go version go1.24.1 linux/amd64' },
      ],
    });
    // Nobody knows what an unknown program does when it is asked for its version.
    expect(findProgram('was-run', '/', folder)).toBeNull();
  });

  test('are missing, all of them named', async () => {
    const outcome = await check({ build: build('cargoo build'), command: commandLine('serve') });
    expect(outcome).toMatchObject({
      result: 'failed',
      exitCode: 3,
      reason:
        'serve (command) is not installed: it is nowhere in PATH\ncargoo (build.command) is not installed: it is nowhere in PATH',
      wayOut: 'Install serve and cargoo, or change "command" and "build.command" in the configuration.',
    });
  });

  test('are not looked for where the build makes them, or a shell finds them', async () => {
    program('make');
    expect(await check({ build: build('make'), command: commandLine('{artifact} --serve') })).toMatchObject({
      result: 'passed',
    });
    expect(await check({ build: build('make'), command: commandLine('./bin/server') })).toMatchObject({
      result: 'passed',
    });
    const shell = { argv: ['nothing && nobody'], shell: true, display: 'nothing && nobody' };
    expect(await check({ command: shell })).toMatchObject({ result: 'passed' });
    expect(await check({ command: commandLine('./bin/server') })).toMatchObject({
      result: 'failed',
      reason: `./bin/server (command) is not a program in ${folder}`,
    });
  });

  test('are those of the PATH that the service gets', async () => {
    expect(
      await check({ environment: { PATH: '/nowhere' }, command: commandLine('node x.js') }),
    ).toMatchObject({
      result: 'failed',
    });
  });
});
