import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from './record.js';

/** What a package.json says about running the project. */
export interface PackageJson {
  readonly name: string | null;
  readonly main: string | null;
  readonly scripts: Readonly<Record<string, string>>;
  /** `pnpm@9.1.0`. */
  readonly packageManager: string | null;
  /** There are dependencies that have to be installed to run it. */
  readonly hasDependencies: boolean;
}

/** Reads a folder's package.json; null where there is none, `broken` where it is not a JSON object. */
export async function readPackageJson(folder: string): Promise<PackageJson | 'broken' | null> {
  try {
    return parsePackageJson(await readFile(join(folder, 'package.json'), 'utf8'));
  } catch {
    return null;
  }
}

export function parsePackageJson(text: string): PackageJson | 'broken' {
  const value = parseJsonObject(text);
  if (value === null) return 'broken';
  const scripts = isRecord(value.scripts) ? value.scripts : {};
  return {
    name: textOf(value.name),
    main: textOf(value.main),
    scripts: Object.fromEntries(
      Object.entries(scripts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
    packageManager: textOf(value.packageManager),
    hasDependencies: isRecord(value.dependencies) && Object.keys(value.dependencies).length > 0,
  };
}

/** The object in a JSON text; null where there is none. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
