import { statSync } from 'node:fs';
import { isAbsolute, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withoutSequences } from '../observe/printable.js';
import type { FilePosition } from './step.js';

/** How compilers and runtimes name a place: Go, C, Rust, Node; TypeScript and .NET; Python. */
const FORMS: readonly RegExp[] = [
  /(?<file>(?:file:\/\/)?[\w@.~+/\\-][\w@.~+/\\ -]*\.\w+):(?<line>\d+)(?::(?<column>\d+))?/g,
  /(?<file>[\w@.~+/\\-][\w@.~+/\\ -]*\.\w+)\((?<line>\d+)(?:,(?<column>\d+))?\)/g,
  /File "(?<file>[^"]+)", line (?<line>\d+)/g,
];

/** Lines that are looked at. */
const MOST_LINES = 200;

/** The first place in a file of the project that some lines name; null: none. `folder`: where relative names begin, absolute. */
export function findPosition(lines: readonly string[], folder: string, root: string): FilePosition | null {
  for (const line of lines.slice(0, MOST_LINES)) {
    const text = withoutSequences(line);
    for (const form of FORMS) {
      for (const { groups } of text.matchAll(form)) {
        const file = groups?.file === undefined ? null : toProjectFile(groups.file.trim(), folder, root);
        if (file === null) continue;
        const column = groups?.column === undefined ? null : Number(groups.column);
        return { file, line: Number(groups?.line), column };
      }
    }
  }
  return null;
}

function toProjectFile(name: string, folder: string, root: string): string | null {
  // Words of a sentence may stand before a relative name.
  const words = name.split(' ');
  for (let from = 0; from < words.length; from++) {
    const file = toPath(words.slice(from).join(' '), folder);
    if (file?.startsWith(root + sep) === true && !file.includes(`${sep}node_modules${sep}`) && isFile(file)) {
      return file;
    }
  }
  return null;
}

function toPath(name: string, folder: string): string | null {
  try {
    if (name.startsWith('file://')) return fileURLToPath(name);
    return isAbsolute(name) ? resolve(name) : resolve(folder, name);
  } catch {
    return null;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
