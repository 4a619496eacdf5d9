import { createHash } from 'node:crypto';
import { SDK_FOLDER, SDK_LANGUAGES, type SdkLanguage } from './sdk-language.js';
import type { ScaffoldFile } from './types.js';

/** Beside the files that it tells about. */
export const SDK_MANIFEST = '.sdk.json';

/** What was put into a project: by it an update knows which files the user has changed since. */
export interface SdkManifest {
  readonly language: SdkLanguage;
  /** Of the `croupier-cli` that wrote the files. */
  readonly version: string;
  /** The Go module that the files were written for; null in other languages. */
  readonly module: string | null;
  /** Digests by path below the SDK's folder. */
  readonly files: Readonly<Record<string, string>>;
}

/** SHA-256 in hex. Git may change the ends of lines when it writes files, which is no change of the user's. */
export function digest(content: string): string {
  return createHash('sha256').update(content.replaceAll('\r\n', '\n')).digest('hex');
}

/** The manifest as a file of the project. */
export function manifestFile({ language, version, module, files }: SdkManifest): ScaffoldFile {
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  const content = { language, version, module, files: sorted };
  return { path: `${SDK_FOLDER}/${SDK_MANIFEST}`, content: `${JSON.stringify(content, null, 2)}\n` };
}

/** Reads a manifest; null: it is none that this version can use. */
export function parseManifest(text: string): SdkManifest | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || !isRecord(value.files)) return null;
  const language = SDK_LANGUAGES.find((one) => one === value.language);
  const { version, module } = value;
  if (language === undefined || typeof version !== 'string') return null;
  const files = Object.entries(value.files).filter((entry): entry is [string, string] => isDigest(entry));
  return {
    language,
    version,
    module: typeof module === 'string' ? module : null,
    files: Object.fromEntries(files),
  };
}

/** A path that leaves the folder is not ours to touch. */
function isDigest([path, hash]: readonly [string, unknown]): boolean {
  const isInside = !path.startsWith('/') && !path.includes('\\') && !path.split('/').includes('..');
  return isInside && typeof hash === 'string';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
