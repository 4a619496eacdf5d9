import { readPackageInfo } from '../config/package-info.js';
import type { Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { printUserError } from './errors.js';
import type { InitArguments } from './init-arguments.js';
import type { InitChoice } from './init-choice.js';
import { chooseFromFlags } from './init-from-flags.js';
import { chooseByPrompts } from './init-from-prompts.js';
import { describePlanned, describeTemplates, describeWritten } from './init-text.js';
import { writeChoice } from './init-write.js';
import type { CliIo } from './io.js';
import { canAsk, createPrompts, type Prompts } from './prompts.js';

/** As a shell says that Ctrl-C ended a program. */
const CANCELLED = 130;

/** `croupier init`: a configuration for the project that is there, or a new project from a template. */
export async function initCommand(
  args: InitArguments,
  io: CliIo,
  ask: (io: CliIo) => Promise<Prompts> = createPrompts,
): Promise<number> {
  if (args.list) {
    io.stdout.write(describeTemplates());
    return 0;
  }
  // Every template is read for this, and nothing else is needed of it.
  if (args.updateSdk) return (await import('./init-update-sdk.js')).updateSdkCommand(args, io);
  if (args.deploy !== undefined)
    return (await import('./init-deploy.js')).deployCommand(args.deploy, args, io);
  const choice = await choose(args, io, ask);
  if (!choice.ok) return printUserError(choice.error, io.stderr);
  if (choice.value.kind === 'cancelled') {
    io.stderr.write('Nothing was written.\n');
    return CANCELLED;
  }
  const { force, dryRun } = args;
  const facts = { cwd: io.cwd, force, dryRun, croupierVersion: readPackageInfo().version };
  const written = await writeChoice(choice.value, facts);
  if (!written.ok) return printUserError(written.error, io.stderr);
  io.stdout.write(
    dryRun ? describePlanned(choice.value, written.value) : describeWritten(choice.value, written.value, io),
  );
  return 0;
}

async function choose(
  args: InitArguments,
  io: CliIo,
  ask: (io: CliIo) => Promise<Prompts>,
): Promise<Result<InitChoice, UserError>> {
  if (args.yes || !canAsk(io)) return chooseFromFlags(args, io);
  return chooseByPrompts(args, io, await ask(io));
}
