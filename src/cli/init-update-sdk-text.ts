import { join } from 'node:path';
import { displayPath } from '../config/load.js';
import { assertNever } from '../core/failure.js';
import { nameOf, SDK_FOLDER, type SdkLanguage } from '../scaffold/sdk-language.js';
import type { SdkUpdate } from '../scaffold/update-sdk.js';
import { needsDecision, OFFERED, type SdkChange } from '../scaffold/update-sdk-plan.js';

/** What was done with a copy of an SDK, or would be, file by file. */
export function describeUpdate(
  { copy: { project, language }, from, to, changes }: SdkUpdate,
  { cwd, dryRun }: { readonly cwd: string; readonly dryRun: boolean },
): string {
  const folder = displayPath(cwd, join(project, SDK_FOLDER));
  const versions = from === to ? to : `${from ?? 'unknown version'} -> ${to}`;
  const heading = `${folder}: ${nameOf(language)} ${versions}`;
  if (changes.length === 0) return `${heading}, nothing to change.\n`;
  const lines = [
    heading,
    ...changes.map((change) => `  ${WORDS[change.kind].padEnd(WORD_WIDTH)}  ${describeFile(change)}`),
    ...(changes.some(needsDecision) ? mergeAdvice(folder) : []),
    ...(dryRun
      ? ['Nothing was written (--dry-run).']
      : changes.some(isWritten)
        ? [`If its build misses something now: ${DEPENDENCIES[language]}`]
        : []),
  ];
  return `${lines.join('\n')}\n`;
}

const WORDS: Readonly<Record<SdkChange['kind'], string>> = {
  added: 'added',
  updated: 'updated',
  overwritten: 'overwritten',
  removed: 'removed',
  offered: 'yours',
  pending: 'yours',
  left: 'yours',
  kept: 'yours',
};

const WORD_WIDTH = Math.max(...Object.values(WORDS).map(({ length }) => length));

/** What brings in the packages that a new version of the SDK needs. */
const DEPENDENCIES: Readonly<Record<SdkLanguage, string>> = {
  go: 'go mod tidy',
  python: 'pip install -r requirements.txt',
};

function describeFile(change: SdkChange): string {
  const { path } = change;
  switch (change.kind) {
    case 'added':
    case 'updated':
    case 'removed':
      return path;
    case 'overwritten':
      return `${path} (you had changed it)`;
    case 'offered':
      return `${path}: you have changed it; the new one is ${path}${OFFERED}`;
    case 'pending':
      return `${path}: ${path}${OFFERED} of an earlier update is still there`;
    case 'left':
      return `${path}: the SDK has it no longer, but you have changed it`;
    case 'kept':
      return `${path}: you have changed it, and it is as before in this version`;
    default:
      return assertNever(change);
  }
}

function mergeAdvice(folder: string): readonly string[] {
  return [
    `Merge what is new, then delete the files *${OFFERED} in ${folder};`,
    'or take all as they are in this version: croupier init --update-sdk --force',
  ];
}

function isWritten({ kind }: SdkChange): boolean {
  return kind === 'added' || kind === 'updated' || kind === 'overwritten';
}
