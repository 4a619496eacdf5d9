import type { ConfigFlags } from '../config/flags.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';

/** `croupier run`, as it was typed. */
export interface RunArguments {
  readonly names: readonly string[];
  /** The words after `--`; null: there was no `--`. */
  readonly command: readonly string[] | null;
  readonly options: RunFlags;
}

/** As commander names them. */
export interface RunFlags {
  readonly config?: string;
  readonly instances?: string;
  readonly upstream?: string;
  readonly service?: string;
  readonly strategy?: string;
  readonly port?: string;
  /** False with `--no-color`. */
  readonly color: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** What `run` is to do. The values of the flags are checked with the rest of the configuration. */
export interface RunRequest {
  readonly flags: ConfigFlags;
  readonly json: boolean;
  readonly verbose: boolean;
  /** undefined: as the environment and the terminal say. */
  readonly color: boolean | undefined;
}

export function readRunArguments({ names, command, options }: RunArguments): Result<RunRequest, UserError> {
  if (command !== null && command.length === 0) {
    return err({
      exitCode: 2,
      message: 'no command after --',
      wayOut: 'Name what to run, for example: croupier run -- node server.js',
    });
  }
  const { config, instances, upstream, service, strategy, port } = options;
  return ok({
    flags: { config, instances, upstream, service, strategy, port, names, command: command ?? undefined },
    json: options.json ?? false,
    verbose: options.verbose ?? false,
    color: options.color ? undefined : false,
  });
}
