import { dirname } from 'node:path';
import type { ConfigFlags } from '../config/flags.js';
import { searchFile } from '../config/load.js';
import { readPackageInfo } from '../config/package-info.js';
import { resolveConfig } from '../config/resolve.js';
import { type Clock, systemClock } from '../core/clock.js';
import { err } from '../core/result.js';
import { EXAMINATIONS } from './examinations.js';
import { about } from './finding.js';
import { withTimeLimit } from './time-limit.js';
import type { Examination, Finding, FindingLevel, Project, Surroundings, Terminal } from './types.js';

/** How long one topic may take, in ms; and the configuration, which all of them need. */
const TIME_LIMIT_MS = 2_000;

export interface DoctorOptions {
  /** Absolute. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly flags: ConfigFlags;
  readonly terminal: Terminal;
}

/** Everything that was found out; a contract with scripts (`--json`). */
export interface DoctorReport {
  /** Of `croupier-cli`. */
  readonly version: string;
  /** The project's folder, absolute. */
  readonly root: string;
  /** How many findings there are of each level. */
  readonly counts: Readonly<Record<FindingLevel, number>>;
  /** In the order of EXAMINATIONS. */
  readonly findings: readonly Finding[];
}

/** Looks at the machine and the project. Takes at most twice the limit of one topic, whatever hangs. */
export async function examine(options: DoctorOptions, clock: Clock = systemClock): Promise<DoctorReport> {
  const { env, terminal } = options;
  const project = await withTimeLimit(
    clock,
    TIME_LIMIT_MS,
    () => readProject(options),
    () => unreadProject(options.cwd),
  );
  const surroundings: Surroundings = { project, env, terminal, version: readPackageInfo().version };
  const findings = await runExaminations(EXAMINATIONS, surroundings, clock);
  return { version: surroundings.version, root: project.root, counts: countLevels(findings), findings };
}

/** Runs all side by side, each within its time. One that breaks down is a finding, and keeps no other from being told. */
export async function runExaminations(
  examinations: readonly Examination[],
  surroundings: Surroundings,
  clock: Clock,
): Promise<readonly Finding[]> {
  const found = await Promise.all(
    examinations.map((examination) =>
      withTimeLimit(
        clock,
        TIME_LIMIT_MS,
        (signal) => runOne(examination, surroundings, signal),
        () => [about(examination.topic).warning(`this was not found out within ${TIME_LIMIT_MS} ms`)],
      ),
    ),
  );
  return found.flat();
}

async function runOne(
  { topic, run }: Examination,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    return await run(surroundings, signal);
  } catch (error) {
    // A look at a strange machine may fail in ways that nobody thought of. The rest is wanted then more than ever.
    const message = error instanceof Error ? error.message : String(error);
    return [about(topic).warning('this could not be found out', { details: [message] })];
  }
}

async function readProject({ cwd, env, flags }: DoctorOptions): Promise<Project> {
  const config = await resolveConfig({ cwd, env, flags });
  if (config.ok) return { cwd, root: config.value.root, config };
  const found = await searchFile(cwd);
  return { cwd, root: found.ok && found.value !== null ? dirname(found.value.file) : cwd, config };
}

function unreadProject(cwd: string): Project {
  const message = `the configuration was not read within ${TIME_LIMIT_MS} ms`;
  const wayOut = 'Does a configuration in JavaScript or TypeScript wait for something?';
  return { cwd, root: cwd, config: err({ exitCode: 2, message, wayOut }) };
}

function countLevels(findings: readonly Finding[]): DoctorReport['counts'] {
  const count = (level: FindingLevel) => findings.filter((finding) => finding.level === level).length;
  return { ok: count('ok'), note: count('note'), warning: count('warning'), problem: count('problem') };
}
