import * as z from 'zod';
import { BUILD_DEFAULTS, DEFAULTS } from '../defaults.js';
import { commandText, toCommandLine } from './command.js';
import { duration, flag, required, setting, text } from './values.js';

const artifact = () =>
  text().refine(
    (path) => path.includes('{generation}'),
    'it must contain {generation}, so that a build does not overwrite what is running',
  );

/** `build`: null leaves it to detection, false means that there is none. */
export function build() {
  const keys = z
    .strictObject({
      command: required(
        commandText(),
        'Run before a start. {artifact} stands for the path below, {generation} for the number of the generation.',
      ),
      shell: setting(flag(), DEFAULTS.shell, 'Run the command by a shell.'),
      timeout: setting(
        duration(1),
        BUILD_DEFAULTS.timeout,
        'A build that takes longer is ended and has failed.',
      ),
      artifact: setting(
        artifact(),
        BUILD_DEFAULTS.artifact,
        "What {artifact} stands for, relative to the service's folder. Where a command names it, earlier artifacts can be started again.",
      ),
    })
    .transform(({ command, shell, ...rest }, context) => ({
      ...rest,
      command: toCommandLine({ command, shell }, context),
    }));
  return z.union([keys, z.literal(false), z.null()], {
    error: 'it must be an object with a command, false for no build, or null',
  });
}
