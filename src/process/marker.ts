import { randomBytes } from 'node:crypto';
import { environmentHolds } from './proc.js';

/** Environment variable by which a descendant is recognised that has left its process group. */
export const MARKER_VARIABLE = 'CROUPIER_PROCESS';

/** A marker for one run of the program: 16 hex digits, so that no other session's marker begins like it. */
export function createSessionMarker(): string {
  return randomBytes(8).toString('hex');
}

/** The marker of one generation. It begins with the session's marker and a dot: that is how the guardian finds all of them. */
export function generationMarker(session: string, service: string, generation: number): string {
  return `${session}.${service}.${generation}`;
}

/** Whether a process was started with this very marker. Always false where environments cannot be read (not Linux). */
export function hasMarker(pid: number, marker: string): boolean {
  return environmentHolds(pid, `${MARKER_VARIABLE}=${marker}`);
}
