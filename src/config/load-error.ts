/** Carries what is wrong with a file, and where, through cosmiconfig, whose loaders can only throw. Never leaves this folder. */
export class ConfigFileError extends Error {
  /** From 1; null where the format cannot tell. */
  readonly line: number | null;
  readonly column: number | null;

  constructor(message: string, line: number | null = null, column: number | null = null) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

/** `:line:column`, `:line`, or nothing. */
export function showPosition(line: number | null, column: number | null): string {
  return line === null ? '' : column === null ? `:${line}` : `:${line}:${column}`;
}
