import type { Detection, Language } from './language.js';
import { node } from './node.js';

/** In order of precedence. */
export const LANGUAGES: readonly Language[] = [node];

/** Asks every language how the project in a folder is run. */
export async function detect(folder: string): Promise<Detection> {
  const detections = await Promise.all(LANGUAGES.map((language) => language.detect(folder)));
  return {
    candidates: detections.flatMap((detection) => detection.candidates),
    rejected: detections.flatMap((detection) => detection.rejected),
  };
}
