import type { Aim } from './table.js';

/** What one section measured: for people, and for `--json`. */
export interface Section {
  readonly name: string;
  readonly title: string;
  /** Complete lines. */
  readonly table: string;
  readonly aims: readonly Aim[];
  /** The figures as plain data, ms unless a name says otherwise. */
  readonly figures: unknown;
}
