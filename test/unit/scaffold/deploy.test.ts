import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initCommand } from '../../../src/cli/init.js';
import { parseYaml } from '../../../src/config/load-yaml.js';
import type { ServiceConfig } from '../../../src/config/types.js';
import { renderDeploy } from '../../../src/scaffold/deploy.js';
import { deployFacts } from '../../../src/scaffold/deploy-facts.js';
import { CapturedStream } from '../../support/virtual-terminal.js';
import { commandLine, serviceConfig, sessionConfig } from '../dev/service-config.js';

const PLACE = {
  croupierVersion: '1.2.3',
  program: ['/usr/bin/node', '/opt/my croupier/bin/croupier.js'],
  user: 'game',
};

const RUN: Partial<ServiceConfig> = {
  service: 'my_game',
  version: '1.10',
  instances: 3,
  drain: { calls: 60_000, jobs: 90_000, policy: 'hold' },
};

function facts(part: Partial<ServiceConfig> = {}, file: string | null = '/project/croupier.config.json') {
  return deployFacts(sessionConfig([serviceConfig({ ...RUN, ...part })], { file }), { basename: 'project' });
}

async function render(target: 'k8s' | 'systemd', of = facts()): Promise<ReadonlyMap<string, string>> {
  const files = await renderDeploy(target, of, PLACE);
  return new Map(files.map(({ path, content }) => [path, content]));
}

async function yaml(files: ReadonlyMap<string, string>, path: string): Promise<unknown> {
  const text = files.get(path);
  if (text === undefined) throw new Error(`no ${path} among ${[...files.keys()].join(', ')}`);
  return parseYaml(path, text);
}

describe('Kubernetes', () => {
  it('gets a Deployment whose probes ask the command, and that has the time to drain', async () => {
    const files = await render('k8s');
    expect([...files.keys()].sort()).toEqual(['deploy/k8s/Dockerfile', 'deploy/k8s/deployment.yaml']);
    const ready = { exec: { command: ['croupier', 'status', '--ready'] } };
    expect(await yaml(files, 'deploy/k8s/deployment.yaml')).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'my-game', labels: { 'app.kubernetes.io/version': '1.10' } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { 'app.kubernetes.io/name': 'my-game' } },
        template: {
          metadata: { labels: { 'app.kubernetes.io/name': 'my-game' } },
          spec: {
            // preStop: 90; then jobs 90, calls 60, stop 5, and 10 to spare.
            terminationGracePeriodSeconds: 255,
            containers: [
              {
                image: 'my-game:1.10',
                command: ['croupier', 'run'],
                // The first start and those after it, 30 s each.
                startupProbe: { ...ready, periodSeconds: 5, failureThreshold: 12 },
                readinessProbe: ready,
                livenessProbe: { exec: { command: ['croupier', 'status', '--json'] } },
                lifecycle: { preStop: { exec: { command: ['croupier', 'drain', '--timeout', '90s'] } } },
                resources: { requests: { cpu: '350m', memory: '484Mi' }, limits: { memory: '968Mi' } },
              },
            ],
          },
        },
      },
    });
    expect(files.get('deploy/k8s/Dockerfile')).toContain('npm install --global croupier-cli@1.2.3\n');
    expect(files.get('deploy/k8s/Dockerfile')).toContain('\nCMD ["croupier","run"]\n');
  });

  it('gets a Service for the ports that are reached from elsewhere, and for no others', async () => {
    const proxy = [
      { host: '0.0.0.0', port: 8000 },
      { host: '127.0.0.1', port: 8001 },
      { host: '0.0.0.0', port: 8002 },
    ];
    const files = await render('k8s', facts({ proxy }));
    expect(await yaml(files, 'deploy/k8s/service.yaml')).toMatchObject({
      kind: 'Service',
      spec: {
        selector: { 'app.kubernetes.io/name': 'my-game' },
        ports: [
          { name: 'app', port: 8000, targetPort: 'app' },
          { name: 'app-2', port: 8002, targetPort: 'app-2' },
        ],
      },
    });
    expect(await yaml(files, 'deploy/k8s/deployment.yaml')).toMatchObject({
      spec: {
        template: { spec: { containers: [{ ports: [{ containerPort: 8000 }, { containerPort: 8002 }] }] } },
      },
    });
  });

  it('writes down a command that was detected, and makes of a version what a label may be', async () => {
    const files = await render(
      'k8s',
      facts({ command: commandLine('node server.js $(x)'), version: 'release/2+x' }, null),
    );
    expect(await yaml(files, 'deploy/k8s/deployment.yaml')).toMatchObject({
      metadata: { labels: { 'app.kubernetes.io/version': 'release-2-x' } },
      spec: {
        template: {
          spec: { containers: [{ command: ['croupier', 'run', '--', 'node', 'server.js', '$$(x)'] }] },
        },
      },
    });
  });
});

