import { printable } from '../observe/printable.js';
import { findCandidates } from './completion-candidates.js';
import type { CompletionRequest, Shell } from './completion-command.js';
import { namesFor } from './completion-names.js';
import { completionScript } from './completion-script.js';
import type { CliIo } from './io.js';

/** `croupier completion`: prints the script of a shell. */
export async function completionCommand(shell: Shell, { stdout }: CliIo): Promise<number> {
  stdout.write(completionScript(shell));
  return 0;
}

/**
 * `croupier complete`: a candidate a line, its description behind a tab; last a line with a colon and `none`, `files` or
 * `folders`, which the shell is to offer as well. What goes wrong gives no candidates: there is nowhere to say it.
 */
export async function completeCommand(
  { words, program }: CompletionRequest,
  { stdout, cwd, env }: CliIo,
): Promise<number> {
  const { words: found, paths } = await findCandidates(program, words, namesFor(cwd, env));
  const lines = found.map(({ value, description }) =>
    description === '' ? printable(value) : `${printable(value)}\t${printable(description)}`,
  );
  stdout.write([...lines, `:${paths}`, ''].join('\n'));
  return 0;
}
