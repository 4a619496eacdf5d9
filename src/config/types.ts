/**
 * The configuration as the rest of the program sees it: resolved, with every default in place.
 * Durations are ms, sizes are bytes, paths are absolute unless a comment says otherwise.
 */
export interface SessionConfig {
  /** Folder of the configuration file, or where detection took place. `.croupier/` lives here. */
  readonly root: string;
  /** The file that the configuration came from; null when everything was detected or given by flags. */
  readonly file: string | null;
  readonly services: readonly ServiceConfig[];
  readonly gateway: GatewayConfig;
  readonly upstream: UpstreamConfig;
  /** Where the control API listens; port 0: any free one. */
  readonly control: { readonly host: string; readonly port: number };
  /** For people: what detection chose, and how to change it. One sentence or two each; empty where nothing was detected. */
  readonly notes: readonly string[];
}

export interface GatewayConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The port was asked for (flag, env or file): if it is taken that is an error; a default one moves to the next free. */
  readonly portIsFixed: boolean;
  /** `host:port` under which an upstream dials the gateway; a port of 0 stands for the gateway's own. null: where it listens. */
  readonly advertise: string | null;
  /** The shared port serves TLS; needs `cert` and `key`; `ca` makes it ask callers for a certificate. null: plain text. */
  readonly tls: TlsFiles | null;
  /** The services serve TLS, and their own listeners here do so with `tls`. null: plain text. */
  readonly childTls: TlsFiles | null;
}

/** Where the certificates of one side are: absolute paths of PEM files; null: none, or the system's authorities. */
export interface TlsFiles {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** Name in the other side's certificate, where it is not the host that is dialled. */
  readonly serverName: string | null;
}

export type UpstreamConfig =
  | { readonly kind: 'none' }
  /** Nobody said anything: an agent at the default address is used if there is one. */
  | { readonly kind: 'probe'; readonly host: string; readonly port: number }
  | UpstreamLinkConfig;

/** An upstream that was asked for. */
export interface UpstreamLinkConfig {
  /** `agent`: registration as a game server's; `server`: as an agent, and it dials us; `edge`: as an agent, through a tunnel. */
  readonly kind: 'agent' | 'server' | 'edge';
  /** As the user wrote it. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Our id there; null: made from the service, the host and the folder. */
  readonly agentId: string | null;
  /** null: plain text. */
  readonly tls: TlsFiles | null;
  /** Pauses between attempts to connect, ms: the first, doubling to the longest. On loopback they are never longer than 500 ms. */
  readonly reconnect: { readonly delay: number; readonly max: number };
}

/** Whose defaults hold where the configuration says nothing: those of `croupier dev`, or the conservative ones of `croupier run`. */
export type Profile = 'dev' | 'run';

export const DRAIN_POLICIES = ['hold', 'deregister', 'auto'] as const;

/**
 * What an upstream learns of a swap in which no generation serves for a moment. `hold`: nothing, calls wait here; `deregister` and
 * `auto`: our registration is taken out first where other instances serve every function.
 */
export type DrainPolicy = (typeof DRAIN_POLICIES)[number];

export const RESTART_STRATEGIES = ['auto', 'overlap', 'stop-first'] as const;

export type RestartStrategy = (typeof RESTART_STRATEGIES)[number];

/** Signals that a process can be asked to stop with. */
export const STOP_SIGNALS = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGKILL',
] as const satisfies readonly NodeJS.Signals[];

export type RuleAction = 'ignore' | 'run' | 'hot' | 'restart' | 'rebuild';

/** A command without a shell unless `shell` is true; then `argv` is one element, the shell's text. */
export interface CommandLine {
  readonly argv: readonly string[];
  readonly shell: boolean;
  /** As the user wrote it (a `${VAR}` stays as it is: it may hold a secret), for messages. */
  readonly display: string;
}

export interface WatchRule {
  /** A pattern with gitignore semantics, relative to the service's folder. */
  readonly match: string;
  readonly action: RuleAction;
  /** For `run` only; may hold `{files}`. */
  readonly command: CommandLine | null;
}

