import { readTemplate } from './read-template.js';
import {
  isSdkFile,
  moveModule,
  readModule,
  SDK_FOLDER,
  SDK_LANGUAGES,
  type SdkLanguage,
  TEMPLATE_MODULE,
} from './sdk-language.js';
import { digest, manifestFile } from './sdk-manifest.js';
import type { ScaffoldFile } from './types.js';

/** The SDK that this version of the program brings: content by path below its folder, made for a module of Go. `templates`: their folder, where it is another. */
export async function readSdkSource(
  language: SdkLanguage,
  module: string | null,
  templates?: string,
): Promise<ReadonlyMap<string, string>> {
  const files = (await readTemplate(language, templates)).filter(({ path }) => isSdkFile(path));
  return new Map(
    files.map(({ path, content }) => [
      path.slice(SDK_FOLDER.length + 1),
      module === null ? content : moveModule(content, TEMPLATE_MODULE, module),
    ]),
  );
}

/** The manifest for the SDK among the files of a new project; empty: there is none among them. */
export function describeSdk(
  template: string,
  files: readonly ScaffoldFile[],
  version: string,
): readonly ScaffoldFile[] {
  const language = SDK_LANGUAGES.find((one) => one === template);
  const sdk = files.filter(({ path }) => isSdkFile(path));
  if (language === undefined || sdk.length === 0) return [];
  const goMod = files.find(({ path }) => path === 'go.mod');
  return [
    manifestFile({
      language,
      version,
      module: language === 'go' && goMod !== undefined ? readModule(goMod.content) : null,
      files: Object.fromEntries(
        sdk.map(({ path, content }) => [path.slice(SDK_FOLDER.length + 1), digest(content)]),
      ),
    }),
  ];
}
