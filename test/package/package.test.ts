import { execFile, spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment, DevProcess, processesWith, REPOSITORY, until } from '../support/dev-process.js';

const run = promisify(execFile);

const COMMANDS = [
  'dev',
  'run',
  'init',
  'check',
  'invoke',
  'status',
  'functions',
  'logs',
  'reload',
  'rollback',
  'drain',
  'stop',
  'agent',
  'doctor',
  'completion',
];

let folder: string;
let croupier: string;
let tarball: string;

/** The package as users get it: packed, and installed into an empty folder. */
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-package-')));
  await npm(REPOSITORY, 'pack', '--pack-destination', folder, '--ignore-scripts');
  tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true,"type":"module"}');
  await npm(folder, 'install', '--no-audit', '--no-fund', '--prefer-offline', `./${tarball}`);
  croupier = join(folder, 'node_modules', '.bin', 'croupier');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `croupier status` tells of the only service. */
async function session(project: string): Promise<unknown> {
  const { stdout } = await run(croupier, ['status', '--json'], { cwd: project });
  return JSON.parse(stdout).services[0];
}

function npm(cwd: string, ...args: readonly string[]): Promise<{ stdout: string }> {
  const env = { ...cleanEnvironment(), npm_config_update_notifier: 'false' };
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', [...args], {
    cwd,
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
}

describe('the packed package', () => {
  it('holds what users need and nothing of the workshop', () => {
    const installed = join(folder, 'node_modules', 'croupier-cli');
    expect(readdirSync(installed).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'croupier.config.example.json',
      'dist',
      'package.json',
      'templates',
    ]);
    for (const file of ['dist/sdk/index.d.ts', 'dist/config/croupier.schema.json']) {
      expect(existsSync(join(installed, file)), file).toBe(true);
    }
  });

  it('has every file of every template, and nothing that trying them leaves behind', async () => {
    const list = async (folder: string) =>
      (await run('git', ['ls-files', '-co', '--exclude-standard'], { cwd: folder })).stdout;
    const wanted = (await list(join(REPOSITORY, 'templates')))
      .trim()
      .split('\n')
      .filter((path) => existsSync(join(REPOSITORY, 'templates', path)));
    const packed = readdirSync(join(folder, 'node_modules', 'croupier-cli', 'templates'), {
      recursive: true,
      encoding: 'utf8',
      withFileTypes: true,
    })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        relative(
          join(folder, 'node_modules', 'croupier-cli', 'templates'),
          join(entry.parentPath, entry.name),
        ),
      );
    // npm leaves a `.gitignore` out of packages: the templates have it under another name.
    expect(packed).toContain('go/_gitignore');
    expect(packed.sort()).toEqual(wanted.sort());
  });

  it('runs none of the dependencies of development', async () => {
    const { stdout } = await npm(folder, 'ls', '--all', '--parseable');
    expect(stdout).not.toMatch(/node_modules\/(vitest|tsx|typescript|@biomejs)/);
  });

  it('says its version and its commands', async () => {
    const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
    expect((await run(croupier, ['--version'])).stdout.trim()).toBe(version);
    const { stdout } = await run(croupier, ['--help']);
    for (const command of COMMANDS) expect(stdout).toContain(`\n  ${command}`);
  });

  it('gives the SDK to TypeScript and to JavaScript', async () => {
    writeFileSync(
      join(folder, 'sdk.js'),
      `import { createService } from 'croupier-cli/sdk'; console.log(typeof createService);`,
    );
    expect((await run(process.execPath, ['sdk.js'], { cwd: folder })).stdout.trim()).toBe('function');
    writeFileSync(
      join(folder, 'typed.ts'),
      `import { createService } from 'croupier-cli/sdk';
const service = createService({ serviceId: 'game' });
service.registerFunction({ id: 'echo', version: '1.0.0' }, async (payload) => payload);
// @ts-expect-error a function needs an id
service.registerFunction({ version: '1.0.0' }, async () => null);
`,
    );
    const tsc = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = join(REPOSITORY, 'node_modules', '@types');
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--skipLibCheck',
      '--typeRoots',
      types,
      '--types',
      'node',
    ];
    await run(process.execPath, [tsc, ...options, 'typed.ts'], { cwd: folder });
  });

  it('runs the template, reloads it, and calls it', async () => {
    const project = join(folder, 'game');
    const init = await run(croupier, ['init', 'game', '--template', 'node', '--yes'], { cwd: folder });
    expect(init.stdout).toContain('npm run dev');
    expect(readFileSync(join(project, '.gitignore'), 'utf8')).toContain('node_modules/');
    await npm(project, 'install', '--no-audit', '--no-fund', '--prefer-offline', `../${tarball}`);
    // The program itself, through the link that npm made.
    const dev = DevProcess.attach(
      spawn(croupier, ['dev', '--json', '--port', '0'], {
        cwd: project,
        env: cleanEnvironment(),
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    try {
      const active = await dev.waitFor('generation.active');
      expect(active.functions.map((one) => one.id).sort()).toEqual([
        'player.ban',
        'season.recalculate',
        'server.status',
      ]);
      await dev.waitFor('reload.finished', ({ trigger }) => trigger.kind === 'start');
      const mark = dev.mark();
      const file = join(project, 'functions', 'server.ts');
      writeFileSync(file, `${readFileSync(file, 'utf8')}\n// edited\n`);
      expect((await dev.waitFor('reload.finished', () => true, mark)).outcome).toBe('hot');
      expect(await session(project)).toMatchObject({ state: 'ready', active: [{ generation: 1 }] });
      const { stdout } = await run(croupier, ['invoke', 'server.status', '{}'], { cwd: project });
      expect(JSON.parse(stdout)).toMatchObject({ online: expect.anything() });
      const job = await run(croupier, ['invoke', 'season.recalculate', '--job', '--json'], { cwd: project });
      const types = job.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type);
      expect(types.at(-1)).toBe('done');
      expect(types).toContain('progress');
    } finally {
      const { code } = await dev.stop('SIGINT');
      expect(code).toBe(130);
    }
    await until('every process is gone', () => processesWith(project).length === 0);
  });

  it('checks the template, and writes what may be committed of it', async () => {
    const project = join(folder, 'game');
    await run(croupier, ['check', '--update', '--skip', 'reload'], { cwd: project });
    const { stdout } = await run(croupier, ['check', '--json'], { cwd: project });
    expect(JSON.parse(stdout)).toMatchObject({ result: 'passed' });
    expect(JSON.parse(readFileSync(join(project, 'croupier.snapshot.json'), 'utf8'))).toBeTypeOf('object');
  });

  it("passes the template's own tests", async () => {
    await npm(join(folder, 'game'), 'test');
    await npm(join(folder, 'game'), 'run', 'types');
  });
});
