import type { UserError } from '../core/user-error.js';
import { DEFAULTS } from './defaults.js';
import { isRecord } from './record.js';

export type KeyPath = readonly (string | number)[];

/** One thing that is wrong in a configuration file. */
export interface Problem {
  readonly path: KeyPath;
  /** Completes "`key` is value, but ...". */
  readonly complaint: string;
  /** null: the way out is to write what the complaint asks for, or to remove the key. */
  readonly wayOut: string | null;
}

/** Where a configuration came from, as far as messages need it. */
export interface ConfigSource {
  /** For people: relative to the current folder where it lies below it. */
  readonly display: string;
  /** As the file has it, before `${VAR}` is expanded: what stands in a variable is nobody's business in a message. */
  readonly raw: unknown;
  /** Keys above the configuration: `croupier` in package.json. */
  readonly keyPrefix: KeyPath;
  /** `:line:column` (from 1) of a key, where the format can tell; else empty. */
  locate(path: KeyPath): string;
}

const SHOWN_PROBLEMS = 10;
const SHOWN_VALUE_LENGTH = 120;

/** Makes one error of all that is wrong with a file. Exit code 2. */
export function problemsToUserError(problems: readonly Problem[], source: ConfigSource): UserError {
  const sorted = [...problems].sort((a, b) => compareInFile(a.path, b.path, source.raw));
  const shown = sorted.slice(0, SHOWN_PROBLEMS);
  const lines = shown.map((problem) => describeProblem(problem, source));
  const more = problems.length - SHOWN_PROBLEMS;
  if (more > 0) lines.push(`and ${more} more in ${source.display}`);
  const waysOut = new Set(shown.map((problem) => wayOutOf(problem, source)));
  return { exitCode: 2, message: lines.join('\n'), wayOut: [...waysOut].join('\n') };
}

/** In the order in which the keys stand in the file; what is missing comes last in its section. */
function compareInFile(a: KeyPath, b: KeyPath, raw: unknown): number {
  const depth = a.findIndex((part, index) => part !== b[index]);
  if (depth === -1) return a.length - b.length;
  const parent = valueAt(raw, a.slice(0, depth));
  const keys = isRecord(parent) ? Object.keys(parent) : [];
  const rank = (part: string | number | undefined): number => {
    if (typeof part === 'number') return part;
    const index = part === undefined ? -1 : keys.indexOf(part);
    return index === -1 ? keys.length : index;
  };
  return rank(a[depth]) - rank(b[depth]);
}

function describeProblem(problem: Problem, source: ConfigSource): string {
  const where = `${source.display}${source.locate([...source.keyPrefix, ...problem.path])}`;
  const key = showKey([...source.keyPrefix, ...problem.path]);
  if (problem.path.length === 0) return `${where}: ${problem.complaint}`;
  const value = valueAt(source.raw, problem.path);
  return value === undefined
    ? `${where}: \`${key}\` is missing: ${problem.complaint}`
    : `${where}: \`${key}\` is ${showValueOf(problem.path, value)}, but ${problem.complaint}`;
}

function wayOutOf(problem: Problem, source: ConfigSource): string {
  if (problem.wayOut !== null) return problem.wayOut;
  const key = showKey([...source.keyPrefix, ...problem.path]);
  const fallback = valueAt(DEFAULTS, withoutService(problem.path));
  return fallback === undefined
    ? `Correct \`${key}\` in ${source.display}.`
    : `Correct \`${key}\` in ${source.display}, or remove it: the default is ${showValue(fallback)}.`;
}

/** `services.game.rules[1].action`. */
export function showKey(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = /^[\w$@./-]+$/.test(part) ? part : JSON.stringify(part);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

/** A value as JSON, cut where it is long. */
export function showValue(value: unknown): string {
  const text = typeof value === 'function' ? 'a function' : toJson(value);
  return text.length > SHOWN_VALUE_LENGTH ? `${text.slice(0, SHOWN_VALUE_LENGTH)}...` : text;
}

/** Values of `environment` can be secrets, so only their kind is shown. */
function showValueOf(path: KeyPath, value: unknown): string {
  if (!path.includes('environment')) return showValue(value);
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : `of type ${typeof value}`;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'a value that JSON cannot hold';
  }
}

/** What stands at a path; undefined where there is nothing. */
export function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((at, part) => {
    if (Array.isArray(at)) return typeof part === 'number' ? at[part] : undefined;
    return isRecord(at) && Object.hasOwn(at, part) ? at[part] : undefined;
  }, value);
}

/** The path as it would be outside `services.<name>`. */
export function withoutService(path: KeyPath): KeyPath {
  return path[0] === 'services' && path.length > 2 ? path.slice(2) : path;
}
