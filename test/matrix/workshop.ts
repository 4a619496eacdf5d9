import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, REPOSITORY } from '../support/dev-process.js';
import type { ProjectKind } from './projects.js';

/** Time for one command, which may have to fetch what it needs, in ms. */
const COMMAND_WITHIN_MS = 10 * 60_000;

const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));

/** A folder with the packed package installed as users have it, and projects below it. */
export class Workshop {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-matrix-')));
  /** The program of the installed package. */
  readonly croupier = join(this.folder, 'node_modules', '.bin', 'croupier');
  #tarball = '';

  /** Packs the package, unless there is one already, and installs it. */
  install(tarball: string | null): void {
    writeFileSync(join(this.folder, 'package.json'), '{"name":"workshop","private":true}');
    if (tarball === null) {
      this.run(['npm', 'pack', '--pack-destination', this.folder, '--ignore-scripts'], REPOSITORY);
      const packed = readdirSync(this.folder).find((name) => name.endsWith('.tgz'));
      if (packed === undefined) throw new Error('npm pack made no package');
      this.#tarball = join(this.folder, packed);
    } else {
      this.#tarball = resolve(tarball);
    }
    this.run(['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', this.#tarball], this.folder);
  }

  /** Makes a project by `croupier init`; answers its folder. */
  make({ name, made }: ProjectKind): string {
    const project = join(this.folder, 'projects', name);
    if (made.by === 'template') {
      mkdirSync(join(this.folder, 'projects'), { recursive: true });
      this.run([this.croupier, 'init', project, '--template', made.from, '--yes'], this.folder);
    } else {
      cpSync(join(FIXTURES, made.from), project, { recursive: true });
      this.run([this.croupier, 'init', '--yes'], project);
    }
    // Where the search for a configuration ends.
    mkdirSync(join(project, '.git'));
    return project;
  }

  /** Fetches and builds what a project needs before it can run. */
  setUp({ setUp }: ProjectKind, project: string): void {
    for (const command of setUp) {
      this.run(
        command.map((word) => (word === '{tarball}' ? this.#tarball : word)),
        project,
      );
    }
  }

  /** Runs a command to its end. Throws with its output where it fails. */
  run([program = '', ...args]: readonly string[], cwd: string): void {
    const { status, error, stdout, stderr } = spawnSync(program, args, {
      cwd,
      env: { ...cleanEnvironment(), npm_config_update_notifier: 'false' },
      encoding: 'utf8',
      timeout: COMMAND_WITHIN_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status === 0) return;
    const why = error?.message ?? `exit code ${status}`;
    throw new Error(`${[program, ...args].join(' ')}: ${why}\n${stdout}${stderr}`);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The first of the language's commands that does not run; null: the language is there. */
export function findMissingTool({ tools }: ProjectKind): string | null {
  const missing = tools.find(([program = '', ...args]) => spawnSync(program, args).status !== 0);
  return missing === undefined ? null : (missing[0] ?? '');
}
