import type { ConfigFlags } from '../config/flags.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';

/** `croupier dev`, as it was typed. */
export interface DevArguments {
  readonly names: readonly string[];
  /** The words after `--`; null: there was no `--`. */
  readonly command: readonly string[] | null;
  readonly options: DevFlags;
}

/** As commander names them. */
export interface DevFlags {
  readonly config?: string;
  readonly upstream?: string;
  readonly service?: string;
  readonly strategy?: string;
  readonly port?: string;
  /** False with `--no-watch`. */
  readonly watch: boolean;
  /** False with `--no-color`. */
  readonly color: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly ci?: boolean;
}

/** What `dev` is to do. The values of the flags are checked with the rest of the configuration. */
export interface DevRequest {
  readonly flags: ConfigFlags;
  readonly watch: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  /** undefined: as the environment and the terminal say. */
  readonly color: boolean | undefined;
  /** Words of the command that is run against the services; null: none, they are developed on. */
  readonly ci: readonly string[] | null;
}

export function readDevArguments({ names, command, options }: DevArguments): Result<DevRequest, UserError> {
  const isCi = options.ci ?? false;
  if (isCi && (command === null || command.length === 0)) {
    return err({
      exitCode: 2,
      message: '--ci is given without a command',
      wayOut: 'Name it after --, for example: croupier dev --ci -- npm test',
    });
  }
  if (command !== null && command.length === 0) {
    return err({
      exitCode: 2,
      message: 'no command after --',
      wayOut: 'Name what to run, for example: croupier dev -- node server.js',
    });
  }
  const { config, upstream, service, strategy, port } = options;
  return ok({
    flags: {
      config,
      upstream,
      service,
      strategy,
      port,
      names,
      command: isCi ? undefined : (command ?? undefined),
    },
    watch: options.watch && !isCi,
    json: options.json ?? false,
    verbose: options.verbose ?? false,
    color: options.color ? undefined : false,
    ci: isCi ? command : null,
  });
}

/**
 * Takes the command after `--` away from the arguments of `dev` and `run`: commander would take it for names of services.
 * Other commands keep their `--`, where it protects an argument that begins with a dash.
 */
export function splitCommand(argv: readonly string[]): {
  readonly argv: readonly string[];
  readonly command: readonly string[] | null;
} {
  const end = argv.indexOf('--');
  const words = argv.slice(0, Math.max(end, 0));
  const name = words.find((word) => !word.startsWith('-'));
  if (name !== 'dev' && name !== 'run') return { argv, command: null };
  return { argv: words, command: argv.slice(end + 1) };
}
