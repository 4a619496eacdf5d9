import { basename, dirname, join } from 'node:path';
import { displayPath, SEARCH_PLACES, searchFile } from '../config/load.js';
import { readPackageJson } from '../config/package-json.js';
import { assertNever } from '../core/failure.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { CONFIG_FILE, renderConfig, SCHEMA_PATH } from '../scaffold/config-text.js';
import { fillIn } from '../scaffold/fill-in.js';
import { type Collision, planWrites, type WritePlan } from '../scaffold/plan.js';
import { readTemplate } from '../scaffold/read-template.js';
import { describeSdk } from '../scaffold/sdk-source.js';
import { isKept, lookAtFolder, lookUp, projectEntries } from '../scaffold/target-folder.js';
import type { ScaffoldFile } from '../scaffold/types.js';
import { writeFiles } from '../scaffold/write-files.js';
import type { InitChoice } from './init-choice.js';

export interface WriteFacts {
  readonly cwd: string;
  readonly force: boolean;
  /** Finds out what would be written, and writes nothing. */
  readonly dryRun: boolean;
  readonly croupierVersion: string;
}

/** What was done. */
export interface Written {
  readonly paths: readonly string[];
  /** Files that were there already and stayed as they are. */
  readonly kept: readonly string[];
  /** Sentences for people. */
  readonly notes: readonly string[];
}

type Choice = Exclude<InitChoice, { kind: 'cancelled' }>;

/** Entries of a folder that are named in a message. */
const SHOWN_ENTRIES = 10;

/** Writes what was chosen: everything, or nothing where something is in the way. */
export async function writeChoice(choice: Choice, facts: WriteFacts): Promise<Result<Written, UserError>> {
  const prepared = await (choice.kind === 'project'
    ? prepareProject(choice, facts)
    : prepareConfiguration(choice, facts));
  if (!prepared.ok) return prepared;
  return writePrepared(choice.folder, prepared.value, facts);
}

/** Writes what was planned: everything, or nothing where something is in the way. */
export async function writePrepared(
  folder: string,
  { plan, notes }: Prepared,
  facts: Pick<WriteFacts, 'cwd' | 'dryRun'>,
): Promise<Result<Written, UserError>> {
  if (plan.collisions.length > 0) return err(inTheWay(plan.collisions, displayPath(facts.cwd, folder)));
  const written = facts.dryRun ? ok(undefined) : await writeFiles(folder, plan.writes);
  if (written.ok) return ok({ paths: plan.writes.map(({ file }) => file.path), kept: plan.kept, notes });
  const { message, code } = written.error;
  return err({
    exitCode: 3,
    message: `${displayPath(facts.cwd, folder)} could not be written: ${message}`,
    wayOut: `Nothing was left behind.${code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? ' Name a folder that you may write to.' : ''}`,
  });
}

export interface Prepared {
  readonly plan: WritePlan;
  readonly notes: readonly string[];
}

async function prepareProject(
  { folder, template, name }: Extract<Choice, { kind: 'project' }>,
  { cwd, force, croupierVersion }: WriteFacts,
): Promise<Result<Prepared, UserError>> {
  const target = await lookAtFolder(folder);
  const shown = displayPath(cwd, folder);
  if (target.state === 'not-a-folder') {
    return err({
      exitCode: 2,
      message: `${shown} is not a folder`,
      wayOut: 'Name a folder, or one that is not there yet.',
    });
  }
  if (target.state === 'unreadable') {
    return err({
      exitCode: 3,
      message: `${shown} cannot be read: ${target.message}`,
      wayOut: 'Name another folder.',
    });
  }
  const entries = target.state === 'folder' ? projectEntries(target.entries) : [];
  if (entries.length > 0 && !force) return err(notEmpty(shown, entries));
  const filled = fillIn(await readTemplate(template.name), { name, croupierVersion });
  const files = [...filled, ...describeSdk(template.name, filled, croupierVersion)];
  const plan = planWrites(files, await lookUp(folder, files), { force, isKept });
  return ok({ plan, notes: ignoredLines(files, plan.kept) });
}

