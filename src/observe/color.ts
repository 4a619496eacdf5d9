import type { OutputStream } from './types.js';

export interface ColorQuestion {
  /** `--color` or `--no-color`, where one was given: it wins. */
  readonly flag: boolean | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly stream: Pick<OutputStream, 'isTTY'>;
}

/**
 * Whether to colour what goes to a stream. A flag wins, then `FORCE_COLOR` (`0` and `false` mean no), then a non-empty
 * `NO_COLOR`, then `TERM=dumb`, then whether it is a terminal. The order of the two variables is Node's own, so that
 * the runner and a Node child agree.
 */
export function wantsColor({ flag, env, stream }: ColorQuestion): boolean {
  if (flag !== undefined) return flag;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.TERM === 'dumb') return false;
  return stream.isTTY === true;
}

/** Whether the terminal can show the symbols; the consoles of Linux (`TERM=linux`) and of old Windows cannot. */
export function supportsUnicode(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (platform !== 'win32') return env.TERM !== 'linux';
  return (
    env.WT_SESSION !== undefined ||
    env.TERM_PROGRAM !== undefined ||
    env.TERMINUS_SUBLIME !== undefined ||
    env.ConEmuTask !== undefined ||
    (env.TERM ?? '').startsWith('xterm')
  );
}
