import { release } from 'node:os';
import { isOlder, parseVersion } from '../core/version.js';
import { about } from './finding.js';
import type { Examination, Finding } from './types.js';

/** The lowest Node that this package runs on: `engines` of its package.json. */
const LOWEST_NODE = '20.19';

/** Node itself, and the system below it. */
export const node: Examination = {
  topic: 'node',
  run: async ({ version }) => [
    judgeNode(process.versions.node),
    about('node').ok(`croupier ${version} on ${process.platform} ${process.arch}, ${release()}`),
  ],
};

/** @param version without a leading v */
export function judgeNode(version: string): Finding {
  const { ok, problem } = about('node');
  if (!isOlder(parseVersion(version) ?? [], parseVersion(LOWEST_NODE) ?? [])) return ok(`Node ${version}`);
  return problem(`Node ${version} is too old: croupier needs ${LOWEST_NODE} or newer`, {
    remedies: ['Install a newer one from https://nodejs.org, or by a version manager such as nvm or fnm.'],
  });
}
