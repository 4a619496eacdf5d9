import { distance } from 'fastest-levenshtein';

/** The name that was most likely meant; null where none is near (more than a third of its letters differ, at least two). */
export function nearestName(key: string, valid: readonly string[]): string | null {
  let nearest: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of valid) {
    const letters = distance(key.toLowerCase(), candidate.toLowerCase());
    if (letters < least && letters <= Math.max(2, candidate.length / 3)) {
      nearest = candidate;
      least = letters;
    }
  }
  return nearest;
}
