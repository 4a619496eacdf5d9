import type { DeployTarget } from '../scaffold/deploy-facts.js';

/** `croupier init`, as it was typed. */
export interface InitArguments {
  /** Relative to the current folder; undefined: the current folder. */
  readonly dir: string | undefined;
  readonly template: string | undefined;
  readonly name: string | undefined;
  /** Ask nothing. */
  readonly yes: boolean;
  readonly force: boolean;
  /** Write the files to run the project somewhere else; undefined: not asked for. */
  readonly deploy?: DeployTarget | undefined;
  /** Bring the copies of an SDK to this version. */
  readonly updateSdk: boolean;
  /** Say what would be done, and write nothing. */
  readonly dryRun: boolean;
  /** Show the templates, and write nothing. */
  readonly list: boolean;
}
