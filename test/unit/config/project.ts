import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { ConfigFlags } from '../../../src/config/flags.js';
import { resolveConfig } from '../../../src/config/resolve.js';
import type { Profile, ServiceConfig, SessionConfig } from '../../../src/config/types.js';
import type { UserError } from '../../../src/core/user-error.js';

/** Files by path; an object is written as JSON. */
export type Files = Readonly<Record<string, unknown>>;

export interface ResolveOptions {
  readonly flags?: ConfigFlags;
  readonly profile?: Profile;
  readonly env?: NodeJS.ProcessEnv;
  /** Relative to the project's folder. */
  readonly cwd?: string;
}

/** A folder of files that is removed at the end of the test. It is a repository, so that no search leaves it. */
export class Project {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(files: Files): Promise<Project> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'croupier-config-')));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const project = new Project(folder);
    await mkdir(join(folder, '.git'));
    for (const [path, content] of Object.entries(files)) await project.write(path, content);
    return project;
  }

  async write(path: string, content: unknown): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  }

  resolve({ flags = {}, env = {}, cwd = '.', profile = 'dev' }: ResolveOptions = {}) {
    return resolveConfig({ cwd: join(this.folder, cwd), env, flags, profile });
  }

  async session(options: ResolveOptions = {}): Promise<SessionConfig> {
    const result = await this.resolve(options);
    if (!result.ok) throw new Error(`no configuration: ${result.error.message}`);
    return result.value;
  }

  async service(options: ResolveOptions = {}): Promise<ServiceConfig> {
    const [service] = (await this.session(options)).services;
    if (service === undefined) throw new Error('no service');
    return service;
  }

  /** The error, which has to be one of the configuration with a way out, and without a stack. */
  async error(options: ResolveOptions = {}): Promise<UserError & { readonly wayOut: string }> {
    const result = await this.resolve(options);
    if (result.ok) throw new Error('the configuration was accepted');
    const { exitCode, message, wayOut } = result.error;
    expect(exitCode).toBe(2);
    expect(message).not.toMatch(/^\s+at /m);
    expect(wayOut ?? '').not.toBe('');
    return { exitCode, message, wayOut: wayOut ?? '' };
  }
}

/** The service that a configuration file makes, with a command unless it says one. */
export async function serviceOf(config: Readonly<Record<string, unknown>>): Promise<ServiceConfig> {
  const project = await Project.create({ 'croupier.config.json': { command: 'node x.js', ...config } });
  return project.service();
}

/** The error that a configuration file makes. */
export async function errorOf(config: Readonly<Record<string, unknown>>) {
  const project = await Project.create({ 'croupier.config.json': { command: 'node x.js', ...config } });
  return project.error();
}
