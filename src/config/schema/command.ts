import * as z from 'zod';
import { parseCommand } from '../command.js';
import type { CommandLine } from '../types.js';
import { text } from './values.js';

/** `command` as it is written. Its value becomes a CommandLine together with `shell`, by toCommandLine. */
export function commandText() {
  const error = 'it must be a command: a string, or an array of strings';
  return z.union([text(), z.array(z.string()).min(1, error)], { error });
}

interface CommandKeys {
  readonly command?: string | readonly string[] | null | undefined;
  readonly shell?: boolean | undefined;
}

/** Joins `command` and the `shell` beside it; null where there is no command. */
export function toCommandLine(keys: CommandKeys, context: z.core.$RefinementCtx): CommandLine | null {
  if (keys.command === null || keys.command === undefined) return null;
  const result = parseCommand(keys.command, keys.shell ?? false);
  if (result.ok) return result.value;
  context.addIssue({ code: 'custom', message: result.error, path: ['command'], input: keys.command });
  return null;
}
