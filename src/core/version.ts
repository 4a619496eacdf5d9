/** `1.22.3` as numbers. */
export type Version = readonly number[];

/** The first version in a text, such as `go1.22.3`; Java's old `1.8.0_392` is 8. null: there is none. */
export function parseVersion(text: string): Version | null {
  const found = /\d+(?:\.\d+)*/.exec(text)?.[0];
  if (found === undefined) return null;
  return found.split('.').map(Number);
}

/** Whether a version is lower than another; parts that are not said count as 0. */
export function isOlder(version: Version, other: Version): boolean {
  for (let index = 0; index < Math.max(version.length, other.length); index++) {
    const difference = (version[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** The lowest version that a range of npm, Composer or Python takes: `^20.19 || >=22` is 20.19. null: it names none. */
export function lowestOf(range: string): string | null {
  let lowest: string | null = null;
  for (const [, excluding, text] of range.matchAll(/(!=|<=?)?\s*v?(\d+(?:\.\d+)*)/g)) {
    if (excluding !== undefined || text === undefined) continue;
    if (lowest === null || isOlder(parseVersion(text) ?? [], parseVersion(lowest) ?? [])) lowest = text;
  }
  return lowest;
}
