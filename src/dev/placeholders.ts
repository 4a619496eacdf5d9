import type { CommandLine } from '../config/types.js';

export interface PlaceholderValues {
  readonly port?: number;
  readonly artifact?: string | null;
  readonly generation?: number;
  /** Relative paths; `{files}` as a word of its own becomes one word per file. */
  readonly files?: readonly string[];
}

/** Fills `{port}`, `{artifact}`, `{generation}` and `{files}`; what has no value here is left as it is. */
export function fillPlaceholders(command: CommandLine, values: PlaceholderValues): CommandLine {
  const files = values.files ?? [];
  const argv = command.argv.flatMap((word) =>
    word === '{files}' && values.files !== undefined && !command.shell
      ? files
      : [fillText(word, values, command.shell)],
  );
  return { ...command, argv };
}

/** The same in one text; in a shell's text file names are quoted. */
export function fillText(text: string, values: PlaceholderValues, shell = false): string {
  return text.replace(/\{(port|artifact|generation|files)\}/g, (whole, name: string) => {
    switch (name) {
      case 'port':
        return values.port === undefined ? whole : String(values.port);
      case 'artifact':
        return values.artifact === undefined || values.artifact === null ? whole : values.artifact;
      case 'generation':
        return values.generation === undefined ? whole : String(values.generation);
      case 'files':
        return values.files === undefined
          ? whole
          : values.files.map((file) => (shell ? quote(file) : file)).join(' ');
      default:
        return whole;
    }
  });
}

function quote(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
