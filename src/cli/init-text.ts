import { basename, relative, sep } from 'node:path';
import { displayWords } from '../config/command.js';
import { drawTree } from '../scaffold/file-tree.js';
import { TEMPLATES } from '../scaffold/templates.js';
import type { InitChoice } from './init-choice.js';
import type { Written } from './init-write.js';
import type { CliIo } from './io.js';

/** `--list`. */
export function describeTemplates(): string {
  const width = Math.max(...TEMPLATES.map(({ name }) => name.length));
  const lines = TEMPLATES.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Templates:\n${lines.join('\n')}\n\nTo make a project of one: croupier init my-game --template ${TEMPLATES[0]?.name}\n`;
}

/** What would be written, with `--dry-run`. */
export function describePlanned(
  choice: Exclude<InitChoice, { kind: 'cancelled' }>,
  { paths, kept }: Written,
): string {
  const lines = [
    'Would write:',
    '',
    ...drawTree(basename(choice.folder), paths).map((line) => `  ${line}`),
    '',
    ...kept.map((path) => `${path} is there already, and would stay as it is.`),
    'Nothing was written (--dry-run).',
  ];
  return `${lines.join('\n')}\n`;
}

/** What was written, and what to do next. */
export function describeWritten(
  choice: Exclude<InitChoice, { kind: 'cancelled' }>,
  { paths, kept, notes }: Written,
  { cwd, env }: Pick<CliIo, 'cwd' | 'env'>,
): string {
  const what =
    choice.kind === 'project'
      ? `Made ${choice.name} of the template ${choice.template.name}:`
      : 'Wrote down how this project is run:';
  const lines = [
    what,
    '',
    ...drawTree(basename(choice.folder), paths).map((line) => `  ${line}`),
    '',
    ...kept.map((path) => `${path} was there already, and stayed as it is.`),
    ...notes,
    ...(kept.length + notes.length > 0 ? [''] : []),
    'Next:',
    ...nextCommands(choice, cwd, env).map((command) => `  ${command}`),
  ];
  return `${lines.join('\n')}\n`;
}

function nextCommands(
  choice: Exclude<InitChoice, { kind: 'cancelled' }>,
  cwd: string,
  env: NodeJS.ProcessEnv,
): readonly string[] {
  const dev = env.npm_command === 'exec' ? 'npx croupier-cli dev' : 'croupier dev';
  const into = choice.folder === cwd ? [] : [`cd ${displayWords([shorter(cwd, choice.folder)])}`];
  if (choice.kind === 'configuration') return [...into, dev];
  const { setUp, dev: own, test } = choice.template;
  return [...into, ...setUp, own ?? dev, test];
}

/** A path as somebody would type it from here. */
function shorter(cwd: string, folder: string): string {
  const path = relative(cwd, folder);
  return path.startsWith(`..${sep}..`) ? folder : path;
}
