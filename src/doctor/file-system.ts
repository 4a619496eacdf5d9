import { readFile } from 'node:fs/promises';
import type { ServiceConfig } from '../config/types.js';
import { findMount, isSilent, type Mount } from '../watch/file-system-kind.js';
import { about } from './finding.js';
import { type Examination, type Finding, type Project, servicesOf } from './types.js';

/** Whether the file systems of the project tell of changes. */
export const fileSystem: Examination = {
  topic: 'file-system',
  run: async ({ project }) => {
    if (process.platform !== 'linux') {
      return [
        about('file-system').note('network folders cannot be told from local ones here', {
          remedies: ['If changes go unnoticed, set "watch": { "polling": true }.'],
        }),
      ];
    }
    const mountinfo = await readFile('/proc/self/mountinfo', 'utf8');
    return judgeFileSystems(watchedFolders(project), mountinfo);
  },
};

interface Watched {
  readonly path: string;
  readonly polling: ServiceConfig['watch']['polling'];
}

function watchedFolders(project: Project): readonly Watched[] {
  const services = servicesOf(project);
  if (services.length === 0) return [{ path: project.cwd, polling: 'auto' }];
  return services.flatMap(({ watch }) => watch.paths.map((path) => ({ path, polling: watch.polling })));
}

/** One finding for each mount and way to watch. @param mountinfo text of /proc/self/mountinfo */
export function judgeFileSystems(watched: readonly Watched[], mountinfo: string): readonly Finding[] {
  const findings = new Map<string, Finding>();
  for (const { path, polling } of watched) {
    const mount = findMount(path, mountinfo);
    if (mount === null) continue;
    findings.set(`${mount.folder} ${polling}`, judge(mount, polling));
  }
  return [...findings.values()];
}

function judge({ folder, type }: Mount, polling: Watched['polling']): Finding {
  const { ok, note, warning } = about('file-system');
  const title = `${folder} is ${article(type)} ${type} file system`;
  if (polling === true) {
    return isSilent(type)
      ? ok(`${title}, watched by polling as configured`)
      : note(`${title}, which tells of changes, but is watched by polling`, {
          remedies: ['Without "polling" changes are noticed faster.'],
        });
  }
  if (type === 'overlay') {
    return ok(`${title}, which tells of changes`, {
      details: [
        'It is of a container: what is changed outside of it does not get here, but for mounted folders.',
      ],
    });
  }
  if (!isSilent(type)) return ok(`${title}, which tells of changes`);
  if (polling === false) {
    return warning(`${title}: changes go unnoticed, since polling is turned off`, {
      remedies: ['Remove "polling": false, or set it to true.'],
    });
  }
  return note(`${title}, which does not tell of changes: it is watched by polling`, {
    details: ['A change is noticed within a quarter of a second, and looking costs some load.'],
    remedies: ['A project on a local disk (under WSL: in the Linux file system) is noticed at once.'],
  });
}

function article(word: string): 'a' | 'an' {
  return /^(?:[aeio]|nfs|xfs|ntfs)/.test(word) ? 'an' : 'a';
}
