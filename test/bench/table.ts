/** Lines of a table: the first column to the left, the others to the right. All rows are as long as the head. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** One aim with its verdict, such as `  met     no slower than the fastest of them: 98 ms <= 104 ms`. */
export function formatAim(aim: Aim): string {
  return `  ${(aim.met ? 'met' : 'MISSED').padEnd(7)} ${aim.what}: ${aim.figures}`;
}

export interface Aim {
  readonly what: string;
  /** The comparison in figures. */
  readonly figures: string;
  readonly met: boolean;
}
