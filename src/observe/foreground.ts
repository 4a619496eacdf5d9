import { readFileSync } from 'node:fs';

/**
 * Whether this process may use its terminal: a job in the background (`croupier dev &`) would be stopped by the
 * kernel at the first touch. Known on Linux; elsewhere taken for granted.
 */
export function isInForeground(): boolean {
  try {
    return ownsTerminal(readFileSync('/proc/self/stat', 'utf8'));
  } catch {
    return true;
  }
}

/** From the text of `/proc/<pid>/stat`: fields 5 (own group) and 8 (the terminal's foreground group; -1: no terminal). */
export function ownsTerminal(stat: string): boolean {
  // The command's name, field 2, is in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const group = fields[2];
  const foreground = fields[5];
  return group === undefined || foreground === undefined || foreground === '-1' || group === foreground;
}
