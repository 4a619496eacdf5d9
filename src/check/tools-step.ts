import type { ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { commandEnvironment } from '../dev/child-environment.js';
import { findProgram, isPath } from './find-program.js';
import { failed, passed, type StepOutcome } from './step.js';
import { readVersion } from './tool-version.js';

interface Need {
  readonly word: string;
  /** The key of the configuration that asks for it. */
  readonly key: 'command' | 'build.command';
}

/** Programs that a service's commands begin with are there. Their versions are told where they tell them. */
export async function checkTools(
  service: ServiceConfig,
  inherited: NodeJS.ProcessEnv,
  clock: Clock,
): Promise<StepOutcome> {
  const env = commandEnvironment(service, inherited);
  const { cwd } = service;
  const found = listNeeds(service).map((need) => ({ ...need, file: findProgram(need.word, cwd, env.PATH) }));
  const missing = found.filter((one) => one.file === null);
  if (missing.length > 0) return describeMissing(missing, service);
  const described = await Promise.all(
    found.map(async ({ word, file }) => {
      const version = file === null ? null : await readVersion({ name: word, file, cwd, env, clock });
      return version === null ? word : version.includes(word) ? version : `${word} ${version}`;
    }),
  );
  const shells = [service.command, service.build?.command].filter((one) => one?.shell === true);
  const unknown = shells.length === 0 ? [] : ['what a shell runs is not looked for'];
  return passed(...new Set(described), ...unknown);
}

function listNeeds(service: ServiceConfig): readonly Need[] {
  const { command, build } = service;
  const needs: Need[] = [];
  const add = (need: Need): void => {
    if (!needs.some(({ word }) => word === need.word)) needs.push(need);
  };
  const [program] = command.argv;
  // What the build makes cannot be there yet.
  const isMade = program === undefined || program.includes('{') || (isPath(program) && build !== null);
  if (!command.shell && !isMade) add({ word: program, key: 'command' });
  const [builder] = build?.command.argv ?? [];
  if (build?.command.shell === false && builder !== undefined) add({ word: builder, key: 'build.command' });
  return needs;
}

function describeMissing(missing: readonly Need[], { cwd }: ServiceConfig): StepOutcome {
  const lines = missing.map(({ word, key }) =>
    isPath(word)
      ? `${word} (${key}) is not a program in ${cwd}`
      : `${word} (${key}) is not installed: it is nowhere in PATH`,
  );
  const names = missing.map(({ word }) => word).join(' and ');
  const keys = [...new Set(missing.map(({ key }) => `"${key}"`))].join(' and ');
  return failed(lines.join('\n'), {
    wayOut: `Install ${names}, or change ${keys} in the configuration.`,
    exitCode: 3,
  });
}
