import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { displayPath } from '../config/load.js';
import { isOlder, parseVersion } from '../core/version.js';
import { findSdkCopies, type SdkCopy } from '../scaffold/sdk-copies.js';
import { nameOf, SDK_FOLDER } from '../scaffold/sdk-language.js';
import { about } from './finding.js';
import { type Examination, type Finding, type Project, servicesOf } from './types.js';

/** The SDKs in the project: of this version, or older. */
export const sdk: Examination = {
  topic: 'sdk',
  run: async ({ project, version }) => {
    const copies = await findSdkCopies(project.root);
    const folders = new Set([project.root, ...servicesOf(project).map(({ cwd }) => cwd)]);
    const installed = await Promise.all(
      [...folders].map((folder) => judgeInstalled(folder, project, version)),
    );
    return [...copies.map((copy) => judgeCopy(copy, project, version)), ...installed.flat()];
  },
};

/** An SDK that lives as source in the project. */
export function judgeCopy(
  { project: folder, language, manifest }: SdkCopy,
  { cwd }: Pick<Project, 'cwd'>,
  version: string,
): Finding {
  const { ok, note, warning } = about('sdk');
  const path = displayPath(cwd, join(folder, SDK_FOLDER));
  const remedies = [`croupier init --update-sdk${folder === cwd ? '' : ` ${displayPath(cwd, folder)}`}`];
  if (manifest === null) {
    return note(`${path} holds the ${nameOf(language)} of an unknown version`, {
      details: ['Its file .sdk.json is missing or broken, so that your own changes cannot be told.'],
      remedies,
    });
  }
  const title = `${path} holds the ${nameOf(language)} ${manifest.version}`;
  if (manifest.version === version) return ok(title);
  return isOlder(parse(manifest.version), parse(version))
    ? warning(`${title}, older than this croupier (${version})`, { remedies })
    : note(`${title}, newer than this croupier (${version})`, {
        remedies: [`Install croupier-cli ${manifest.version}.`],
      });
}

/** The Node SDK of a project is the package in its node_modules, which need not be the one that runs now. */
async function judgeInstalled(
  folder: string,
  { cwd }: Project,
  version: string,
): Promise<readonly Finding[]> {
  const file = join(folder, 'node_modules', 'croupier-cli', 'package.json');
  const text = await readFile(file, 'utf8').catch(() => null);
  const found = text === null ? undefined : /"version"\s*:\s*"([^"]+)"/.exec(text)?.[1];
  if (found === undefined) return [];
  const { ok, note } = about('sdk');
  const where = displayPath(cwd, join(folder, 'node_modules'));
  if (found === version) return [ok(`${where} has croupier-cli ${found}`)];
  return [
    note(`${where} has croupier-cli ${found}, and this is ${version}`, {
      details: ["A server on the Node SDK runs with the project's own."],
      remedies: ['npx croupier runs that one, npm install croupier-cli@latest replaces it.'],
    }),
  ];
}

function parse(version: string): readonly number[] {
  return parseVersion(version) ?? [];
}
