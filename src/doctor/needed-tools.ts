import { resolve } from 'node:path';
import { detect } from '../config/detect/detect.js';
import type { CommandLine, ServiceConfig } from '../config/types.js';
import { type AskedVersion, readAskedVersions } from './asked-versions.js';
import { type Project, servicesOf } from './types.js';

/** A program that a project is run, built or tended by. */
export interface NeededTool {
  /** A name in PATH, or an absolute path. */
  readonly program: string;
  /** What it is needed for: `runs game`, `builds game`. */
  readonly purpose: string;
  readonly cwd: string;
  /** PATH that it is looked up in. */
  readonly searchPath: string | undefined;
  /** The versions that the project asks for; some may be of other tools. */
  readonly asked: readonly AskedVersion[];
}

/** Every program once, in the order of the services. */
export async function findNeededTools(
  project: Project,
  env: NodeJS.ProcessEnv,
): Promise<readonly NeededTool[]> {
  const services = servicesOf(project);
  const needed =
    services.length === 0
      ? await ofFolder(project.cwd, env.PATH)
      : (await Promise.all(services.map((service) => ofService(service, env)))).flat();
  const first = new Map<string, NeededTool>();
  for (const tool of needed) {
    const key = `${tool.program}\0${tool.searchPath ?? ''}`;
    if (!first.has(key)) first.set(key, tool);
  }
  return [...first.values()];
}

/** Where no configuration can be used: what the folder's own language needs. */
async function ofFolder(cwd: string, searchPath: string | undefined): Promise<readonly NeededTool[]> {
  const [best] = (await detect(cwd, searchPath)).candidates;
  if (best === undefined) return [];
  const asked = await readAskedVersions(cwd);
  return best.tools.map((program) => ({
    program,
    purpose: `is for projects of ${best.language}`,
    cwd,
    searchPath,
    asked,
  }));
}

async function ofService(service: ServiceConfig, env: NodeJS.ProcessEnv): Promise<readonly NeededTool[]> {
  const { name, cwd, command, build, rules, environment } = service;
  const searchPath = environment.PATH ?? env.PATH;
  const asked = await readAskedVersions(cwd);
  const [best] = (await detect(cwd, searchPath)).candidates;
  // What detection chose needs more than the first words of its commands: a compiler, a package manager.
  const isDetected = best !== undefined && best.command.display === command.display;
  const uses: readonly (readonly [string | null, string])[] = [
    [
      build === null ? null : programOf(build.command, cwd),
      `${build?.checkOnly ? 'checks' : 'builds'} ${name}`,
    ],
    [programOf(command, cwd), `runs ${name}`],
    ...(isDetected ? best.tools : []).map((tool) => [tool, `is needed by ${name}`] as const),
    ...rules.map((rule) => {
      const program = rule.command === null ? null : programOf(rule.command, cwd);
      return [program, `is run for changes of ${rule.match}`] as const;
    }),
  ];
  return uses.flatMap(([program, purpose]) =>
    program === null || isBuilt(program, service) ? [] : [{ program, purpose, cwd, searchPath, asked }],
  );
}

/** The first word of a command; null where it is only known when it is run. */
function programOf({ argv, shell }: CommandLine, cwd: string): string | null {
  const word = shell ? /^[\w./+-]+(?=\s|$)/.exec(argv[0] ?? '')?.[0] : argv[0];
  if (word === undefined || word === '' || word.includes('{')) return null;
  return /[\\/]/.test(word) ? resolve(cwd, word) : word;
}

/** A program of the project's own, beside a build step, may be what that step makes. */
function isBuilt(program: string, { build, cwd, command }: ServiceConfig): boolean {
  return build !== null && program.startsWith(cwd) && program === programOf(command, cwd);
}
