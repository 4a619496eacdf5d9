import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseCommand } from '../../../../src/config/command.js';
import { detect, type ProjectDetection } from '../../../../src/config/detect/detect.js';
import type { Candidate } from '../../../../src/config/detect/language.js';
import type { CommandLine } from '../../../../src/config/types.js';
import { type Files, Project } from '../project.js';

export interface TreeOptions {
  /** Where detection looks, below the tree. */
  readonly cwd?: string;
  /** Programs in PATH; all of them where it is left out. */
  readonly tools?: readonly string[];
  /** Files of the tree that may be executed. */
  readonly executable?: readonly string[];
}

/** Detection in a folder with the given files. */
export async function detectIn(files: Files, options: TreeOptions = {}): Promise<ProjectDetection> {
  const project = await Project.create(files);
  for (const file of options.executable ?? []) await chmod(join(project.folder, file), 0o755);
  const folder = join(project.folder, options.cwd ?? '.');
  const detection = await detect(folder, await searchPathOf(options.tools));
  for (const candidate of detection.candidates) expectSound(candidate);
  return detection;
}

/** A PATH with programs of the given names and nothing else. */
export async function searchPathOf(tools: readonly string[] | undefined): Promise<string | undefined> {
  if (tools === undefined) return undefined;
  const { folder } = await Project.create(
    Object.fromEntries(tools.map((name) => [`bin/${name}`, '#!/bin/sh\n'])),
  );
  await mkdir(join(folder, 'bin'), { recursive: true });
  for (const name of tools) await chmod(join(folder, 'bin', name), 0o755);
  return join(folder, 'bin');
}

/** The best candidate; fails where there is none. */
export async function bestIn(files: Files, options: TreeOptions = {}): Promise<Candidate> {
  const { candidates, rejected } = await detectIn(files, options);
  const [best] = candidates;
  if (best === undefined) throw new Error(`nothing was found: ${rejected.join(' ')}`);
  return best;
}

export interface LanguageCase extends TreeOptions {
  readonly title: string;
  readonly files: Files;
  readonly command: string;
  /** A build whose output runs. */
  readonly build?: string;
  /** A build that only checks. */
  readonly check?: string;
  readonly source: string;
  /** Extensions that are watched. */
  readonly watches?: readonly string[];
  /** Extensions that are not watched. */
  readonly overlooks?: readonly string[];
  readonly ignores?: readonly string[];
  readonly strength?: Candidate['strength'];
  readonly byHand?: string;
  readonly ready?: Candidate['ready'];
  readonly strategy?: Candidate['strategy'];
  readonly needs?: readonly string[];
  readonly explains?: string;
}

/** One test for each case of a language. */
export function itDetects(language: string, cases: readonly LanguageCase[]): void {
  it.each(cases)('$title', async (one) => {
    const best = await bestIn(one.files, one);
    expect(best.language).toBe(language);
    expect(best.command.display).toBe(one.command);
    expect(best.source).toBe(one.source);
    expect(best.build?.command.display ?? null).toBe(one.build ?? one.check ?? null);
    if (best.build !== null) expect(best.build.checkOnly).toBe(one.check !== undefined);
    expect(best.strength).toBe(one.strength ?? 'certain');
    expect(best.ready).toEqual(one.ready ?? null);
    expect(best.strategy).toBe(one.strategy ?? null);
    if (one.needs !== undefined) expect(best.tools).toEqual(one.needs);
    if (one.byHand !== undefined) expect(best.byHand?.display).toBe(one.byHand);
    if (one.explains !== undefined) expect(best.explanation).toContain(one.explains);
    expect(best.extensions).toEqual(expect.arrayContaining([...(one.watches ?? [])]));
    for (const extension of one.overlooks ?? []) expect(best.extensions).not.toContain(extension);
    expect(best.ignore).toEqual(expect.arrayContaining([...(one.ignores ?? [])]));
  });
}

/** What is seen and not taken: no candidate of the language, and the reason in words. */
export function itRejects(
  language: string,
  cases: readonly (readonly [title: string, files: Files, reason: string])[],
): void {
  it.each(cases)('takes nothing: %s', async (_, files, reason) => {
    const { candidates, rejected } = await detectIn(files);
    expect(candidates.filter((candidate) => candidate.language === language)).toEqual([]);
    expect(rejected.join('\n')).toContain(reason);
  });
}

/** What holds for every candidate: it can be copied into a configuration, and what runs is what was built. */
function expectSound(candidate: Candidate): void {
  const { command, build, byHand, extensions } = candidate;
  for (const line of [command, build?.command, byHand])
    if (line !== undefined && line !== null) expectCopyable(line);
  for (const extension of extensions) expect(extension).toMatch(/^\.[\w+]+$/);
  const isArtifact = (line: CommandLine) => line.argv.some((word) => word.includes('{artifact}'));
  expect(build !== null && isArtifact(build.command)).toBe(isArtifact(command));
  expect(candidate.tools).not.toContain('');
  expect(candidate.explanation).not.toBe('');
  expect(candidate.marker).not.toBe('');
}

function expectCopyable({ argv, shell, display }: CommandLine): void {
  const parsed = parseCommand(display, shell);
  expect(parsed).toMatchObject({ ok: true, value: { argv, shell } });
}
