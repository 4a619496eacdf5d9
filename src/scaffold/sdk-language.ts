/** Languages whose SDK lives as source in the user's project; the template of the same name has it. */
export const SDK_LANGUAGES = ['go', 'python'] as const;

export type SdkLanguage = (typeof SDK_LANGUAGES)[number];

/** Folder of the SDK in a project. */
export const SDK_FOLDER = 'croupier';

/** The module that the template of Go is, and that its packages import each other by. */
export const TEMPLATE_MODULE = 'example.com/game-server';

/** What people call it. */
export function nameOf(language: SdkLanguage): string {
  return language === 'go' ? 'Go SDK' : 'Python SDK';
}

/** Whether a file of a project (a path with `/`) belongs to the SDK. */
export function isSdkFile(path: string): boolean {
  return path.startsWith(`${SDK_FOLDER}/`);
}

/**
 * Moves the imports of a Go file from one module to another. Only what stands in quotes as an import does: generated protocol code has the
 * module's name inside of encoded text, too, which would break. Other languages import their SDK by its own name alone.
 */
export function moveModule(content: string, from: string, to: string): string {
  return from === to ? content : content.replaceAll(`"${from}/`, `"${to}/`);
}

/** The module of a go.mod; null: it names none. */
export function readModule(text: string): string | null {
  return /^module\s+"?([^\s"]+)"?/m.exec(text)?.[1] ?? null;
}
