import { err, ok, type Result } from '../core/result.js';
import type { Handler, JobContext } from './context.js';
import type { FunctionDescriptor } from './descriptor.js';
import { define, type FunctionDefinition } from './function-definition.js';
import type { FunctionRegistry } from './function-registry.js';
import { messageOf } from './handler-failure.js';
import type { FailedReload } from './hot-reload.js';

/** What the app itself puts in the place of a registered function or job. */
export interface FunctionReload {
  /** Of the function that is replaced. */
  readonly id: string;
  /** Its new descriptor, with the same id. */
  readonly descriptor: FunctionDescriptor;
  readonly handler: Handler<never, unknown, JobContext>;
}

/** The definitions of a batch. The error names each entry that is wrong. */
export function checkReloads(
  batch: readonly FunctionReload[],
  registry: Pick<FunctionRegistry, 'has'>,
): Result<FunctionDefinition[], FailedReload[]> {
  const failed: FailedReload[] = [];
  const definitions: FunctionDefinition[] = [];
  const seen = new Set<string>();
  for (const { id, descriptor, handler } of batch) {
    const refuse = (error: string) => failed.push({ id, path: null, error });
    try {
      const definition = define(descriptor, handler);
      if (!registry.has(id)) refuse(`no function ${JSON.stringify(id)} is registered here`);
      else if (definition.descriptor.id !== id)
        refuse(`function ${id}: its descriptor has another id, ${definition.descriptor.id}`);
      else if (seen.has(id)) refuse(`function ${id} is in the batch twice`);
      else definitions.push(definition);
    } catch (mistake) {
      refuse(messageOf(mistake));
    }
    seen.add(id);
  }
  return failed.length === 0 ? ok(definitions) : err(failed);
}
