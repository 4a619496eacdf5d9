import * as z from 'zod';
import { DEFAULTS } from '../defaults.js';
import { commandText, toCommandLine } from './command.js';
import { choice, duration, flag, required, setting, text, texts } from './values.js';

/** `watch`: which changes are noticed. */
export function watch() {
  return z.strictObject({
    paths: setting(
      texts(),
      DEFAULTS.watch.paths,
      "Folders and files to watch, relative to the service's folder.",
    ),
    extensions: setting(
      texts(),
      DEFAULTS.watch.extensions,
      'Only files with these extensions count, with or without the dot. Empty: every file, or what detection found out.',
    ),
    ignore: setting(
      texts(),
      DEFAULTS.watch.ignore,
      'Patterns in the notation of .gitignore, in addition to the built-in ones.',
    ),
    gitignore: setting(flag(), DEFAULTS.watch.gitignore, 'What git ignores is not watched.'),
    quiet: setting(
      duration(),
      DEFAULTS.watch.quiet,
      'A batch of changes closes when it was quiet for so long.',
    ),
    polling: setting(
      z.union([z.boolean(), z.literal('auto')], { error: 'it must be true, false or "auto"' }),
      DEFAULTS.watch.polling,
      'Look at the files again and again: for file systems that do not report changes. "auto": only there.',
    ),
  });
}

/** `rules`: the first rule that matches a changed file decides. */
export function rules() {
  const rule = z
    .strictObject({
      match: required(text(), "A pattern in the notation of .gitignore, relative to the service's folder."),
      action: required(
        choice(['ignore', 'hot', 'restart', 'rebuild', 'run']),
        'ignore: nothing. hot: ask the process to reload its functions. restart: without a build. rebuild: build and restart. run: run the command, and nothing else.',
      ),
      command: setting(
        commandText().nullable(),
        null,
        'For run only; {files} stands for the files that matched.',
      ),
      shell: setting(flag(), DEFAULTS.shell, 'Run the command by a shell.'),
    })
    .transform(({ match, action, command, shell }, context) => {
      if ((action === 'run') !== (command !== undefined && command !== null)) {
        const message =
          action === 'run'
            ? 'a rule with "action": "run" needs one'
            : 'only a rule with "action": "run" has one';
        context.addIssue({ code: 'custom', message, path: ['command'], input: command });
      }
      return { match, action, command: toCommandLine({ command, shell }, context) };
    });
  return z.array(rule, { error: 'it must be an array of rules' });
}
