import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificates } from '../../../src/doctor/certificates.js';
import { command } from '../../../src/doctor/command.js';
import { configuration } from '../../../src/doctor/configuration.js';
import { sdk } from '../../../src/doctor/sdk.js';
import { tools } from '../../../src/doctor/tools.js';
import { countWatchedFolders } from '../../../src/doctor/watched-folders.js';
import { Patient, told } from './surroundings.js';

let patient: Patient;

beforeEach(() => {
  patient = new Patient();
});

afterEach(() => patient.remove());

describe('the configuration', () => {
  it('is named', async () => {
    patient.configure({ command: 'node server.js' });
    expect(told(await patient.examine(configuration))).toEqual(['ok: configuration: croupier.config.json']);
  });

  it('that is broken is a problem with its place and way out', async () => {
    patient.configure({ command: 'node server.js', drain: { calls: 'soon' } });
    const [finding] = await patient.examine(configuration);
    expect(finding).toMatchObject({
      level: 'problem',
      title: expect.stringContaining('`drain.calls` is "soon"'),
    });
    expect(finding?.remedies.join(' ')).toContain('drain.calls');
    expect(await patient.examine(command)).toEqual([]);
  });

  it('is not needed', async () => {
    patient.write('server.js', '');
    patient.write('package.json', '{ "name": "poker", "scripts": { "start": "node server.js" } }');
    const findings = await patient.examine(configuration);
    expect(told(findings)).toEqual(['note: no configuration file: what this folder holds is detected']);
    const [runs, why] = await patient.examine(command);
    expect(runs?.title).toBe('poker runs `node server.js` (package.json scripts.start)');
    expect(why?.details.join(' ')).toContain('To change that, set "command"');
  });
});

/** A program of this name in a folder of its own, which prints a text. */
function install(name: string, text: string): string {
  patient.write(`bin/${name}`, `#!/bin/sh\necho '${text}'\n`);
  chmodSync(join(patient.folder, 'bin', name), 0o755);
  return `${join(patient.folder, 'bin')}:/usr/bin:/bin`;
}

describe('tools', () => {
  it('that are missing are named with where they come from', async () => {
    patient.configure({ command: '{artifact}', build: { command: 'go build -o {artifact} .' } });
    const [finding] = await patient.examine(tools, { env: { PATH: patient.folder } });
    expect(finding).toMatchObject({
      level: 'problem',
      title: `go is not in PATH, and builds ${patient.folder.split('/').at(-1)}`,
      remedies: [expect.stringContaining('https://go.dev/dl')],
    });
  });

  it.each([
    ['go1.24.2', 'ok: go 1.24.2 builds poker (go.mod asks for 1.24)'],
    ['go1.23.0', 'note: go 1.23.0 is too old: go.mod asks for 1.24'],
    ['go1.20.1', 'problem: go 1.20.1 is too old: go.mod asks for 1.24'],
  ])('are compared with what the project asks for: %s', async (version, expected) => {
    patient.write('go.mod', 'module poker\n\ngo 1.24\n');
    patient.configure({
      service: 'poker',
      command: '{artifact}',
      build: { command: 'go build -o {artifact} .' },
    });
    const PATH = install('go', `go version ${version} linux/amd64`);
    expect(told(await patient.examine(tools, { env: { PATH } }))).toEqual([expected]);
  });

  it.each<readonly [string, string, string, string, string]>([
    ['python3', 'Python 3.9.2', 'pyproject.toml', '[project]\nrequires-python = ">=3.10"\n', '3.10'],
    ['java', 'openjdk version "1.8.0_392"', 'pom.xml', '<java.version>17</java.version>', '17'],
    ['node', 'v18.20.0', 'package.json', '{ "engines": { "node": "^20.19 || >=22" } }', '20.19'],
    ['cargo', 'cargo 1.70.0 (abc 2023)', 'Cargo.toml', '[package]\nrust-version = "1.75"\n', '1.75'],
    ['dotnet', '6.0.400', 'game.csproj', '<TargetFramework>net8.0</TargetFramework>', '8.0'],
  ])('%s that is too old', async (name, output, file, text, wanted) => {
    patient.write(file, text);
    patient.configure({ command: `${name} x` });
    const PATH = install(name, output);
    const [finding] = await patient.examine(tools, { env: { PATH } });
    expect(finding?.level).toBe('problem');
    expect(finding?.title).toContain(`is too old: ${file} asks for ${wanted}`);
  });

  it('of the project itself are looked for, and never run', async () => {
    patient.write('run.sh', '#!/bin/sh\ntouch ran\n');
    chmodSync(join(patient.folder, 'run.sh'), 0o755);
    patient.configure({
      service: 'poker',
      command: './run.sh',
      rules: [{ match: '*.proto', action: 'run', command: './gone.sh' }],
    });
    const findings = await patient.examine(tools);
    expect(told(findings)).toEqual([
      'ok: run.sh is there, and runs poker',
      'problem: gone.sh is not there, and is run for changes of *.proto',
    ]);
    expect(existsSync(join(patient.folder, 'ran'))).toBe(false);
  });

  it('that a build makes are not missed', async () => {
    patient.configure({ command: './server', build: { command: 'make server' } });
    const PATH = install('make', 'GNU Make 4.3');
    expect(told(await patient.examine(tools, { env: { PATH } }))).toEqual([
      expect.stringMatching(/^ok: make 4.3 builds /),
    ]);
  });
});

