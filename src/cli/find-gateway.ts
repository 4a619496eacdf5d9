import { parseListenAddress } from '../config/listen-address.js';
import type { TlsFiles } from '../config/types.js';
import { readSession } from '../control/session-file.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';

/** Where SDKs expect an agent. */
const DEFAULT_AGENT = '127.0.0.1:19090';

export interface FoundGateway {
  /** `host:port`. */
  readonly address: string;
  /** Files to dial it with; null: plain text. */
  readonly tls: TlsFiles | null;
  /** Where the address comes from, for messages. */
  readonly source: '--agent' | 'CROUPIER_AGENT_ADDR' | 'the running session' | 'the default';
}

export interface FindOptions {
  /** The value of `--agent`. */
  readonly agent: string | undefined;
  /** What was asked for; null: nothing. */
  readonly tls: TlsFiles | null;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** A session file that cannot be used, in words. */
  readonly onNotice: (message: string) => void;
}

/** Whom to call: `--agent`, else the environment, else the session of this folder or one above it, else the default agent. */
export async function findGateway(options: FindOptions): Promise<Result<FoundGateway, UserError>> {
  const { agent, tls, env, cwd, onNotice } = options;
  if (agent !== undefined) return readAddress(agent, '--agent', tls);
  const fromEnvironment = env.CROUPIER_AGENT_ADDR;
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    return readAddress(fromEnvironment, 'CROUPIER_AGENT_ADDR', tls);
  }
  const session = await readSession(cwd, { onNotice });
  if (session !== null) {
    return ok({ address: session.gateway, tls: tls ?? session.tls, source: 'the running session' });
  }
  return ok({ address: DEFAULT_AGENT, tls, source: 'the default' });
}

function readAddress(
  text: string,
  source: '--agent' | 'CROUPIER_AGENT_ADDR',
  tls: TlsFiles | null,
): Result<FoundGateway, UserError> {
  const address = parseListenAddress(text);
  if (!address.ok || address.value.port === 0) {
    return err({
      exitCode: 2,
      message: `${source} is ${JSON.stringify(text)}, but it must be host:port`,
      wayOut: `For example: ${DEFAULT_AGENT}`,
    });
  }
  const { host, port } = address.value;
  return ok({ address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, tls, source });
}
