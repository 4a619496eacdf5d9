import { moveModule } from './sdk-language.js';
import { digest, type SdkManifest } from './sdk-manifest.js';

/** What becomes of one file of the SDK. Paths are below the SDK's folder. */
export type SdkChange =
  /** New, or missing. */
  | { readonly kind: 'added'; readonly path: string; readonly content: string }
  | { readonly kind: 'updated'; readonly path: string; readonly content: string }
  /** The user had changed it, and wants the new one in its place. */
  | { readonly kind: 'overwritten'; readonly path: string; readonly content: string }
  /** The SDK has it no longer. */
  | { readonly kind: 'removed'; readonly path: string }
  /** The user has changed it, and so does the new version: that is written beside it. */
  | { readonly kind: 'offered'; readonly path: string; readonly content: string }
  /** It was offered by an earlier update, and still lies there. */
  | { readonly kind: 'pending'; readonly path: string }
  /** The SDK has it no longer, and the user has changed it: it stays. */
  | { readonly kind: 'left'; readonly path: string }
  /** The user has changed it, and the new version has not: it stays. */
  | { readonly kind: 'kept'; readonly path: string };

/** What follows the name of a file that is offered. */
export const OFFERED = '.new';

export interface SdkState {
  /** What the new version has: content by path. */
  readonly source: ReadonlyMap<string, string>;
  /** null: it is not known what was written once, so that whatever differs counts as changed by the user. */
  readonly manifest: SdkManifest | null;
  /** What is there now, for all paths of the source and the manifest, and those with OFFERED. */
  readonly present: ReadonlyMap<string, string>;
  /** The Go module that the project is now; null in other languages. */
  readonly module: string | null;
  /** Files that the user has changed are overwritten. */
  readonly force: boolean;
}

/** Decides about every file; what stays as it is, and should, is not in the list. Sorted by path. */
export function planSdkUpdate(state: SdkState): readonly SdkChange[] {
  const { source, manifest } = state;
  const paths = new Set([...source.keys(), ...Object.keys(manifest?.files ?? {})]);
  return [...paths].sort().flatMap((path) => {
    const content = source.get(path);
    const change = content === undefined ? planGone(path, state) : planFile(path, content, state);
    return change === null ? [] : [change];
  });
}

/** Whether the user has something to decide. */
export function needsDecision({ kind }: SdkChange): boolean {
  return kind === 'offered' || kind === 'pending' || kind === 'left';
}

function planFile(path: string, content: string, state: SdkState): SdkChange | null {
  const { present, force } = state;
  const there = present.get(path);
  if (there === undefined) return { kind: 'added', path, content };
  if (digest(there) === digest(content)) return null;
  if (isUntouched(path, there, state)) return { kind: 'updated', path, content };
  if (force) return { kind: 'overwritten', path, content };
  if (!isNews(path, content, state)) {
    return { kind: present.has(path + OFFERED) ? 'pending' : 'kept', path };
  }
  return { kind: 'offered', path, content };
}

function planGone(path: string, state: SdkState): SdkChange | null {
  const there = state.present.get(path);
  if (there === undefined) return null;
  return state.force || isUntouched(path, there, state) ? { kind: 'removed', path } : { kind: 'left', path };
}

/** As it was written, but for a new name of the project's module. */
function isUntouched(path: string, there: string, { manifest, module }: SdkState): boolean {
  const written = manifest?.files[path];
  if (written === undefined) return false;
  return digest(there) === written || digest(asWritten(there, manifest, module)) === written;
}

/** Whether the new version differs from the one that the user's changes began with. */
function isNews(path: string, content: string, { manifest, module }: SdkState): boolean {
  const written = manifest?.files[path];
  return written !== digest(content) && written !== digest(asWritten(content, manifest, module));
}

function asWritten(content: string, manifest: SdkManifest | null, module: string | null): string {
  return manifest?.module == null || module === null ? content : moveModule(content, module, manifest.module);
}
