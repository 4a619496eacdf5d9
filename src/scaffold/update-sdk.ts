import { readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import { isOlder, parseVersion } from '../core/version.js';
import type { SdkCopy } from './sdk-copies.js';
import { SDK_FOLDER } from './sdk-language.js';
import { digest, manifestFile, type SdkManifest } from './sdk-manifest.js';
import { readSdkSource } from './sdk-source.js';
import { OFFERED, planSdkUpdate, type SdkChange } from './update-sdk-plan.js';
import { type WriteFailure, writeFiles } from './write-files.js';

export interface UpdateOptions {
  /** Of the running `croupier-cli`. */
  readonly version: string;
  /** Overwrites what the user has changed, and goes back to an older version. */
  readonly force: boolean;
  /** Only finds out what would be done. */
  readonly dryRun: boolean;
  /** Folder of the templates that the SDKs are in; absent: the package's own. */
  readonly templates?: string;
}

/** What was done with a copy, or would be. */
export interface SdkUpdate {
  readonly copy: SdkCopy;
  /** The version that was there; null: not known. */
  readonly from: string | null;
  readonly to: string;
  readonly changes: readonly SdkChange[];
}

export type UpdateFailure =
  /** The copy is of a later version than this program. */
  | { readonly reason: 'newer'; readonly version: string }
  /** Nothing was changed. */
  | ({ readonly reason: 'not-written' } & WriteFailure);

/** Brings a copy of the SDK to this version. All files are written, or none. */
export async function updateSdk(
  copy: SdkCopy,
  { version, force, dryRun, templates }: UpdateOptions,
): Promise<Result<SdkUpdate, UpdateFailure>> {
  const { project, language, module, manifest } = copy;
  if (manifest !== null && !force && isOlder(parse(version), parse(manifest.version))) {
    return err({ reason: 'newer', version: manifest.version });
  }
  const source = await readSdkSource(language, module, templates);
  const present = await readPresent(join(project, SDK_FOLDER), source, manifest);
  const changes = planSdkUpdate({ source, manifest, present, module, force });
  const update: SdkUpdate = { copy, from: manifest?.version ?? null, to: version, changes };
  if (dryRun) return ok(update);
  const files = Object.fromEntries([...source].map(([path, content]) => [path, digest(content)]));
  const written = await write(update, { language, version, module, files }, present);
  return written.ok ? ok(update) : err({ reason: 'not-written', ...written.error });
}

async function readPresent(
  folder: string,
  source: ReadonlyMap<string, string>,
  manifest: SdkManifest | null,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Set([...source.keys(), ...Object.keys(manifest?.files ?? {})]);
  const present = new Map<string, string>();
  for (const path of [...paths].flatMap((one) => [one, one + OFFERED])) {
    const content = await readFile(join(folder, path), 'utf8').catch(() => null);
    if (content !== null) present.set(path, content);
  }
  return present;
}

async function write(
  { copy: { project }, changes }: SdkUpdate,
  manifest: SdkManifest,
  present: ReadonlyMap<string, string>,
): Promise<Result<void, WriteFailure>> {
  const put = (path: string, content: string) => ({
    file: { path: `${SDK_FOLDER}/${path}`, content },
    replaces: present.has(path),
  });
  const writes = changes.flatMap((change) => {
    switch (change.kind) {
      case 'added':
      case 'updated':
      case 'overwritten':
        return [put(change.path, change.content)];
      case 'offered':
        return [put(change.path + OFFERED, change.content)];
      default:
        return [];
    }
  });
  const { path, content } = manifestFile(manifest);
  const there = await readFile(join(project, path), 'utf8').catch(() => null);
  if (there !== content) writes.push({ file: { path, content }, replaces: there !== null });
  const written = writes.length === 0 ? ok(undefined) : await writeFiles(project, writes);
  if (!written.ok) return written;
  await removeFiles(join(project, SDK_FOLDER), obsolete(changes, manifest, present));
  return written;
}

/** What the SDK has no longer, and what was offered and is not needed any more. */
function obsolete(
  changes: readonly SdkChange[],
  manifest: SdkManifest,
  present: ReadonlyMap<string, string>,
): readonly string[] {
  const undecided = new Set(changes.filter(({ kind }) => kind !== 'overwritten').map(({ path }) => path));
  const offered = Object.entries(manifest.files).flatMap(([path, written]) => {
    const offer = present.get(path + OFFERED);
    return offer !== undefined && digest(offer) === written && !undecided.has(path) ? [path + OFFERED] : [];
  });
  return [...changes.filter(({ kind }) => kind === 'removed').map(({ path }) => path), ...offered];
}

/** What cannot be removed stays: it does no harm. Folders that are empty then go as well. */
async function removeFiles(folder: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await rm(join(folder, path), { force: true }).catch(() => undefined);
    for (let at = dirname(path); at !== '.'; at = dirname(at)) {
      if (!(await isRemoved(join(folder, at)))) break;
    }
  }
}

async function isRemoved(folder: string): Promise<boolean> {
  return rmdir(folder).then(
    () => true,
    () => false,
  );
}

function parse(version: string): readonly number[] {
  return parseVersion(version) ?? [];
}
