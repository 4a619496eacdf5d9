import { readSession } from '../control/session-file.js';
import type { Session } from '../control/types.js';
import { probeAgent } from '../upstream/discover.js';
import { about } from './finding.js';
import { type Listening, tryListening } from './listening.js';
import { findNeededPorts, type NeededPort } from './needed-ports.js';
import { runs } from './running-session.js';
import type { Examination, Finding } from './types.js';

/** The ports that the project asks for: free, or who has them. */
export const ports: Examination = {
  topic: 'ports',
  run: async ({ project }) => {
    const session = await readSession(project.root, { isAlive: runs });
    return Promise.all(
      findNeededPorts(project).map(async (needed) => {
        const listening = await tryListening(needed.host, needed.port);
        const isAgent = listening.can || needed.ifTaken === 'fails' ? false : await isAnAgent(needed);
        return judgePort(needed, listening, { session, isAgent });
      }),
    );
  },
};

/** An agent on this machine answers at once; ms. */
const PROBE_TIMEOUT_MS = 500;

async function isAnAgent({ host, port }: NeededPort): Promise<boolean> {
  return (await probeAgent({ host, port, timeoutMs: PROBE_TIMEOUT_MS })).found === 'agent';
}

export function judgePort(
  needed: NeededPort,
  listening: Listening,
  { session, isAgent }: { readonly session: Session | null; readonly isAgent: boolean },
): Finding {
  const { port, host, purpose, ifTaken, remedy } = needed;
  const { ok, note, warning, problem } = about('ports');
  if (listening.can) return ok(`port ${port} is free for ${purpose}`);
  if (listening.reason === 'refused') {
    return problem(`${purpose} cannot listen on ${host}:${port}: ${explainRefusal(listening.code)}`, {
      remedies: [remedy],
    });
  }
  if (session !== null && isOf(session, needed, listening.pids)) {
    return ok(`port ${port} is held for ${purpose} by the running session (pid ${session.pid})`);
  }
  const title = `port ${port} is taken${listening.holder === null ? '' : ` by ${listening.holder}`}`;
  if (ifTaken === 'fails') {
    return problem(title, { details: [`It is meant for ${purpose}.`], remedies: [remedy] });
  }
  const details = [
    `${purpose[0]?.toUpperCase()}${purpose.slice(1)} takes the next free one; programs that use CROUPIER_AGENT_ADDR find it.`,
  ];
  // What the agent there means for the session is another topic.
  return isAgent ? note(`${title}, an agent`, { details }) : warning(title, { details, remedies: [remedy] });
}

function isOf(session: Session, { port }: NeededPort, pids: readonly number[]): boolean {
  const ours = [session.pid, ...session.groups.map(({ pid }) => pid)];
  return session.gateway.endsWith(`:${port}`) || pids.some((pid) => ours.includes(pid));
}

function explainRefusal(code: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'this user may not use that port';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine does not have that address';
    default:
      return code;
  }
}
