import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECTS, type ProjectKind } from '../matrix/projects.js';
import { REPOSITORY, runCroupier } from '../support/dev-process.js';
import type { Tool } from './tool.js';

/** A project made by `croupier init --template`, and the edits in it. */
export class ToolProject {
  readonly folder: string;
  readonly #kind: ProjectKind;
  readonly #parent: string;

  private constructor(kind: ProjectKind, parent: string) {
    this.#kind = kind;
    this.#parent = parent;
    this.folder = join(parent, 'game-server');
  }

  static async make(template: Tool['template']): Promise<ToolProject> {
    const kind = PROJECTS.find(({ name }) => name === template);
    if (kind === undefined) throw new Error(`there is no project ${template}`);
    const parent = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-tools-')));
    const project = new ToolProject(kind, parent);
    const made = await runCroupier(parent, ['init', project.folder, '--template', template, '--yes']);
    if (made.code === 0) return project;
    project.remove();
    throw new Error(`croupier init failed:\n${made.stdout}${made.stderr}`);
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  /** Saves the source with this version, which `server.status` answers from then on. */
  save(version: string): void {
    const { edited, version: pattern } = this.#kind;
    const text = this.read(edited);
    if (!pattern.test(text)) throw new Error(`${edited} has no version:\n${text}`);
    writeFileSync(this.path(edited), text.replace(pattern, `$1${version}`));
  }

  /** Puts this checkout's package and what else `package.json` names into `node_modules`, as npm would. */
  linkNodeModules(): void {
    const modules = join(REPOSITORY, 'node_modules');
    const manifest: Partial<Record<'dependencies' | 'devDependencies', Record<string, string>>> = JSON.parse(
      this.read('package.json'),
    );
    mkdirSync(this.path('node_modules', '@types'), { recursive: true });
    symlinkSync(join(modules, '.bin'), this.path('node_modules', '.bin'), 'dir');
    symlinkSync(REPOSITORY, this.path('node_modules', 'croupier-cli'), 'dir');
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const target = this.path('node_modules', name);
      if (existsSync(join(modules, name)) && !existsSync(target))
        symlinkSync(join(modules, name), target, 'dir');
    }
  }

  remove(): void {
    rmSync(this.#parent, { recursive: true, force: true });
  }
}
