import type { Template } from '../scaffold/templates.js';
import type { DetectedRun } from '../scaffold/types.js';

/** What `croupier init` is to do. `folder` is absolute. */
export type InitChoice =
  /** Make a new project. */
  | { readonly kind: 'project'; readonly folder: string; readonly template: Template; readonly name: string }
  /** Write a configuration for the project that is there; `notes` are sentences for people. */
  | {
      readonly kind: 'configuration';
      readonly folder: string;
      readonly run: DetectedRun;
      readonly notes: readonly string[];
    }
  /** The user does not want to go on. */
  | { readonly kind: 'cancelled' };
