/** `croupier check`, as the command line has it. */
export interface CheckOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Services to check; empty: all. */
  readonly names: readonly string[];
  /** The value of `--config`. */
  readonly config: string | undefined;
  /** The value of `--upstream`; undefined: nobody is registered with. */
  readonly upstream: string | undefined;
  /** The value of `--port`; undefined: any free one. */
  readonly port: string | undefined;
  /** The snapshot is written. */
  readonly update: boolean;
  /** Any change against the snapshot fails, not only one that breaks callers. */
  readonly strict: boolean;
  /** For the whole check, ms. */
  readonly timeoutMs: number;
}