describe('systemd', () => {
  const unit = (files: ReadonlyMap<string, string>): string =>
    files.get('deploy/systemd/my-game.service') ?? '';

  it('gets a unit that reloads by SIGHUP and waits for the drain', async () => {
    const lines = unit(await render('systemd')).split('\n');
    for (const line of [
      'Type=exec',
      'User=game',
      'WorkingDirectory=/project',
      'ExecStart=/usr/bin/node "/opt/my croupier/bin/croupier.js" run',
      'ExecReload=/bin/kill -HUP $MAINPID',
      'KillMode=mixed',
      'TimeoutStopSec=165',
      'SuccessExitStatus=143',
      'Restart=on-failure',
      'RestartPreventExitStatus=2 3',
    ])
      expect(lines).toContain(line);
  });

  it('escapes what means something to systemd', async () => {
    const command = commandLine('node 100%.js $HOME a"b');
    const [line] = /^ExecStart=.*$/m.exec(unit(await render('systemd', facts({ command }, null)))) ?? [];
    expect(line).toMatch(/ run -- node 100%%\.js \$\$HOME "a\\"b"$/);
  });

  const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;

  it.skipIf(!analyze)('is satisfied with the unit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'croupier-unit-'));
    try {
      const files = await renderDeploy(
        'systemd',
        { ...facts(), folder },
        { ...PLACE, program: [process.execPath], user: 'root' },
      );
      const path = join(folder, 'my-game.service');
      writeFileSync(path, files[0]?.content ?? '');
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('croupier init --deploy', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'croupier-deploy-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function deploy(part: { readonly force?: boolean; readonly dryRun?: boolean } = {}) {
    const io = {
      stdout: new CapturedStream(),
      stderr: new CapturedStream(),
      stdin: new PassThrough(),
      cwd: folder,
      env: {},
    };
    const args = {
      dir: undefined,
      template: undefined,
      name: undefined,
      yes: false,
      updateSdk: false,
      list: false,
    };
    const code = await initCommand({ ...args, force: false, dryRun: false, deploy: 'k8s', ...part }, io);
    return { code, stdout: io.stdout.text, stderr: io.stderr.text };
  }

  it('takes the configuration with the defaults of croupier run, and replaces nothing without --force', async () => {
    writeFileSync(join(folder, 'croupier.config.json'), '{ "service": "game", "command": "node x.js" }');
    expect(await deploy({ dryRun: true })).toMatchObject({ code: 0 });
    expect(readdirSync(folder)).toEqual(['croupier.config.json']);
    const { code, stdout } = await deploy();
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('deploy/k8s/deployment.yaml'),
    });
    const path = join(folder, 'deploy', 'k8s', 'deployment.yaml');
    expect(readFileSync(path, 'utf8')).toContain('"drain", "--timeout", "60s"');
    writeFileSync(path, 'mine');
    expect(await deploy()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--force replaces them'),
    });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(await deploy({ force: true })).toMatchObject({ code: 0 });
    expect(readFileSync(path, 'utf8')).not.toBe('mine');
  });

  it('says what is wrong with the configuration', async () => {
    writeFileSync(join(folder, 'croupier.config.json'), '{ "instances": 0 }');
    expect(await deploy()).toMatchObject({ code: 2, stderr: expect.stringContaining('instances') });
  });
});
