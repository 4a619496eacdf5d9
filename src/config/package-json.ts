import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from './record.js';

/** What a package.json says about running the project. */
export interface PackageJson {
  readonly name: string | null;
  readonly main: string | null;
  readonly scripts: Readonly<Record<string, string>>;
}

/** Reads a folder's package.json; null where there is none, `broken` where it is not a JSON object. */
export async function readPackageJson(folder: string): Promise<PackageJson | 'broken' | null> {
  let text: string;
  try {
    text = await readFile(join(folder, 'package.json'), 'utf8');
  } catch {
    return null;
  }
  const value = parse(text.replace(/^\uFEFF/, ''));
  if (!isRecord(value)) return 'broken';
  const scripts = isRecord(value.scripts) ? value.scripts : {};
  return {
    name: typeof value.name === 'string' && value.name !== '' ? value.name : null,
    main: typeof value.main === 'string' && value.main !== '' ? value.main : null,
    scripts: Object.fromEntries(
      Object.entries(scripts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
