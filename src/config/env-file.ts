import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { err, ok, type Result } from '../core/result.js';
import { DEFAULTS } from './defaults.js';

export type EnvFileVariables = Readonly<Record<string, string>>;

/** Far above any real one; a file that is larger was named by mistake. */
const LARGEST_ENV_FILE = 1024 * 1024;

/**
 * Reads an `envFile`. The default one may be missing; one that was named may not.
 * `configured` is the value of the key, `file` its absolute path. Answers the complaint in words.
 */
export async function readEnvFile(
  file: string,
  configured: string,
): Promise<Result<EnvFileVariables, string>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) {
      return configured === DEFAULTS.envFile ? ok({}) : err(`there is no file ${file}`);
    }
    return err(`${file} could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (text.length > LARGEST_ENV_FILE) return err(`${file} is larger than 1 MiB`);
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(text))) {
    if (value !== undefined) variables[name] = value;
  }
  return ok(variables);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
