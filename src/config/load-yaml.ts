import { ConfigFileError } from './load-error.js';
import { isRecord } from './record.js';

/** Parses YAML with the loader that cosmiconfig brings. Throws ConfigFileError with line and column. */
export async function parseYaml(file: string, text: string): Promise<unknown> {
  const { defaultLoaders } = await import('cosmiconfig');
  try {
    return await defaultLoaders['.yaml'](file, text);
  } catch (error) {
    throw toFileError(error);
  }
}

/** js-yaml's errors have `reason` and `mark` {line, column}, both from 0. */
function toFileError(error: unknown): ConfigFileError {
  const reason = error instanceof Error && 'reason' in error ? error.reason : error;
  const mark = error instanceof Error && 'mark' in error ? error.mark : null;
  const line = isRecord(mark) && typeof mark.line === 'number' ? mark.line + 1 : null;
  const column = isRecord(mark) && typeof mark.column === 'number' ? mark.column + 1 : null;
  return new ConfigFileError(`not valid YAML: ${String(reason)}`, line, column);
}
