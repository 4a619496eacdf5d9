import stringArgv from 'string-argv';
import { err, ok, type Result } from '../core/result.js';
import type { CommandLine } from './types.js';

const QUOTED = /"[^"]*"|'[^']*'/g;

/** What only a shell understands: a word of its own, a redirection, or `$NAME` anywhere in an unquoted word. */
const OPERATOR = /^(?:\|\|?|&&?|;;?|[({})]|!)$|^[&\d]?(?:>>?|<<?<?)(?!=)|&&|\|\||;$|`|\$\(|\$[A-Za-z_]\w*/;

/** `NAME=value` before the command: an assignment, which a shell would do. */
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;

/**
 * Turns a `command` of the configuration into what is started. A string is split into words without a shell, unless `shell`.
 * Answers the complaint in words where the text would need a shell, is empty or has an open quote.
 */
export function parseCommand(value: string | readonly string[], shell: boolean): Result<CommandLine, string> {
  if (typeof value !== 'string') return parseWords(value, shell);
  const display = value.trim();
  if (display === '') return err('a command must not be empty');
  if (shell) return ok({ argv: [display], shell: true, display });

  const bare = display.replace(QUOTED, 'quoted');
  if (/["']/.test(bare)) return err('the command has a quote that is not closed');
  const words = bare.split(/\s+/);
  for (const word of words) {
    // Only the operator is shown: the rest of the word may come from a variable that is nobody's business.
    const operator = OPERATOR.exec(word)?.[0];
    if (operator !== undefined) {
      return err(
        `\`${operator}\` is for a shell, and commands run without one: set "shell": true beside the command`,
      );
    }
  }
  const assignment = ASSIGNMENT.exec(words[0] ?? '')?.[0];
  if (assignment !== undefined) {
    return err(
      `\`${assignment}\` is an assignment for a shell: put the variable into "environment", or set "shell": true`,
    );
  }
  return ok({ argv: stringArgv(display), shell: false, display });
}

function parseWords(words: readonly string[], shell: boolean): Result<CommandLine, string> {
  if (shell) return err('with "shell": true the command must be one string');
  if (words[0] === undefined || words[0].trim() === '') return err('a command must not be empty');
  return ok({ argv: words, shell: false, display: displayWords(words) });
}

/** Words as one line for people, quoted where that is needed to tell them apart. */
export function displayWords(words: readonly string[]): string {
  return words.map((word) => (/^[^\s"'\\]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}
