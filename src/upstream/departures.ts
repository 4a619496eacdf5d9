import type { Departures } from './types.js';

/** Of a session whose upstream takes nothing out of its routing. */
export const NO_DEPARTURES: Departures = { leaving: [], takenOut: [] };
