import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/process/ports.js';
import { cleanEnvironment, DevProcess } from '../support/dev-process.js';
import { Project } from '../support/project.js';
import { type App, GO_APP, NODE_APP, PYTHON_APP } from './apps.js';
import { HttpCaller } from './http-caller.js';
import { killGroup, type Runner } from './runners.js';
import { FIRST_VERSION, type Saves, takeRounds } from './save-rounds.js';
import type { Section } from './section.js';
import { mean, median, percentile } from './statistics.js';
import { CALLS_PER_SECOND } from './steady-calls.js';
import { type Aim, formatTable } from './table.js';

/** Peers tell nothing about themselves: what is left of the old process is gone after this time, in ms. */
const PEER_SETTLES_MS = 500;

/** A tool that people use for this language, with its own defaults unless the name says otherwise. */
interface Peer {
  readonly name: string;
  /** Has to be on the PATH. */
  readonly tool: string;
  words(port: number): readonly string[];
}

interface Contest {
  readonly app: App;
  /** What the app itself needs on the PATH. */
  readonly needs: string;
  readonly peers: readonly Peer[];
  /** The command of `croupier dev`, where the app's configuration has none. */
  readonly command?: string;
}

const CONTESTS: readonly Contest[] = [
  {
    app: GO_APP,
    needs: 'go',
    peers: [
      { name: 'air', tool: 'air', words: () => ['air'] },
      { name: 'air, delay 0', tool: 'air', words: () => ['air', '-build.delay', '0'] },
    ],
  },
  {
    app: PYTHON_APP,
    needs: 'uvicorn',
    command: 'uvicorn main:app --host 127.0.0.1 --port {port} --log-level warning',
    peers: [
      {
        name: 'uvicorn --reload',
        tool: 'uvicorn',
        words: (port) => ['uvicorn', 'main:app', '--reload', '--host', '127.0.0.1', '--port', String(port)],
      },
    ],
  },
  {
    app: NODE_APP,
    needs: 'node',
    peers: [
      {
        name: 'watchexec',
        tool: 'watchexec',
        words: () => ['watchexec', '--restart', '--exts', 'js', '--', 'node', 'server.js'],
      },
    ],
  },
];

interface Row {
  readonly language: string;
  readonly name: string;
  readonly isOurs: boolean;
  readonly saves: Saves;
}

/** HTTP apps in several languages, each under `croupier dev` with a stable port and under the tools of its language. */
export async function measureLanguages(
  saves: number,
  showProgress: (text: string) => void,
): Promise<Section> {
  const rows: Row[] = [];
  const skipped: string[] = [];
  for (const contest of CONTESTS) {
    const { language } = contest.app;
    if (!isOnPath(contest.needs)) {
      skipped.push(`${language}: skipped, ${contest.needs} is not on the PATH`);
      continue;
    }
    const peers = contest.peers.filter(({ name, tool }) => {
      if (isOnPath(tool)) return true;
      skipped.push(`${name}: skipped, ${tool} is not on the PATH`);
      return false;
    });
    rows.push(...(await measureContest(contest, peers, saves, showProgress)));
  }
  return report(saves, rows, skipped);
}

async function measureContest(
  contest: Contest,
  peers: readonly Peer[],
  saves: number,
  showProgress: (text: string) => void,
): Promise<readonly Row[]> {
  const { app } = contest;
  const runners: Runner[] = [];
  const ours: string[] = [];
  try {
    for (const strategy of ['overlap', 'stop-first'] as const) {
      const runner = await OurRunner.start(contest, strategy);
      runners.push(runner);
      ours.push(runner.name);
    }
    for (const peer of peers) runners.push(await ToolRunner.start(app, peer));
    const figures = await takeRounds({
      runners,
      saves,
      openCaller: (address) => new HttpCaller(address),
      onRound: (round) => showProgress(`${app.language}: round ${round} of ${saves}`),
    });
    return [...figures].map(([name, one]) => ({
      language: app.language,
      name,
      isOurs: ours.includes(name),
      saves: one,
    }));
  } finally {
    await Promise.all(runners.map((runner) => runner.close()));
  }
}

class OurRunner implements Runner {
  readonly name: string;
  readonly address: string;
  readonly #app: App;
  readonly #project: Project;
  readonly #dev: DevProcess;
  #mark = 0;

  private constructor(name: string, address: string, app: App, project: Project, dev: DevProcess) {
    this.name = name;
    this.address = address;
    this.#app = app;
    this.#project = project;
    this.#dev = dev;
  }

