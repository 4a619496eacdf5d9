import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { detect, LANGUAGES } from './detect/detect.js';
import { SEARCH_PLACES } from './load.js';
import type { ChosenCommand } from './resolve-service.js';
import type { CommandLine } from './types.js';

/** Where a command can come from, the strongest first; null or undefined: not from there. */
export interface CommandSources {
  readonly flag: CommandLine | undefined;
  readonly environment: CommandLine | undefined;
  readonly file: { readonly command: CommandLine; readonly source: string } | null;
  /** Absolute; where detection looks. */
  readonly folder: string;
  /** The configuration file for people; null: there is none. */
  readonly configFile: string | null;
}

/** Takes the strongest source; detection is asked last. */
export async function chooseCommand(sources: CommandSources): Promise<Result<ChosenCommand, UserError>> {
  const { flag, environment, file, folder } = sources;
  if (flag !== undefined) return ok({ command: flag, source: 'command line', candidate: null });
  if (environment !== undefined) {
    return ok({ command: environment, source: 'CROUPIER_COMMAND', candidate: null });
  }
  if (file !== null) return ok({ ...file, candidate: null });
  const { candidates, rejected } = await detect(folder);
  const candidate = candidates[0];
  return candidate === undefined
    ? err(nothingToRun(folder, rejected, sources.configFile))
    : ok({ command: candidate.command, source: candidate.source, candidate });
}

/** What detection chose and how to change it; empty where it did not choose. */
export function describeChoice({ command, source, candidate }: ChosenCommand): readonly string[] {
  if (candidate === null) return [];
  const check = candidate.build === null ? '' : `, checked by \`${candidate.build.command.display}\``;
  return [
    `Runs \`${command.display}\` (${source})${check}. To change that, set "command" in croupier.config.json or start with: croupier dev -- <command>`,
    ...(candidate.explanation === null ? [] : [candidate.explanation]),
  ];
}

function nothingToRun(folder: string, rejected: readonly string[], configFile: string | null): UserError {
  const looked = LANGUAGES.map(({ name, looksFor }) => `${name}: ${looksFor.join(', ')}`);
  const lines = [
    `there is nothing to run in ${folder}: no command is configured, and none was found`,
    configFile === null
      ? `looked for a configuration: ${SEARCH_PLACES.join(', ')}`
      : `${configFile} has no "command"`,
    ...looked.map((line) => `looked for ${line}`),
    ...rejected.map((reason) => `not used: ${reason}`),
  ];
  return {
    exitCode: 2,
    message: lines.join('\n'),
    wayOut: [
      `Set the key "command" in ${configFile ?? 'croupier.config.json'}, such as { "command": "node server.js" },`,
      'or give it on the command line: croupier dev -- node server.js',
    ].join('\n'),
  };
}
