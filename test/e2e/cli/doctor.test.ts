import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DevProcess, runCroupier } from '../../support/dev-process.js';
import { gameServer, Project } from '../../support/project.js';

let project: Project;

beforeEach(() => {
  project = new Project();
});

afterEach(() => project.remove());

interface Told {
  readonly topic: string;
  readonly level: string;
  readonly title: string;
}

/** What doctor says with `--json`. */
async function examine(env: NodeJS.ProcessEnv = {}) {
  const { code, stdout, stderr } = await runCroupier(project.folder, ['doctor', '--json'], env);
  expect(stderr).toBe('');
  const report: { counts: Record<string, number>; root: string; findings: readonly Told[] } =
    JSON.parse(stdout);
  const levels = (topic: string) =>
    report.findings.filter((one) => one.topic === topic).map(({ level, title }) => `${level}: ${title}`);
  return { code, report, levels };
}

it('finds nothing wrong with a session that runs', async () => {
  project.write('server.mjs', gameServer('one'));
  project.config({ service: 'game', command: 'node server.mjs', upstream: 'none' });
  const dev = DevProcess.start(project.folder, ['--port', '0']);
  try {
    await dev.waitFor('generation.active');
    const gateway = await dev.gateway();
    const { code, report, levels } = await examine();
    expect(levels('session')).toEqual([`ok: a session is running: pid ${dev.pid}, gateway ${gateway}`]);
    expect(levels('command')).toEqual(['ok: game runs `node server.mjs` (croupier.config.json)']);
    expect(levels('tools')[0]).toMatch(/^ok: node \d+\.\d+\.\d+ runs game/);
    expect(report.counts.problem).toBe(0);
    expect(report.root).toBe(project.folder);
    expect(code).toBe(0);

    // Another project would register with that session: it is an agent, and one of ours.
    const other = await examine({ CROUPIER_UPSTREAM: `agent://${gateway}` });
    expect(other.levels('upstream')).toEqual([
      expect.stringMatching(
        new RegExp(`^ok: agent://${gateway} answers in plain text: a session of croupier`),
      ),
    ]);
  } finally {
    await dev.stop();
  }
});

it('goes on after a broken configuration, prints for people in 80 columns, and leaves nothing behind', async () => {
  project.write('package.json', '{ "scripts": { "start": "node server.mjs" } }');
  project.write('server.mjs', '');
  project.config({ commnd: 'node server.mjs' });
  const { code, stdout, stderr } = await runCroupier(project.folder, ['doctor']);
  expect(stderr).toBe('');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✘ croupier\.config\.json:2:3: `commnd` is/m);
  expect(stdout).toMatch(/^ {4}> .*command/m);
  for (const topic of [
    'Node ',
    'node ',
    'port 19090',
    'no session of this project',
    'no upstream|no agent|an agent|a session',
  ]) {
    expect(stdout).toMatch(new RegExp(`^[✔○▲✘] (?:${topic})`, 'm'));
  }
  expect(stdout).toMatch(/^1 problem, /m);
  for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  expect(existsSync(project.path('.croupier'))).toBe(false);
});
