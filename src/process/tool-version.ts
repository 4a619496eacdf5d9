import { execa } from 'execa';
import { sendSignal } from './group.js';

/** More than any version text. */
const MAX_BYTES = 64 * 1024;

export interface VersionQuestion {
  /** In PATH, or an absolute path. */
  readonly program: string;
  /** Such as `['--version']`. */
  readonly args: readonly string[];
  /** Version managers choose by it. */
  readonly cwd: string;
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  /** Ends the program early. */
  readonly signal?: AbortSignal;
}

/**
 * Tools that look after themselves when they are asked for their version: they would fetch the version that a project names, or greet
 * their first user. Here they tell what is there.
 */
const QUIET: NodeJS.ProcessEnv = {
  GOTOOLCHAIN: 'local',
  RUSTUP_AUTO_INSTALL: '0',
  COREPACK_ENABLE_NETWORK: '0',
  COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  NPM_CONFIG_UPDATE_NOTIFIER: 'false',
  DOTNET_NOLOGO: '1',
  DOTNET_CLI_TELEMETRY_OPTOUT: '1',
  DOTNET_SKIP_FIRST_TIME_EXPERIENCE: '1',
};

/**
 * What a tool prints when it is asked for its version, on stdout and stderr; null: it cannot be started, fails, or takes too long. Then
 * all of its group is killed: many tools are scripts that start the real one.
 */
export async function askVersion(question: VersionQuestion): Promise<string | null> {
  const { program, args, cwd, env, timeoutMs, signal } = question;
  if (signal?.aborted === true) return null;
  const isGroup = process.platform !== 'win32';
  const subprocess = execa(program, args, {
    cwd,
    env: { ...env, ...QUIET },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    maxBuffer: MAX_BYTES,
    detached: isGroup,
    windowsHide: true,
  });
  const { pid } = subprocess;
  const end = (): void => {
    if (pid !== undefined && isGroup) sendSignal(-pid, 'SIGKILL');
    else subprocess.kill('SIGKILL');
  };
  const timer = setTimeout(end, timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  try {
    const result = await subprocess;
    return result.failed ? null : (result.all ?? null);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}
