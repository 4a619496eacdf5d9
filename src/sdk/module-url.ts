import { fileURLToPath } from 'node:url';

/** The query parameter by which the loader takes a file for another module than before. */
const PARAMETER = 'croupier';

/** The part of a URL or path that only tells versions apart; tsx makes it a part of the file's name in some cases. */
const QUERY = /(?:[?#]|%3[Ff]).*$/;

/** The file of a module, without its version; null for what is no file. */
export function modulePath(url: string): string | null {
  return url.startsWith('file:') ? fileURLToPath(url.replace(QUERY, '')) : null;
}

/** As modulePath; null for the files of packages, too: those are never loaded again. */
export function ownModulePath(url: string): string | null {
  const path = modulePath(url);
  return path === null || isPackaged(path) ? null : path;
}

export function isPackaged(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path);
}

/** The URL of the same file in another version. */
export function withVersion(url: string, version: number): string {
  const versioned = new URL(url);
  versioned.searchParams.set(PARAMETER, String(version));
  return versioned.href;
}

/** A text for people: without versions. */
export function withoutVersions(text: string): string {
  return text.replaceAll(new RegExp(`(?:\\?|%3[Ff])${PARAMETER}=\\d+`, 'g'), '');
}
