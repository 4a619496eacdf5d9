import type { Group } from '../dev/process-groups.js';
import { listListening } from '../process/auto-probe.js';
import { commandOf } from '../process/command-line.js';
import { pidsOfGroup } from '../process/group.js';
import { listenerOwner } from '../process/ports.js';

/** What the processes of one generation can be recognised by after its end. */
export interface Trace {
  readonly group: Group;
  /** Where they listened, `host:port`. */
  readonly addresses: readonly string[];
}

/** Looks at processes while they run. */
export function recordTraces(groups: readonly Group[]): Promise<readonly Trace[]> {
  return Promise.all(
    groups.map(async (group) => {
      const query = { port: 0, pgid: group.pid, marker: group.marker };
      return { group, addresses: await listListening(query).catch(() => []) };
    }),
  );
}

/** What is still there of them, in words. To be called when they are said to have ended. */
export async function findLeftovers(traces: readonly Trace[]): Promise<readonly string[]> {
  const found = await Promise.all(
    traces.map(async ({ group, addresses }) => {
      const running = await pidsOfGroup(group.pid, group.marker);
      const processes = await Promise.all(
        running.map(async (pid) => `${(await commandOf(pid)) ?? 'a process'} (pid ${pid}) still runs`),
      );
      const listeners = await Promise.all(addresses.map((address) => describeListener(address, running)));
      return [...processes, ...listeners.flat()];
    }),
  );
  return found.flat();
}

/** Somebody who has a listener of the process without its marker: a child that cleared its environment. */
async function describeListener(address: string, known: readonly number[]): Promise<readonly string[]> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  const owners = await listenerOwner({ host, port: Number(address.slice(at + 1)) });
  const others = owners.filter((pid) => !known.includes(pid));
  return Promise.all(
    others.map(
      async (pid) =>
        `${address} is still listened on by ${(await commandOf(pid)) ?? 'a process'} (pid ${pid})`,
    ),
  );
}

/** The service that a marker of a generation names. */
export function serviceOfMarker(marker: string): string {
  return marker.slice(marker.indexOf('.') + 1, marker.lastIndexOf('.'));
}
