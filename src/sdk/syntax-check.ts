import { execFile } from 'node:child_process';

/** Beyond so many files the message without a place has to do. */
const MAX_FILES = 20;
/** For one file, in ms. */
const TIMEOUT_MS = 5_000;

/**
 * Where the first of these files (absolute paths) that cannot be parsed has its error: `path:line`. Node does not say so of an ES module
 * that it was asked to import. null: none of them, as far as Node can read it without a transpiler.
 */
export async function findSyntaxError(paths: readonly string[]): Promise<string | null> {
  const plain = paths.filter((path) => /\.[mc]?js$/.test(path)).slice(0, MAX_FILES);
  for (const path of plain) {
    const place = await checkSyntax(path);
    if (place !== null) return place;
  }
  return null;
}

function checkSyntax(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { timeout: TIMEOUT_MS, env: { PATH: process.env.PATH } };
    execFile(process.execPath, ['--check', path], options, (_error, _stdout, stderr) => {
      const [first = ''] = stderr.split('\n');
      const line = /^(?:file:\/\/)?.+:(\d+)$/.exec(first)?.[1];
      resolve(line === undefined || !stderr.includes('SyntaxError') ? null : `${path}:${line}`);
    });
  });
}