describe('copies of an SDK', () => {
  const manifest = (version: string) => JSON.stringify({ language: 'go', version, module: null, files: {} });

  it.each([
    ['1.2.3', 'ok: croupier holds the Go SDK 1.2.3', []],
    [
      '1.1.9',
      'warning: croupier holds the Go SDK 1.1.9, older than this croupier (1.2.3)',
      ['croupier init --update-sdk'],
    ],
    [
      '1.10.0',
      'note: croupier holds the Go SDK 1.10.0, newer than this croupier (1.2.3)',
      ['Install croupier-cli 1.10.0.'],
    ],
  ])('of version %s', async (version, title, remedies) => {
    patient.write('croupier/.sdk.json', manifest(version));
    const findings = await patient.examine(sdk);
    expect(told(findings)).toEqual([title]);
    expect(findings[0]?.remedies).toEqual(remedies);
  });

  it('in node_modules need not be the one that runs', async () => {
    patient.configure({ command: 'node server.js' });
    patient.write('node_modules/croupier-cli/package.json', '{ "version": "1.0.0" }');
    expect(told(await patient.examine(sdk))).toEqual([
      'note: node_modules has croupier-cli 1.0.0, and this is 1.2.3',
    ]);
  });
});

it('names certificates that cannot be read', async () => {
  patient.write('cert.pem', 'no certificate');
  patient.configure({
    command: 'node server.js',
    gateway: { tls: { cert: 'cert.pem', key: 'key.pem' } },
  });
  const findings = await patient.examine(certificates);
  expect(told(findings)).toEqual(['problem: gateway.tls cannot be used']);
  expect(findings[0]?.details[0]).toContain('cert.pem');
});

it('counts the folders that are watched, and no others', async () => {
  for (const path of ['src/a/x.js', 'src/b/x.js', 'node_modules/m/x.js', 'logs/today/x', '.git/objects/x']) {
    patient.write(path, '');
  }
  patient.configure({ command: 'node server.js', watch: { ignore: ['logs/'] } });
  const { project } = await patient.surroundings();
  const [service] = project.config.ok ? project.config.value.services : [];
  if (service === undefined) throw new Error('no service');
  const count = (signal: AbortSignal) => countWatchedFolders(service, signal);
  // The project itself, src, src/a and src/b.
  expect(await count(new AbortController().signal)).toEqual({ folders: 4, isPartial: false });
  expect(await count(AbortSignal.abort())).toEqual({ folders: 0, isPartial: true });
});
