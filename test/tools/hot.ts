/**
 * `npm run tools:hot`: for each language with an SDK, its template under `croupier dev`, and saves of a function module. Prints a table of
 * the time from a save to the first answer of the new code, and of what the session itself says that a reload took. `-- N`: so many saves.
 * A language that is missing is skipped with a line. Ends with exit code 1 if a save was not taken without a restart.
 */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type AgentClient, connectAgent } from '../../src/protocol/client.js';
import { median } from '../bench/statistics.js';
import { formatTable } from '../bench/table.js';
import { hasPython, pythonWith } from '../conformance/languages/python-venv.js';
import { runCommand, succeeds } from '../conformance/languages/run-command.js';
import { DevProcess, until } from '../support/dev-process.js';
import { ToolProject } from './tool-project.js';

interface HotLanguage {
  readonly name: 'node' | 'python' | 'go';
  /** The module of `player.ban`. */
  readonly file: string;
  readonly isThere: () => boolean;
  prepare(project: ToolProject): Promise<void>;
}

/** What `player.ban` says of a player that nobody knows: the saves change it. */
const SAID = 'there is no player';

const TIMEOUT_MS = 60_000;

const LANGUAGES: readonly HotLanguage[] = [
  {
    name: 'node',
    file: 'functions/player.ts',
    isThere: () => true,
    prepare: async (project) => project.linkNodeModules(),
  },
  {
    name: 'python',
    file: 'functions/player.py',
    isThere: hasPython,
    async prepare(project) {
      const python = await pythonWith(project.path('requirements.txt'));
      symlinkSync(dirname(dirname(python)), project.path('.venv'), 'dir');
    },
  },
  {
    name: 'go',
    file: 'functions/player/player.go',
    isThere: () => succeeds(['go', 'version']),
    // What it needs is fetched and compiled before the clock runs.
    prepare: async (project) =>
      void (await runCommand(['go', 'build', '-tags', 'hot', './...'], project.folder)),
  },
];

const saves = Number(process.argv[2] ?? 30);
if (!Number.isInteger(saves) || saves < 1) throw new Error('the number of saves is 1 or more');
const rows: string[][] = [];
for (const language of LANGUAGES) {
  if (!language.isThere()) print(`${language.name}: skipped, it is not there`);
  else rows.push(await measure(language));
}
print(
  formatTable(
    ['language', 'saves', 'save -> new answer, median', 'slowest', 'the reload itself, median'],
    rows,
  ),
);

async function measure({ name, file, prepare }: HotLanguage): Promise<string[]> {
  const project = await ToolProject.make(name);
  try {
    await prepare(project);
    const dev = DevProcess.start(project.folder);
    try {
      const client = connectAgent(await dev.gateway());
      await dev.waitFor('generation.active');
      await until('the code as it came answers', async () => (await ask(client)).startsWith(SAID));
      const times: number[] = [];
      const reloads: number[] = [];
      const source = readFileSync(project.path(file), 'utf8');
      for (let nth = 1; nth <= saves; nth++) {
        const mark = dev.mark();
        const savedAt = performance.now();
        writeFileSync(project.path(file), source.replaceAll(SAID, `${nth} times nobody is`));
        await until('the new code answers', async () => (await ask(client)).startsWith(`${nth} times`));
        times.push(performance.now() - savedAt);
        const { outcome, ms } = await dev.waitFor('reload.finished', () => true, mark);
        reloads.push(ms.total);
        if (outcome === 'hot') continue;
        print(`${name}: save ${nth} was not taken without a restart: ${outcome}`);
        process.exitCode = 1;
      }
      client.close();
      const figures = [median(times), Math.max(...times), median(reloads)];
      return [name, String(saves), ...figures.map((ms) => `${ms.toFixed(0)} ms`)];
    } finally {
      await dev.stop();
    }
  } finally {
    project.remove();
  }
}

/** What it says of a player that nobody knows. */
async function ask(client: AgentClient): Promise<string> {
  const payload = Buffer.from('{"playerId":"99"}');
  const request = { functionId: 'player.ban', idempotencyKey: '', payload, metadata: {} };
  const answer = await client.invoke(request, { timeoutMs: TIMEOUT_MS });
  return answer.ok ? '' : answer.error.message;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
