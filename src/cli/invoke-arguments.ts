/** `croupier invoke`, as it was typed. Values are checked by the command. */
export interface InvokeArguments {
  readonly functionId: string;
  /** JSON text; `-`: read it from stdin; undefined: none. */
  readonly payload: string | undefined;
  readonly job: boolean;
  /** A duration such as `2s`. */
  readonly timeout: string | undefined;
  /** `key=value` each. */
  readonly metadata: readonly string[];
  readonly idempotencyKey: string | undefined;
  /** `host:port` of the agent to call. */
  readonly agent: string | undefined;
  /** PEM files, and the name in the agent's certificate; any of them asks for TLS. */
  readonly tls: InvokeTls;
  readonly json: boolean;
}

export interface InvokeTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly serverName: string | undefined;
}
