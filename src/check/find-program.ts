import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** The file that a command's first word starts: a path from `folder`, else the first of that name in PATH; null: there is none. */
export function findProgram(word: string, folder: string, searchPath: string | undefined): string | null {
  if (isPath(word)) return firstProgram(resolve(folder, word));
  const folders = (searchPath ?? '').split(delimiter).filter((one) => one !== '');
  for (const one of folders) {
    const found = firstProgram(isAbsolute(one) ? join(one, word) : resolve(folder, one, word));
    if (found !== null) return found;
  }
  return null;
}

/** Names a file itself, so that PATH is not searched. */
export function isPath(word: string): boolean {
  return word.includes('/') || (process.platform === 'win32' && word.includes('\\'));
}

function firstProgram(path: string): string | null {
  // Windows knows programs by their extension, Unix by permission.
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat', '.com'] : [''];
  return endings.map((ending) => path + ending).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
