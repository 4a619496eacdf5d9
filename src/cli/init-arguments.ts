/** `croupier init`, as it was typed. */
export interface InitArguments {
  /** Relative to the current folder; undefined: the current folder. */
  readonly dir: string | undefined;
  readonly template: string | undefined;
  readonly name: string | undefined;
  /** Ask nothing. */
  readonly yes: boolean;
  readonly force: boolean;
  /** Show the templates, and write nothing. */
  readonly list: boolean;
}
