import type { ParseError } from 'jsonc-parser';
import { ConfigFileError } from './load-error.js';
import type { KeyPath } from './problem.js';

/** What is wrong, for people; the codes of jsonc-parser are names such as `CommaExpected`. */
function describe(code: string): string {
  return code.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

/** Parses JSON, with comments and trailing commas where `comments`. Throws ConfigFileError with line and column. */
export async function parseJson(text: string, comments: boolean): Promise<unknown> {
  const { parse, printParseErrorCode } = await import('jsonc-parser');
  const errors: ParseError[] = [];
  const options = { allowTrailingComma: comments, disallowComments: !comments, allowEmptyContent: true };
  const value: unknown = parse(withoutMark(text), errors, options);
  const first = errors[0];
  if (first !== undefined) {
    const { line, column } = positionOf(withoutMark(text), first.offset);
    throw new ConfigFileError(`not valid JSON: ${describe(printParseErrorCode(first.error))}`, line, column);
  }
  return value;
}

/** Finds a key in the text of a JSON file; its nearest parent where it is not there itself. */
export async function makeJsonLocator(
  text: string,
): Promise<(path: KeyPath) => { readonly line: number; readonly column: number } | null> {
  const { findNodeAtLocation, parseTree } = await import('jsonc-parser');
  const tree = parseTree(withoutMark(text), [], { allowTrailingComma: true });
  return (path) => {
    const node = tree && findNodeAtLocation(tree, [...path]);
    // The value's parent is the property, which begins at the key.
    const begin = node?.parent?.type === 'property' ? node.parent : node;
    return begin === undefined ? null : positionOf(withoutMark(text), begin.offset);
  };
}

/** Editors on Windows put a byte order mark before the text. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
