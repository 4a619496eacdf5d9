import { listNames } from './detect/candidate.js';
import type { Candidate } from './detect/language.js';
import { LANGUAGES } from './detect/languages.js';

/** What detection found, as far as people are told. */
export interface DetectedChoice {
  readonly chosen: Candidate;
  /** All candidates, best first. */
  readonly candidates: readonly Candidate[];
  /** Programs that the chosen one needs and that are not in PATH. */
  readonly missingTools: readonly string[];
}

/** What detection chose, why, and how to change it: a note each. */
export function describeDetected({ chosen, candidates, missingTools }: DetectedChoice): readonly string[] {
  const notes = [
    `${describeSteps(chosen)} To change that, set "command" in croupier.config.json or start with: croupier dev -- <command>`,
  ];
  if (chosen.explanation !== null) notes.push(chosen.explanation);
  if (missingTools.length > 0) notes.push(describeMissing(chosen, missingTools));
  for (const other of bestOfOthers(chosen, candidates)) notes.push(describeOther(chosen, other));
  return notes;
}

function describeSteps({ command, build, source }: Candidate): string {
  if (build === null) return `Runs \`${command.display}\` (${source}).`;
  return build.checkOnly
    ? `Runs \`${command.display}\` (${source}), checked by \`${build.command.display}\`.`
    : `Builds by \`${build.command.display}\` and runs \`${command.display}\` (${source}).`;
}

function describeMissing({ language }: Candidate, missing: readonly string[]): string {
  const verb = missing.length === 1 ? 'is' : 'are';
  return `${listNames(missing)} ${verb} not in PATH: this project of ${language} cannot start without ${missing.length === 1 ? 'it' : 'them'}.`;
}

/** The best candidate of each other language. */
function bestOfOthers(chosen: Candidate, candidates: readonly Candidate[]): readonly Candidate[] {
  const best = new Map<string, Candidate>();
  for (const candidate of candidates) {
    if (candidate.language !== chosen.language && !best.has(candidate.language)) {
      best.set(candidate.language, candidate);
    }
  }
  return [...best.values()];
}

function describeOther(chosen: Candidate, other: Candidate): string {
  const reason =
    chosen.strength !== other.strength
      ? `${other.source} is only found by its name`
      : LANGUAGES.find(({ name }) => name === other.language)?.besideOthers;
  const choice = `Found ${chosen.marker} and ${other.marker}: chose ${chosen.language}, because ${reason}.`;
  return `${choice} To run the other: ${howToRun(other)}`;
}

/** One command line where there is one, else the keys of the configuration. */
function howToRun({ command, build, byHand }: Candidate): string {
  if (build === null || build.checkOnly) return `croupier dev -- ${command.display}`;
  if (byHand !== null) return `croupier dev -- ${byHand.display}`;
  const shell = build.command.shell ? ', "shell": true' : '';
  return `set "command": ${JSON.stringify(command.display)} and "build": { "command": ${JSON.stringify(build.command.display)}${shell} } in croupier.config.json`;
}