async function prepareConfiguration(
  { folder, run, notes }: Extract<Choice, { kind: 'configuration' }>,
  { cwd, force }: WriteFacts,
): Promise<Result<Prepared, UserError>> {
  const other = await findOtherConfiguration(folder);
  if (other !== null && !force) {
    return err({
      exitCode: 2,
      message: `${displayPath(cwd, join(folder, other))} holds a configuration already`,
      wayOut: `Change that, or write ${CONFIG_FILE}, which would be read in its place, with --force.`,
    });
  }
  const schema: ScaffoldFile = { path: SCHEMA_PATH, content: '' };
  const hasSchema = (await lookUp(folder, [schema])).get(SCHEMA_PATH) === 'file';
  const service = await serviceName(folder);
  const files = [{ path: CONFIG_FILE, content: renderConfig({ service, run, hasSchema }) }];
  const plan = planWrites(files, await lookUp(folder, files), { force, isKept: () => false });
  const replaced = other === null ? [] : [`${CONFIG_FILE} is read in the place of ${other} from now on.`];
  return ok({ plan, notes: [...notes, ...replaced] });
}

/** Another file of the folder that holds a configuration; null: there is none. */
async function findOtherConfiguration(folder: string): Promise<string | null> {
  const target = await lookAtFolder(folder);
  const entries = target.state === 'folder' ? target.entries : [];
  const places = SEARCH_PLACES.filter((place) => place !== CONFIG_FILE && place !== 'package.json');
  const named = places.find((place) => entries.includes(place));
  if (named !== undefined) return named;
  if (entries.includes(CONFIG_FILE) || !entries.includes('package.json')) return null;
  const found = await searchFile(folder);
  if (!found.ok || found.value === null) return null;
  return dirname(found.value.file) === folder ? basename(found.value.file) : null;
}

/** What the service is called without a configuration. */
async function serviceName(folder: string): Promise<string> {
  const manifest = await readPackageJson(folder);
  const name = manifest === null || manifest === 'broken' ? null : manifest.name;
  return name?.replace(/^@[^/]*\//, '') ?? basename(folder);
}

/** A .gitignore that was there lacks what the template's would leave out. */
function ignoredLines(files: readonly ScaffoldFile[], kept: readonly string[]): readonly string[] {
  if (!kept.includes('.gitignore')) return [];
  const lines =
    files
      .find(({ path }) => path === '.gitignore')
      ?.content.trim()
      .split('\n') ?? [];
  return [`Your .gitignore should have ${lines.join(', ')}.`];
}

function notEmpty(shown: string, entries: readonly string[]): UserError {
  const more = entries.length > SHOWN_ENTRIES ? `, and ${entries.length - SHOWN_ENTRIES} more` : '';
  return {
    exitCode: 2,
    message: `${shown} is not empty: it has ${entries.slice(0, SHOWN_ENTRIES).join(', ')}${more}`,
    wayOut: 'Name a new folder, or write into this one with --force, which replaces files of the same name.',
  };
}

function inTheWay(collisions: readonly Collision[], shown: string): UserError {
  const lines = collisions.map(describeCollision);
  const canForce = collisions.every(({ obstacle }) => obstacle === 'file');
  return {
    exitCode: 2,
    message: [`nothing was written to ${shown}:`, ...lines].join('\n'),
    wayOut: canForce
      ? `--force replaces ${collisions.length === 1 ? 'it' : 'them'}.`
      : 'Move them away, or name another folder.',
  };
}

function describeCollision({ path, obstacle }: Collision): string {
  switch (obstacle) {
    case 'file':
      return `${path} is already there`;
    case 'folder':
      return `${path} is a folder, and a file of that name is to be written`;
    case 'not-a-folder':
      return `${path} is a file, and a folder of that name is needed`;
    default:
      return assertNever(obstacle);
  }
}
