import type { HttpFunctionConfig } from '../config/types.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { type InputSchema, InputSchemas } from '../gateway/http-input-schema.js';

/** The input schemas of a service's HTTP functions: from the files that its configuration names, and from its manifest. */
export class HttpInputSchemas {
  readonly #schemas = new InputSchemas();
  /** By file, the last one in it that could be used. */
  readonly #lastGood = new Map<string, InputSchema>();

  /** Before anything is started: a file that cannot be used is the user's to correct. */
  async check(functions: readonly HttpFunctionConfig[]): Promise<Result<void, UserError>> {
    for (const { id, inputSchema } of functions) {
      const read = inputSchema === null ? ok(null) : await this.#read(inputSchema);
      if (read.ok) continue;
      return err({
        exitCode: 2,
        message: `the input schema of the function ${id}: ${read.error}`,
        wayOut: `Correct that file, or change "inputSchema" of ${id} under "functions" in the configuration.`,
      });
    }
    return ok(undefined);
  }

  /** The schema as its file has it now, or else as it was last. `onProblem` is told in words what is wrong with the file. */
  async ofConfigured(
    { id, inputSchema }: HttpFunctionConfig,
    onProblem: (message: string) => void,
  ): Promise<InputSchema | null> {
    if (inputSchema === null) return null;
    const read = await this.#read(inputSchema);
    if (read.ok) return read.value;
    const last = this.#lastGood.get(inputSchema) ?? null;
    const instead = last === null ? 'its payloads are not validated' : 'the last good one is used';
    onProblem(`the input schema of the function ${id}: ${read.error}; ${instead}`);
    return last;
  }

  /** A schema of the manifest; where it is none, the function is served without validation. */
  async ofManifest(
    id: string,
    schema: unknown,
    onProblem: (message: string) => void,
  ): Promise<InputSchema | null> {
    if (schema === undefined) return null;
    const compiled = await this.#schemas.compile(schema);
    if (compiled.ok) return compiled.value;
    onProblem(
      `the input schema of the function ${id} in the manifest ${compiled.error}; its payloads are not validated`,
    );
    return null;
  }

  async #read(file: string): Promise<Result<InputSchema, string>> {
    const read = await this.#schemas.read(file);
    if (read.ok) this.#lastGood.set(file, read.value);
    return read;
  }
}
