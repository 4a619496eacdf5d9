import { err, ok, type Result } from '../core/result.js';
import type { KeyPath, Problem } from './problem.js';
import { isRecord } from './record.js';

/** The value of a variable; undefined where it is not set. */
export type LookupVariable = (name: string) => string | undefined;

type ExpandFailure =
  | { readonly reason: 'unset'; readonly name: string }
  | { readonly reason: 'malformed'; readonly text: string };

/** A configuration nested deeper than this is a cycle in a module's object. */
const DEEPEST = 40;

const REFERENCE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * Expands `${VAR}` and `${VAR:-default}` (the default counts for an empty variable as well, as in a shell); `$${` stands
 * for a literal `${`. Single braces such as `{port}` are left alone: they are filled when a process is started.
 */
export function expandText(text: string, lookup: LookupVariable): Result<string, ExpandFailure> {
  let expanded = '';
  let at = 0;
  for (;;) {
    const start = text.indexOf('${', at);
    if (start === -1) return ok(expanded + text.slice(at));
    if (text[start - 1] === '$' && start > at) {
      expanded += `${text.slice(at, start - 1)}\${`;
      at = start + 2;
      continue;
    }
    const end = closingBrace(text, start + 2);
    const value = end === -1 ? malformed(text.slice(start)) : reference(text.slice(start, end + 1), lookup);
    if (!value.ok) return value;
    expanded += text.slice(at, start) + value.value;
    at = end + 1;
  }
}

function reference(text: string, lookup: LookupVariable): Result<string, ExpandFailure> {
  const [, name, fallback] = REFERENCE.exec(text.slice(2, -1)) ?? [];
  if (name === undefined) return malformed(text);
  const value = lookup(name);
  if (fallback === undefined) return value === undefined ? err({ reason: 'unset', name }) : ok(value);
  return value === undefined || value === '' ? expandText(fallback, lookup) : ok(value);
}

function malformed(text: string): Result<never, ExpandFailure> {
  return err({ reason: 'malformed', text });
}

/** A default may hold braces of its own, as in `${URL:-http://localhost:{port}}`. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}') depth--;
    if (depth === 0) return at;
  }
  return -1;
}

/** A copy of the value with every string expanded and without undefined properties, and what could not be expanded. */
export function expandValue(
  value: unknown,
  lookup: LookupVariable,
  path: KeyPath = [],
): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const walk = (one: unknown, at: KeyPath): unknown => {
    if (typeof one === 'string') {
      const expanded = expandText(one, lookup);
      if (expanded.ok) return expanded.value;
      problems.push(toProblem(expanded.error, at));
      return one;
    }
    if (at.length > DEEPEST) {
      problems.push({ path: at.slice(0, 3), complaint: 'it is nested too deeply', wayOut: null });
      return null;
    }
    if (Array.isArray(one)) return one.map((element: unknown, index) => walk(element, [...at, index]));
    if (!isRecord(one)) return one;
    const entries = Object.entries(one).filter(([, element]) => element !== undefined);
    return Object.fromEntries(entries.map(([key, element]) => [key, walk(element, [...at, key])]));
  };
  return { value: walk(value, path), problems };
}

function toProblem(failure: ExpandFailure, path: KeyPath): Problem {
  if (failure.reason === 'unset') {
    return {
      path,
      complaint: `the variable ${failure.name} is not set`,
      wayOut: `Set ${failure.name} in the environment or in the envFile, or write \${${failure.name}:-default}.`,
    };
  }
  return {
    path,
    complaint: `\`${failure.text}\` is neither \${VAR} nor \${VAR:-default}`,
    wayOut: `Write $\${ where the text is to keep a \${, for example for a shell.`,
  };
}
