import { err, type Result } from '../core/result.js';
import type { LocalFunctionDescriptor } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { RpcStatus } from '../protocol/served-call.js';
import type { CallContext, Handler, JobContext } from './context.js';
import { type FunctionDescriptor, toLocalDescriptor } from './descriptor.js';
import { FunctionError } from './function-error.js';
import { isAbortOf, toStatus } from './handler-failure.js';
import { decodeJson, encodeBytes, encodeJson } from './payload.js';

/** Known beyond this copy of the package: a CommonJS module and an ES module may each have loaded one. */
const MARK: unique symbol = Symbol.for('croupier.function-definition');

/** A function or job, ready to be run on bytes. */
export interface FunctionDefinition {
  readonly descriptor: LocalFunctionDescriptor;
  /**
   * Runs the handler. Never rejects: what the handler throws becomes a status, and what was not meant for the caller goes to `onBug`.
   */
  run(
    payload: Buffer,
    context: JobContext,
    onBug: (bug: unknown) => void,
  ): Promise<Result<Buffer, RpcStatus>>;
}

/**
 * A function of a function module: `export default defineFunction({ id: 'player.ban' }, ({ playerId }) => ...)`. The handler is as in
 * `service.registerFunction`. Throws a TypeError when the descriptor is wrong.
 */
export function defineFunction<Input = unknown, Output = unknown>(
  descriptor: FunctionDescriptor,
  handler: Handler<Input, Output, CallContext>,
): FunctionDefinition {
  return define(descriptor, handler);
}

/** A job of a function module; the handler is as in `service.registerJob`. */
export function defineJob<Input = unknown, Output = unknown>(
  descriptor: FunctionDescriptor,
  handler: Handler<Input, Output, JobContext>,
): FunctionDefinition {
  return define(descriptor, handler);
}

/** Whether a module exported one of these, rather than anything else. */
export function isFunctionDefinition(value: unknown): value is FunctionDefinition {
  return typeof value === 'object' && value !== null && MARK in value;
}

/** Throws a TypeError when the descriptor is wrong. */
export function define<Input, Output>(
  descriptor: FunctionDescriptor,
  handler: Handler<Input, Output, JobContext>,
): FunctionDefinition {
  const local = toLocalDescriptor(descriptor);
  if (typeof handler !== 'function' && typeof handler?.bytes !== 'function') {
    throw new TypeError(`function ${local.id}: the handler is a function or { bytes: function }`);
  }
  const definition = { [MARK]: true, descriptor: local, run: toRun(handler) };
  return Object.freeze(definition);
}

function toRun<Input, Output>(handler: Handler<Input, Output, JobContext>): FunctionDefinition['run'] {
  return async (payload, context, onBug) => {
    try {
      if (typeof handler === 'object') return encodeBytes(await handler.bytes(payload, context));
      const input = decodeJson<Input>(payload);
      return input.ok ? encodeJson(await handler(input.value, context)) : input;
    } catch (thrown) {
      if (!(thrown instanceof FunctionError) && !isAbortOf(thrown, context.signal)) onBug(thrown);
      return err(toStatus(thrown, context));
    }
  };
}
