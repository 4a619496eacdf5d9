import { err, ok, type Result } from '../core/result.js';
import type { LocalFunctionDescriptor } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { RpcStatus } from '../protocol/typed-server.js';
import type { Handler, JobContext } from './context.js';
import { type FunctionDescriptor, toLocalDescriptor } from './descriptor.js';
import { toStatus } from './handler-failure.js';
import { decodeJson, encodeBytes, encodeJson } from './payload.js';

/** A registered function or job, ready to be run on bytes. */
export interface RegisteredFunction {
  readonly descriptor: LocalFunctionDescriptor;
  /** Runs the handler. Never rejects: what the handler throws becomes a status. */
  run(payload: Buffer, context: JobContext): Promise<Result<Buffer, RpcStatus>>;
}

/** The functions and jobs of one service, by id, in the order of their registration. */
export class FunctionRegistry {
  readonly #functions = new Map<string, RegisteredFunction>();

  /** Throws a TypeError when the descriptor is wrong or its id is taken. */
  add<Input, Output>(descriptor: FunctionDescriptor, handler: Handler<Input, Output, JobContext>): void {
    const local = toLocalDescriptor(descriptor);
    if (this.#functions.has(local.id)) throw new TypeError(`function ${local.id} is registered already`);
    this.#functions.set(local.id, { descriptor: local, run: toRun(handler) });
  }

  get(id: string): Result<RegisteredFunction, RpcStatus> {
    const found = this.#functions.get(id);
    if (found !== undefined) return ok(found);
    return err({ code: 'NOT_FOUND', message: `no function ${JSON.stringify(id)} is registered here` });
  }

  descriptors(): LocalFunctionDescriptor[] {
    return [...this.#functions.values()].map((one) => one.descriptor);
  }
}

function toRun<Input, Output>(handler: Handler<Input, Output, JobContext>): RegisteredFunction['run'] {
  return async (payload, context) => {
    try {
      if (typeof handler === 'object') return encodeBytes(await handler.bytes(payload, context));
      const input = decodeJson<Input>(payload);
      return input.ok ? encodeJson(await handler(input.value, context)) : input;
    } catch (thrown) {
      return err(toStatus(thrown, context.signal));
    }
  };
}
