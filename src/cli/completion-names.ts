import { readSession } from '../control/session-file.js';
import { findGateway } from './find-gateway.js';

/** Names that only the project or its running session knows. */
export interface CompletionNames {
  services(): Promise<readonly string[]>;
  functions(): Promise<readonly string[]>;
}

/** Whoever presses Tab does not wait for a session that hangs; ms. */
const TIME_LIMIT_MS = 300;

/** The names for a folder. A session or configuration that cannot be used has none. */
export function namesFor(cwd: string, env: NodeJS.ProcessEnv): CompletionNames {
  return {
    services: () => listServices(cwd),
    functions: () => listFunctions(cwd, env),
  };
}

async function listServices(cwd: string): Promise<readonly string[]> {
  const session = await readSession(cwd);
  if (session !== null) return session.services;
  const { searchFile } = await import('../config/load.js');
  const found = await searchFile(cwd);
  if (!found.ok || found.value === null) return [];
  const { services } = found.value.raw;
  return typeof services === 'object' && services !== null ? Object.keys(services) : [];
}

async function listFunctions(cwd: string, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const found = await findGateway({ agent: undefined, tls: null, env, cwd, onNotice: () => {} });
  if (!found.ok) return [];
  const { address, tls } = found.value;
  const [{ connectAgent }, { readTls }] = await Promise.all([
    import('../protocol/client.js'),
    import('../protocol/tls.js'),
  ]);
  const material = tls === null ? null : await readTls(tls);
  if (material?.ok === false) return [];
  const client = connectAgent(address, material?.value ?? null);
  try {
    const list = await client.listLocal({ timeoutMs: TIME_LIMIT_MS });
    return list.ok ? [...new Set(list.value.functions.map(({ id }) => id))].sort() : [];
  } finally {
    client.close();
  }
}
