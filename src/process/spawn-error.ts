import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { CommandLine } from '../config/types.js';

export interface SpawnAttempt {
  readonly command: CommandLine;
  readonly cwd: string;
  /** The system's error code, such as `ENOENT`. */
  readonly code: string | undefined;
  /** The system's own words. */
  readonly systemMessage: string;
}

/** Says for people why a process could not be started. The system says ENOENT for a missing folder and for a missing program alike. */
export async function explainSpawnError(attempt: SpawnAttempt): Promise<string> {
  const folder = await kindOf(attempt.cwd);
  if (folder === 'nothing') return `the folder ${attempt.cwd} does not exist`;
  if (folder === 'file') return `${attempt.cwd} is not a folder`;

  const program = attempt.command.argv[0] ?? '';
  const isPath = dirname(program) !== '.' || program.startsWith('.');
  const found = isPath ? await kindOf(resolve(attempt.cwd, program)) : 'nothing';
  switch (attempt.code) {
    case 'ENOENT':
      if (!isPath) return `command not found: ${program} (is it installed, and in PATH?)`;
      return found === 'nothing'
        ? `${program} does not exist`
        : `${program} needs an interpreter or loader that does not exist (see its first line)`;
    case 'EACCES':
      if (found === 'folder') return `${program} is a folder, not a program`;
      return isPath
        ? `${program} is not executable (chmod +x ${program})`
        : `${program} is not executable, or a folder of PATH may not be read`;
    case 'ENOEXEC':
      return `${program} is not a program for this system`;
    case 'E2BIG':
      return `the command line or the environment of ${program} is too long for this system`;
    case 'EAGAIN':
    case 'ENOMEM':
      return `the system has no room for another process (${attempt.code})`;
    case 'EMFILE':
    case 'ENFILE':
      return `too many files are open (${attempt.code}); see \`ulimit -n\``;
    default:
      return `${program}: ${attempt.systemMessage}`;
  }
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'nothing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'nothing';
  }
}
