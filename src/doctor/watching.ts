import { readFile } from 'node:fs/promises';
import { about } from './finding.js';
import { countInotify, type InotifyUsage } from './inotify-usage.js';
import { type Examination, type Finding, servicesOf } from './types.js';
import { countWatchedFolders, type FolderCount } from './watched-folders.js';

/** What describeLimit() of the watcher recommends as well. */
const ENOUGH_WATCHES = 524_288;
const ENOUGH_INSTANCES = 1_024;

/** Node watches all folders of a process by one instance; editors and other tools take some more while it runs. */
const NEEDED_INSTANCES = 1;
const SPARE_INSTANCES = 8;

/** Counting ends before the topic's own limit, so that what is known by then is told; ms. */
const COUNTING_MS = 1_500;

const SLOWER = ['The project would be watched by polling, which is slower.'];
const CLOSE = ['This is close to the limit.'];

/** Whether the system gives enough file watches. Only Linux has limits of its own for them. */
export const watching: Examination = {
  topic: 'watching',
  run: async ({ project }, signal) => {
    const services = servicesOf(project).filter(({ watch }) => watch.polling !== true);
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(COUNTING_MS)]);
    const needed = sumUp(await Promise.all(services.map((service) => countWatchedFolders(service, inTime))));
    const limits = await readLimits();
    if (limits === null) return needed.folders === 0 ? [] : [about('watching').ok(toWatch(needed))];
    const used = await countInotify(inTime);
    return [judgeWatches(needed, limits, used), judgeInstances(limits, used)];
  },
};

/** Of the kernel, for each user. */
interface InotifyLimits {
  readonly watches: number;
  readonly instances: number;
}

/** null: this system has none that can be read. */
async function readLimits(): Promise<InotifyLimits | null> {
  if (process.platform !== 'linux') return null;
  const [watches, instances] = await Promise.all([
    readNumber('/proc/sys/fs/inotify/max_user_watches'),
    readNumber('/proc/sys/fs/inotify/max_user_instances'),
  ]);
  return watches === null || instances === null ? null : { watches, instances };
}

/** @param used null: it was not found out */
export function judgeWatches(needed: FolderCount, limits: InotifyLimits, used: InotifyUsage | null): Finding {
  const { ok, note, warning } = about('watching');
  const inUse = used === null ? '' : `, ${used.watches} in use`;
  const what = needed.folders === 0 ? '' : `${toWatch(needed)}; `;
  const title = `${what}this user may have ${limits.watches} file watches${inUse}`;
  const free = limits.watches - (used?.watches ?? 0);
  const remedies = [
    `sudo sysctl fs.inotify.max_user_watches=${ENOUGH_WATCHES}`,
    '"watch": { "ignore": [...] } saves watches.',
  ];
  if (needed.folders > free) return warning(title, { details: SLOWER, remedies });
  // A checkout of another branch, or an installation, can double a tree.
  return needed.folders * 2 > free ? note(title, { details: CLOSE, remedies }) : ok(title);
}

export function judgeInstances(limits: InotifyLimits, used: InotifyUsage | null): Finding {
  const { ok, note, warning } = about('watching');
  const inUse = used === null ? '' : `, ${used.instances} in use`;
  const title = `this user may have ${limits.instances} inotify instances${inUse}; a session takes one`;
  const free = limits.instances - (used?.instances ?? 0);
  const remedies = [`sudo sysctl fs.inotify.max_user_instances=${ENOUGH_INSTANCES}`];
  if (NEEDED_INSTANCES > free) return warning(title, { details: SLOWER, remedies });
  return NEEDED_INSTANCES + SPARE_INSTANCES > free ? note(title, { details: CLOSE, remedies }) : ok(title);
}

function sumUp(counts: readonly FolderCount[]): FolderCount {
  return {
    folders: counts.reduce((sum, { folders }) => sum + folders, 0),
    isPartial: counts.some(({ isPartial }) => isPartial),
  };
}

function toWatch({ folders, isPartial }: FolderCount): string {
  return `${isPartial ? 'more than ' : ''}${folders} ${folders === 1 ? 'folder' : 'folders'} to watch`;
}

async function readNumber(file: string): Promise<number | null> {
  try {
    return Number.parseInt(await readFile(file, 'utf8'), 10);
  } catch {
    return null;
  }
}
