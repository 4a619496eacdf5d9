import { TEMPLATE_PROJECT_NAME } from './project-name.js';
import { isSdkFile, moveModule, TEMPLATE_MODULE } from './sdk-language.js';
import type { ScaffoldFile } from './types.js';

export interface ProjectFacts {
  /** A valid name of a project. */
  readonly name: string;
  /** Of the running `croupier-cli`, which a project on the SDK depends on. */
  readonly croupierVersion: string;
}

const CROUPIER_DEPENDENCY = /("croupier-cli": )"[^"]*"/;

/** Makes a project's own files of a template's: its name and the version of its SDK are put in. */
export function fillIn(files: readonly ScaffoldFile[], facts: ProjectFacts): readonly ScaffoldFile[] {
  const module = TEMPLATE_MODULE.replace(TEMPLATE_PROJECT_NAME, facts.name);
  return files.map(({ path, content }) => {
    if (isSdkFile(path)) return { path, content: moveModule(content, TEMPLATE_MODULE, module) };
    const named = content.replaceAll(TEMPLATE_PROJECT_NAME, facts.name);
    if (path !== 'package.json') return { path, content: named };
    return { path, content: named.replace(CROUPIER_DEPENDENCY, `$1"^${facts.croupierVersion}"`) };
  });
}
