import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { parseCommand } from './command.js';
import { type ListenAddress, parseListenAddress, parsePort } from './listen-address.js';
import { type CommandLine, RESTART_STRATEGIES, type RestartStrategy } from './types.js';
import { parseUpstreamUrl, UPSTREAM_FORMS, type UpstreamUrl } from './upstream-url.js';

/** Says how a setting from outside the file (a flag, a variable) is to be written; null where it is fine. */
type Reader<T> = (text: string) => Result<T, string>;

/**
 * Reads one setting from outside the file. `name` is how the user knows it: `--strategy`, `CROUPIER_STRATEGY`.
 * undefined stays undefined.
 */
export function readSetting<T>(
  name: string,
  text: string | undefined,
  read: Reader<T>,
): Result<T | undefined, UserError> {
  if (text === undefined) return ok(undefined);
  const result = read(text);
  if (result.ok) return result;
  return err({
    exitCode: 2,
    message: `${name} is ${JSON.stringify(text)}, but ${result.error}`,
    wayOut: `Correct ${name}, or leave it out.`,
  });
}

export const readText: Reader<string> = (text) => (text === '' ? err('it must not be empty') : ok(text));

export const readStrategy: Reader<RestartStrategy> = (text) => {
  const strategy = RESTART_STRATEGIES.find((one) => one === text);
  return strategy === undefined ? err(`it must be one of ${RESTART_STRATEGIES.join(', ')}`) : ok(strategy);
};

export const readPort: Reader<number> = (text) => {
  const port = parsePort(text);
  return port === null ? err('it must be a port from 0 (any free one) to 65535') : ok(port);
};

export const readCount: Reader<number> = (text) =>
  /^[1-9]\d{0,8}$/.test(text) ? ok(Number(text)) : err('it must be a whole number, 1 or more');

export const readListen: Reader<ListenAddress> = parseListenAddress;

export const readCommand: Reader<CommandLine> = (text) => parseCommand(text, false);

/** The address of an upstream; `none`: there shall be none, not even one that is found. */
export type UpstreamSetting = UpstreamUrl | 'none';

export const readUpstream: Reader<UpstreamSetting> = (text) => {
  if (text === 'none') return ok('none');
  const url = parseUpstreamUrl(text);
  return url.ok || url.error.startsWith('its port') ? url : err(`it must be ${UPSTREAM_FORMS}, or none`);
};
