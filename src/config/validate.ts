import type * as z from 'zod';
import { err, ok, type Result } from '../core/result.js';
import { findUnavailable } from './availability.js';
import { keysAt } from './nearest-key.js';
import { nearestName } from './nearest-name.js';
import { type KeyPath, type Problem, showKey, withoutService } from './problem.js';
import { type FileConfig, fileSchema } from './schema/file.js';

/** Checks an expanded configuration against the schema, and for what this version does not have. */
export function validate(value: unknown): Result<FileConfig, readonly Problem[]> {
  const unavailable = findUnavailable(value);
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return unavailable.length === 0 ? ok(parsed.data) : err(unavailable);
  const invalid = parsed.error.issues
    .flatMap((issue) => toProblems(issue, []))
    .filter((problem) => !unavailable.some((one) => startsWith(problem.path, one.path)));
  return err([...unavailable, ...invalid]);
}

function startsWith(path: KeyPath, start: KeyPath): boolean {
  return start.every((part, index) => path[index] === part);
}

function toProblems(issue: z.core.$ZodIssue, above: KeyPath): readonly Problem[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key));
    case 'invalid_union': {
      const branch = issue.errors.find((issues) => !issues.some(isOfAnotherKind));
      return branch === undefined
        ? [{ path, complaint: issue.message, wayOut: null }]
        : branch.flatMap((one) => toProblems(one, path));
    }
    case 'invalid_key':
      return [{ path, complaint: issue.issues[0]?.message ?? 'it is no valid name', wayOut: null }];
    case 'invalid_type':
      return [
        {
          path,
          complaint: hasOwnWords(issue.message) ? issue.message : `it must be ${article(issue.expected)}`,
          wayOut: null,
        },
      ];
    default:
      return [{ path, complaint: issue.message, wayOut: null }];
  }
}

/** The value is not what this branch of a union is about at all; otherwise the branch was meant, and has a mistake inside. */
function isOfAnotherKind(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

function hasOwnWords(message: string): boolean {
  return !message.startsWith('Invalid input');
}

function article(kind: string): string {
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

function unknownKey(parent: KeyPath, key: string): Problem {
  const valid = keysAt(fileSchema, parent);
  const near = nearestName(key, valid);
  const where = parent.length === 0 ? 'Valid keys' : `Valid keys of \`${showKey(withoutService(parent))}\``;
  const hint = near === null ? '' : `Did you mean \`${near}\`? `;
  return {
    path: [...parent, key],
    complaint: 'there is no such key',
    wayOut: `${hint}${where}: ${valid.join(', ')}.`,
  };
}