export interface BuildConfig {
  /** May hold `{artifact}` and `{generation}`. */
  readonly command: CommandLine;
  readonly timeout: number;
  /** Absolute; holds `{generation}`. What `{artifact}` stands for. */
  readonly artifact: string;
  /** `command` or the service's own command names `{artifact}`: earlier artifacts can be started again. */
  readonly producesArtifact: boolean;
  /** A syntax check that changes nothing: pointless where a candidate is started beside the old generation anyway. */
  readonly checkOnly: boolean;
}

export interface WatchConfig {
  readonly paths: readonly string[];
  /** With leading dot; empty: every file. */
  readonly extensions: readonly string[];
  readonly ignore: readonly string[];
  readonly gitignore: boolean;
  readonly quiet: number;
  readonly polling: boolean | 'auto';
}

export type ReadyConfig =
  | { readonly kind: 'auto'; readonly timeout: number }
  | { readonly kind: 'spawn'; readonly timeout: number }
  /** `url` may hold `{port}`; a bare path means the generation's own port. 2xx and 3xx are ready. */
  | { readonly kind: 'http'; readonly timeout: number; readonly url: string }
  /** `host:port`, `:port` or `{port}`. */
  | { readonly kind: 'tcp'; readonly timeout: number; readonly address: string }
  /** A regular expression, tested against each line of the output. */
  | { readonly kind: 'log'; readonly timeout: number; readonly pattern: string };

export interface ServiceConfig {
  /** Name in the configuration (`services.<name>`), else the service id. */
  readonly name: string;
  readonly service: string;
  /** Told to the child only where the user configured it. */
  readonly serviceIsConfigured: boolean;
  readonly version: string;
  readonly versionIsConfigured: boolean;
  readonly gameId: string | null;
  readonly env: string | null;
  readonly command: CommandLine;
  /** Where the command came from, for the line that explains it: `croupier.config.json`, `package.json scripts.start`, ... */
  readonly commandSource: string;
  readonly cwd: string;
  /** The key `environment`: wins over everything else that the child gets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the `envFile`, without what the runner's own environment has; loses to what the runner sets itself, such as PORT. */
  readonly envFileVariables: Readonly<Record<string, string>>;
  readonly envFile: string;
  readonly stdin: boolean;
  /** Names of services of the same session that have to be active before this one is started. */
  readonly dependsOn: readonly string[];
  readonly build: BuildConfig | null;
  readonly watch: WatchConfig;
  readonly rules: readonly WatchRule[];
  readonly restart: {
    readonly strategy: RestartStrategy;
    readonly signal: NodeJS.Signals;
    readonly stopTimeout: number;
    readonly keepOld: number;
    readonly backoff: { readonly initial: number; readonly max: number };
  };
  readonly ready: ReadyConfig;
  readonly drain: { readonly calls: number; readonly jobs: number; readonly policy: DrainPolicy };
  readonly hold: HoldLimits;
  /** Ids of functions that may run twice. */
  readonly replay: readonly string[];
  /** Functions that the process serves over plain HTTP on its `PORT`. */
  readonly functions: readonly HttpFunctionConfig[];
  /** Stable TCP ports in front of the active generation's `PORT`. */
  readonly proxy: readonly { readonly host: string; readonly port: number }[];
  readonly check: CheckConfig;
  /** How many processes `croupier run` keeps. */
  readonly instances: number;
}

/** What `croupier check` looks at. */
export interface CheckConfig {
  /** Ids that have to be registered. */
  readonly functions: readonly string[];
  readonly invoke: readonly CheckCall[];
}

/** A smoke call. */
export interface CheckCall {
  readonly function: string;
  /** Sent as JSON. */
  readonly payload: unknown;
  /** Of an object the fields that the answer has to have, of anything else the answer itself; null: any will do. */
  readonly expect: unknown;
  readonly timeout: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Started as a job: what counts is its end. */
  readonly job: boolean;
}

/** `POST /functions/player.ban` of a process without an SDK, as a function. */
export interface HttpFunctionConfig {
  readonly id: string;
  readonly version: string;
  readonly method: string;
  readonly path: string;
  /** A JSON Schema file, absolute; null: payloads are not looked at. */
  readonly inputSchema: string | null;
}

export interface HoldLimits {
  readonly timeout: number;
  readonly calls: number;
  readonly bytes: number;
}

/** Defaults of the contract, in ms and bytes. */
export const DEFAULT_HOLD: HoldLimits = { timeout: 30_000, calls: 1000, bytes: 64 * 1024 * 1024 };
