import { basename, join, relative, resolve } from 'node:path';
import { displayWords } from '../config/command.js';
import { displayPath } from '../config/load.js';
import { assertNever } from '../core/failure.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { nearestName } from '../gateway/nearest.js';
import { checkProjectName, TEMPLATE_PROJECT_NAME, toProjectName } from '../scaffold/project-name.js';
import { lookAtFolder, projectEntries, type TargetFolder } from '../scaffold/target-folder.js';
import { findTemplate, TEMPLATES, type Template } from '../scaffold/templates.js';
import type { InitArguments } from './init-arguments.js';
import type { InitChoice } from './init-choice.js';
import type { CliIo } from './io.js';

/** Makes the choice from the arguments alone: a template that was named, else what is detected. */
export async function chooseFromFlags(
  args: InitArguments,
  io: Pick<CliIo, 'cwd' | 'env'>,
): Promise<Result<InitChoice, UserError>> {
  const folder = resolve(io.cwd, args.dir ?? '.');
  const name = readName(args.name, folder);
  if (!name.ok) return name;
  if (args.template !== undefined) {
    const template = readTemplateName(args.template);
    return template.ok
      ? ok({ kind: 'project', folder, template: template.value, name: name.value })
      : template;
  }
  const target = await lookAtFolder(folder);
  const problem = whyNoProject(target, folder, io.cwd);
  return problem === null ? chooseDetected(folder, io) : err(problem);
}

/** The name that was given, or one made of the folder's. */
function readName(given: string | undefined, folder: string): Result<string, UserError> {
  if (given === undefined) return ok(toProjectName(basename(folder)));
  const complaint = checkProjectName(given);
  if (complaint === null) return ok(given);
  return err({ exitCode: 2, message: `"${given}" cannot be the name of a project`, wayOut: complaint });
}

/** An unknown template is answered with the one that was most likely meant, and all there are. */
export function readTemplateName(name: string): Result<Template, UserError> {
  const template = findTemplate(name);
  if (template !== null) return ok(template);
  const names = TEMPLATES.map((one) => one.name);
  const nearest = nearestName(name, names);
  return err({
    exitCode: 2,
    message: `there is no template "${name}"${nearest === null ? '' : `: did you mean ${nearest}?`}`,
    wayOut: `The templates are ${names.join(', ')}; croupier init --list tells about them.`,
  });
}

/** What detection would take, as `croupier dev` would run it. */
async function chooseDetected(
  folder: string,
  { cwd, env }: Pick<CliIo, 'cwd' | 'env'>,
): Promise<Result<InitChoice, UserError>> {
  // Every language that can be detected is loaded for this.
  const { detectCommand } = await import('../config/detect-command.js');
  const chosen = await detectCommand({ folder, configFile: null, searchPath: env.PATH });
  if (!chosen.ok) {
    const { wayOut = '', ...error } = chosen.error;
    return err({ ...error, wayOut: `${wayOut}\n${newProject(join(folder, TEMPLATE_PROJECT_NAME), cwd)}` });
  }
  const { candidate, notes } = chosen.value;
  if (candidate === null) throw new Error('a command that nobody configured did not come from detection');
  return ok({ kind: 'configuration', folder, run: candidate, notes });
}

/** Why there is no project to detect; null: there may be one. */
function whyNoProject(target: TargetFolder, folder: string, cwd: string): UserError | null {
  const shown = displayPath(cwd, folder);
  switch (target.state) {
    case 'folder':
      return projectEntries(target.entries).length > 0
        ? null
        : {
            exitCode: 2,
            message: `${shown} is empty: there is no project to detect`,
            wayOut: newProject(folder, cwd),
          };
    case 'missing':
      return { exitCode: 2, message: `there is no folder ${shown}`, wayOut: newProject(folder, cwd) };
    case 'not-a-folder':
      return { exitCode: 2, message: `${shown} is not a folder`, wayOut: 'Name a folder.' };
    case 'unreadable':
      return {
        exitCode: 3,
        message: `${shown} cannot be read: ${target.message}`,
        wayOut: 'Name another folder.',
      };
    default:
      return assertNever(target);
  }
}

function newProject(folder: string, cwd: string): string {
  const names = TEMPLATES.map(({ name }) => name).join(', ');
  const words = [
    'croupier',
    'init',
    ...(folder === cwd ? [] : [relative(cwd, folder)]),
    '--template',
    'node',
  ];
  return `To start a new project, name a template: ${displayWords(words)} (there are ${names}).`;
}
