import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/process/ports.js';
import { cleanEnvironment, DevProcess } from '../support/dev-process.js';
import { Project } from '../support/project.js';
import { gameServer, NO_AGENT, PORT_VARIABLE } from './game-server.js';

/** A tool that runs the game server and restarts it on save. */
export interface Runner {
  readonly name: string;
  /** Where the game server's function is called. */
  readonly address: string;
  /** Writes the source of this version. */
  save(version: string): void;
  /** Resolves when nothing of the last restart is going on any more. To be called after the new version has answered. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** Peers tell nothing about themselves: what is left of the old process is gone after this time, in ms. */
const PEER_SETTLES_MS = 500;

export class CroupierRunner implements Runner {
  readonly name: string;
  readonly address: string;
  readonly #project: Project;
  readonly #dev: DevProcess;
  /** Events before this one belong to earlier saves. */
  #mark = 0;

  private constructor(name: string, address: string, project: Project, dev: DevProcess) {
    this.name = name;
    this.address = address;
    this.#project = project;
    this.#dev = dev;
  }

  /** Resolves when the gateway listens. */
  static async start(name: string, strategy: string, version: string): Promise<CroupierRunner> {
    const project = new Project({ 'server.js': gameServer(version) });
    project.config({ service: 'game', command: 'node server.js', restart: { strategy } });
    const dev = DevProcess.start(project.folder);
    return new CroupierRunner(name, await dev.gateway(), project, dev);
  }

  save(version: string): void {
    this.#mark = this.#dev.mark();
    this.#project.write('server.js', gameServer(version));
  }

  async settle(): Promise<void> {
    await this.#dev.waitFor('generation.stopped', () => true, this.#mark);
  }

  async close(): Promise<void> {
    await this.#dev.stop();
    this.#project.remove();
  }
}

/** The peers, by name: the words after `node`. */
export const PEERS: Readonly<Record<string, readonly string[]>> = {
  nodemon: [resolveModule('nodemon/bin/nodemon.js'), '--quiet', '--no-stdin', 'server.js'],
  'node --watch': ['--watch', 'server.js'],
  'tsx watch': [resolveModule('tsx/cli'), 'watch', '--clear-screen=false', 'server.js'],
};

function resolveModule(name: string): string {
  return createRequire(import.meta.url).resolve(name);
}

export class PeerRunner implements Runner {
  readonly name: string;
  readonly address: string;
  readonly #project: Project;
  readonly #process: ChildProcess;

  private constructor(name: string, address: string, project: Project, child: ChildProcess) {
    this.name = name;
    this.address = address;
    this.#project = project;
    this.#process = child;
  }

  static async start(name: string, words: readonly string[], version: string): Promise<PeerRunner> {
    const project = new Project({
      'server.js': gameServer(version),
      'package.json': JSON.stringify({ type: 'module' }),
    });
    const port = await freePort();
    return new PeerRunner(name, `127.0.0.1:${port}`, project, spawnAlone(project.folder, words, port));
  }

  save(version: string): void {
    this.#project.write('server.js', gameServer(version));
  }

  settle(): Promise<void> {
    return sleep(PEER_SETTLES_MS);
  }

  async close(): Promise<void> {
    await killGroup(this.#process);
    this.#project.remove();
  }
}

/** The game server without any tool: what a restart costs at least. */
export class BareServer {
  readonly address: string;
  readonly #project: Project;
  readonly #port: number;
  #process: ChildProcess | null = null;

  private constructor(project: Project, port: number) {
    this.#project = project;
    this.#port = port;
    this.address = `127.0.0.1:${port}`;
  }

  static async create(): Promise<BareServer> {
    return new BareServer(
      new Project({ 'package.json': JSON.stringify({ type: 'module' }) }),
      await freePort(),
    );
  }

  write(version: string): void {
    this.#project.write('server.js', gameServer(version));
  }

  spawn(): void {
    this.#process = spawnAlone(this.#project.folder, ['server.js'], this.#port);
  }

  async end(): Promise<void> {
    if (this.#process !== null) await killGroup(this.#process);
    this.#process = null;
  }

  remove(): void {
    this.#project.remove();
  }
}

function spawnAlone(folder: string, words: readonly string[], port: number): ChildProcess {
  return spawn(process.execPath, words, {
    cwd: folder,
    env: { ...cleanEnvironment(), [PORT_VARIABLE]: String(port), CROUPIER_AGENT_ADDR: NO_AGENT },
    stdio: 'ignore',
    detached: true,
  });
}

export async function killGroup(leader: ChildProcess): Promise<void> {
  if (leader.pid === undefined || leader.exitCode !== null || leader.signalCode !== null) return;
  const exited = once(leader, 'exit');
  process.kill(-leader.pid, 'SIGKILL');
  await exited;
}
