import { Argument, type Command } from 'commander';
import { splitLine } from './completion-line.js';
import { COMPLETION_EXAMPLES } from './help.js';

/** Shells that a script is printed for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** What is typed so far, as a shell's script hands it over. */
export interface CompletionRequest {
  /** The words after the program's name; the last one is being typed, and is empty after a blank. */
  readonly words: readonly string[];
  /** All that can be typed. */
  readonly program: Command;
}

export function addCompletion(program: Command, run: (shell: Shell) => Promise<void>): void {
  program
    .command('completion')
    .summary('print a script that completes commands in your shell')
    .description(
      'Prints a script for your shell, by which Tab completes commands, flags, services and functions.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', COMPLETION_EXAMPLES)
    .action((shell: Shell) => run(shell));
}

/** What those scripts call; nobody types it. */
export function addComplete(program: Command, run: (request: CompletionRequest) => Promise<void>): void {
  program
    .command('complete', { hidden: true })
    .description(
      'Prints what can follow the words of a command line. The scripts of `croupier completion` call it.',
    )
    .argument('[words...]', 'what follows the name of the program; the last word is being typed')
    .option('--line <text>', 'the same as one text, with the name of the program')
    .action((words: readonly string[], { line }: { readonly line?: string }) =>
      run({ words: line === undefined ? words : splitLine(line).slice(1), program }),
    );
}
