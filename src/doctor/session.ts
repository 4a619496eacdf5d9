import { parseListenAddress } from '../config/listen-address.js';
import { readSession, readStale } from '../control/session-file.js';
import type { Session } from '../control/types.js';
import { isAlive } from '../process/start-time.js';
import { probeAgent } from '../upstream/discover.js';
import { about } from './finding.js';
import { runs } from './running-session.js';
import type { Examination, Finding } from './types.js';

/** A gateway on this machine answers at once, unless its process hangs; ms. */
const ANSWER_TIMEOUT_MS = 1_000;

/** The session of this project that runs, and what one has left behind that was killed. */
export const session: Examination = {
  topic: 'session',
  run: async ({ project: { root } }) => {
    const notices: string[] = [];
    const onNotice = (message: string) => notices.push(message);
    const running = await readSession(root, { isAlive: runs, onNotice });
    const stale = await readStale(root, { isAlive: runs });
    const findings = [
      ...(running === null ? [] : [await describeRunning(running)]),
      ...(stale === null ? [] : [await describeStale(stale)]),
      ...notices.map((message) =>
        about('session').warning(message, { remedies: ['croupier dev writes a new one.'] }),
      ),
    ];
    return findings.length === 0 ? [about('session').ok('no session of this project is running')] : findings;
  },
};

async function describeRunning(running: Session): Promise<Finding> {
  const { ok, warning } = about('session');
  const title = `a session is running: pid ${running.pid}, gateway ${running.gateway}`;
  const details = [`Since ${running.startedAt}, with ${running.services.join(', ')}.`];
  if (running.tls !== null || (await answers(running))) return ok(title, { details });
  return warning(`${title}, which does not answer`, {
    details: [...details, 'It may hang, or be stopped.'],
    remedies: [`End it, and start another: kill ${running.pid}`],
  });
}

async function answers({ gateway }: Session): Promise<boolean> {
  const address = parseListenAddress(gateway);
  if (!address.ok) return false;
  const probe = await probeAgent({ ...address.value, timeoutMs: ANSWER_TIMEOUT_MS });
  return probe.found === 'agent';
}

async function describeStale({ startedAt, groups }: Session): Promise<Finding> {
  const { note, warning } = about('session');
  const alive = await Promise.all(groups.map(({ pid, startTime }) => isAlive(pid, startTime)));
  const left = groups.filter((_, index) => alive[index] === true);
  const title = `the session of ${startedAt} was not ended properly`;
  if (left.length === 0) {
    return note(title, { details: ['Nothing of it is left but its file, which the next session replaces.'] });
  }
  return warning(`${title}, and processes of it still run`, {
    details: [`Their process groups: ${left.map(({ pid }) => pid).join(', ')}.`],
    remedies: ['The next croupier dev ends them.'],
  });
}
