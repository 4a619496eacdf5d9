import { basename, join, resolve } from 'node:path';
import { parseCommand } from '../config/command.js';
import { ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { checkProjectName, TEMPLATE_PROJECT_NAME, toProjectName } from '../scaffold/project-name.js';
import { lookAtFolder, projectEntries } from '../scaffold/target-folder.js';
import { TEMPLATES, type Template } from '../scaffold/templates.js';
import type { DetectedRun } from '../scaffold/types.js';
import type { InitArguments } from './init-arguments.js';
import type { InitChoice } from './init-choice.js';
import { chooseFromFlags, readTemplateName } from './init-from-flags.js';
import type { CliIo } from './io.js';
import type { Prompts } from './prompts.js';

/** Ways to run a project that are offered. */
const SHOWN_CANDIDATES = 5;

const CANCELLED: InitChoice = { kind: 'cancelled' };

/** Asks what the arguments leave open. */
export async function chooseByPrompts(
  args: InitArguments,
  io: Pick<CliIo, 'cwd' | 'env'>,
  prompts: Prompts,
): Promise<Result<InitChoice, UserError>> {
  const folder = resolve(io.cwd, args.dir ?? '.');
  const target = await lookAtFolder(folder);
  const hasFiles = target.state === 'folder' && projectEntries(target.entries).length > 0;
  if (args.template !== undefined) {
    const template = readTemplateName(args.template);
    if (!template.ok) return template;
    // A folder or a name is answer enough; an empty folder is one, too.
    if (args.dir !== undefined || args.name !== undefined || !hasFiles) return chooseFromFlags(args, io);
    return ok(await nameProject(args, folder, hasFiles, template.value, prompts));
  }
  if (target.state === 'not-a-folder' || target.state === 'unreadable') return chooseFromFlags(args, io);
  if (!hasFiles) return ok(await newProject(args, folder, hasFiles, prompts));
  return ok(await forExistingFiles(args, folder, io.env, prompts));
}

async function forExistingFiles(
  args: InitArguments,
  folder: string,
  env: NodeJS.ProcessEnv,
  prompts: Prompts,
): Promise<InitChoice> {
  const { detect } = await import('../config/detect/detect.js');
  const { candidates } = await detect(folder, env.PATH);
  const labels = candidates.map(labelOf);
  // The same command can be found in several places.
  const shown = candidates
    .filter((candidate, index) => labels.indexOf(labelOf(candidate)) === index)
    .slice(0, SHOWN_CANDIDATES);
  const answer = await prompts.select(
    shown.length > 0
      ? `${basename(folder)} holds a project. What is croupier dev to run?`
      : `What to do in ${basename(folder)}? Nothing was found in it that could be run.`,
    [
      ...shown.map((candidate, index) => ({
        value: String(index),
        label: labelOf(candidate),
        hint: `found in ${candidate.source}`,
      })),
      {
        value: 'command',
        label: shown.length > 0 ? 'Another command' : 'Write a configuration for a command',
      },
      { value: 'project', label: 'Nothing of this: start a new project from a template' },
    ],
  );
  if (answer === null) return CANCELLED;
  if (answer === 'project') return newProject(args, folder, true, prompts);
  if (answer === 'command') return askForCommand(folder, prompts);
  const chosen = shown[Number(answer)];
  if (chosen === undefined) return CANCELLED;
  const notes = chosen.explanation === null ? [] : [chosen.explanation];
  return { kind: 'configuration', folder, run: chosen, notes };
}

/** What is built and run; a mere check is not worth the words. */
function labelOf({ command, build }: DetectedRun): string {
  return build === null || build.checkOnly ? command.display : `${build.command.display}; ${command.display}`;
}

async function askForCommand(folder: string, prompts: Prompts): Promise<InitChoice> {
  const answer = await prompts.text('The command that starts it', {
    initial: '',
    check: (value) => {
      const command = parseCommand(value, false);
      return command.ok ? null : command.error;
    },
  });
  const command = answer === null ? null : parseCommand(answer, false);
  if (command === null || !command.ok) return CANCELLED;
  const run: DetectedRun = {
    command: command.value,
    source: 'what you typed',
    build: null,
    extensions: [],
    ignore: [],
    ready: null,
    strategy: null,
  };
  return { kind: 'configuration', folder, run, notes: [] };
}

async function newProject(
  args: InitArguments,
  folder: string,
  hasFiles: boolean,
  prompts: Prompts,
): Promise<InitChoice> {
  const answer = await prompts.select(
    'Which template?',
    TEMPLATES.map(({ name, summary }) => ({ value: name, label: name, hint: summary })),
  );
  const template = TEMPLATES.find(({ name }) => name === answer);
  return template === undefined ? CANCELLED : nameProject(args, folder, hasFiles, template, prompts);
}

/** A folder that has files, and was not asked for, gets the project in a folder of its own. */
async function nameProject(
  args: InitArguments,
  folder: string,
  hasFiles: boolean,
  template: Template,
  prompts: Prompts,
): Promise<InitChoice> {
  const isInside = hasFiles && args.dir === undefined;
  const initial = args.name ?? (isInside ? TEMPLATE_PROJECT_NAME : toProjectName(basename(folder)));
  const question = isInside ? 'Name of the project, and of its new folder' : 'Name of the project';
  const name = await prompts.text(question, { initial, check: checkProjectName });
  if (name === null) return CANCELLED;
  return { kind: 'project', folder: isInside ? join(folder, name) : folder, template, name };
}