  static async start({ app, command }: Contest, strategy: 'overlap' | 'stop-first'): Promise<OurRunner> {
    const port = await freePort();
    const project = createProject(app);
    project.config({
      ...(command === undefined ? {} : { command }),
      ...app.config,
      restart: { strategy },
      proxy: [{ listen: port }],
    });
    const dev = DevProcess.start(project.folder);
    await dev.waitFor('session.ready');
    return new OurRunner(`croupier dev, ${strategy}`, `127.0.0.1:${port}`, app, project, dev);
  }

  save(version: string): void {
    this.#mark = this.#dev.mark();
    this.#project.write(this.#app.source, this.#app.write(version));
  }

  async settle(): Promise<void> {
    await this.#dev.waitFor('generation.stopped', () => true, this.#mark);
  }

  async close(): Promise<void> {
    await this.#dev.stop();
    this.#project.remove();
  }
}

class ToolRunner implements Runner {
  readonly name: string;
  readonly address: string;
  readonly #app: App;
  readonly #project: Project;
  readonly #process: ChildProcess;

  private constructor(peer: Peer, port: number, app: App, project: Project, child: ChildProcess) {
    this.name = peer.name;
    this.address = `127.0.0.1:${port}`;
    this.#app = app;
    this.#project = project;
    this.#process = child;
  }

  static async start(app: App, peer: Peer): Promise<ToolRunner> {
    const port = await freePort();
    const project = createProject(app);
    const [command = '', ...words] = peer.words(port);
    const child = spawn(command, words, {
      cwd: project.folder,
      env: { ...cleanEnvironment(), PORT: String(port) },
      stdio: 'ignore',
      detached: true,
    });
    return new ToolRunner(peer, port, app, project, child);
  }

  save(version: string): void {
    this.#project.write(this.#app.source, this.#app.write(version));
  }

  settle(): Promise<void> {
    return sleep(PEER_SETTLES_MS);
  }

  async close(): Promise<void> {
    await killGroup(this.#process);
    this.#project.remove();
  }
}

function createProject(app: App): Project {
  return new Project({ ...app.files, [app.source]: app.write(FIRST_VERSION) });
}

function isOnPath(tool: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function report(saves: number, rows: readonly Row[], skipped: readonly string[]): Section {
  const figures = rows.map(({ language, name, isOurs, saves: { ms, calls, missed } }) => ({
    language,
    name,
    isOurs,
    medianMs: median(ms),
    p90Ms: percentile(ms, 0.9),
    lostPerRestart: mean(calls.map((one) => one.lost)),
    lost: calls.reduce((sum, one) => sum + one.lost, 0),
    missed,
    ms,
  }));
  const cells = figures.map((row) => [
    row.language,
    row.name,
    row.medianMs.toFixed(0),
    row.p90Ms.toFixed(0),
    row.lostPerRestart.toFixed(1),
    String(row.missed),
  ]);
  const header = ['', '', 'median', 'p90', 'lost/restart', 'saves missed'];
  return {
    name: 'languages',
    title: `HTTP apps: save -> first answer by the new code: ms, medians of ${saves} saves, ${CALLS_PER_SECOND} requests/s`,
    table: [formatTable(header, cells), ...skipped].join('\n'),
    aims: [...new Set(rows.map(({ language }) => language))].flatMap((language) =>
      aims(
        language,
        figures.filter((row) => row.language === language),
      ),
    ),
    figures: { saves, requestsPerSecond: CALLS_PER_SECOND, tools: figures, skipped },
  };
}

function aims(
  language: string,
  rows: readonly { readonly isOurs: boolean; readonly medianMs: number; readonly lost: number }[],
): readonly Aim[] {
  const ours = Math.min(...rows.filter(({ isOurs }) => isOurs).map(({ medianMs }) => medianMs));
  const peers = rows.filter(({ isOurs }) => !isOurs).map(({ medianMs }) => medianMs);
  const lost = rows.filter(({ isOurs }) => isOurs).reduce((sum, row) => sum + row.lost, 0);
  const none: Aim = {
    what: `${language}: croupier dev loses no request`,
    figures: `${lost} lost`,
    met: lost === 0,
  };
  if (peers.length === 0) return [none];
  const fastest = Math.min(...peers);
  return [
    {
      what: `${language}: croupier dev is no slower than the fastest of the others`,
      figures: `${ours.toFixed(0)} ms <= ${fastest.toFixed(0)} ms`,
      met: ours <= fastest,
    },
    none,
  ];
}
