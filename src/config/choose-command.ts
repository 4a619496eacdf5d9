import { ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
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
  /** PATH of the command; undefined: not known. */
  readonly searchPath: string | undefined;
}

/** Takes the strongest source; detection is asked last, and only then loaded. */
export async function chooseCommand(sources: CommandSources): Promise<Result<ChosenCommand, UserError>> {
  const { flag, environment, file } = sources;
  if (flag !== undefined) return ok(asConfigured(flag, 'command line'));
  if (environment !== undefined) return ok(asConfigured(environment, 'CROUPIER_COMMAND'));
  if (file !== null) return ok(asConfigured(file.command, file.source));
  const { detectCommand } = await import('./detect-command.js');
  return detectCommand(sources);
}

function asConfigured(command: CommandLine, source: string): ChosenCommand {
  return { command, source, candidate: null, notes: [] };
}

/** What detection chose and how to change it; empty where it did not choose. */
export function describeChoice({ notes }: ChosenCommand): readonly string[] {
  return notes;
}
