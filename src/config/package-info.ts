import { readFileSync } from 'node:fs';

/** From the package's own `package.json`, which lies two folders above this file in `src` as in `dist`. */
export interface PackageInfo {
  readonly version: string;
  /** Where to report a bug; null: the package does not say. */
  readonly bugs: string | null;
}

export function readPackageInfo(): PackageInfo {
  const content: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return {
    version: textAt(content, 'version') ?? 'unknown',
    bugs: textAt(valueAt(content, 'bugs'), 'url') ?? textAt(content, 'bugs'),
  };
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}

function textAt(value: unknown, key: string): string | null {
  const found = valueAt(value, key);
  return typeof found === 'string' ? found : null;
}
