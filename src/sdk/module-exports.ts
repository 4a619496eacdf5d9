import { err, ok, type Result } from '../core/result.js';
import { type FunctionDefinition, isFunctionDefinition } from './function-definition.js';

/**
 * The functions of what a module exports by default: one definition, a list, or a function of the app's context that gives either. A module
 * that exports nothing of the kind is a library, and has none.
 */
export async function definitionsOf(
  exported: unknown,
  context: unknown,
): Promise<Result<readonly FunctionDefinition[], string>> {
  if (typeof exported !== 'function' || isClass(exported)) return toDefinitions(exported, false);
  const given: unknown = await Reflect.apply(exported, undefined, [context]);
  return toDefinitions(given, true);
}

function toDefinitions(value: unknown, isAnswer: boolean): Result<readonly FunctionDefinition[], string> {
  if (isFunctionDefinition(value)) return ok([value]);
  if (Array.isArray(value)) {
    const definitions = value.filter(isFunctionDefinition);
    if (definitions.length === value.length) return ok(definitions);
    // A library may export a list of anything.
    if (definitions.length === 0 && !isAnswer) return ok([]);
    return err('its list holds something else than what defineFunction() and defineJob() give');
  }
  if (!isAnswer) return ok([]);
  return err(
    'the function that it exports by default answered neither a definition (defineFunction, defineJob) nor a list of them; a library belongs into a folder lib/',
  );
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}
