import type { RawMethod } from '../protocol/raw-server.js';
import type { Dispatcher } from './dispatcher.js';
import type { Jobs } from './jobs.js';
import { FUNCTION_SERVICES } from './probe-service.js';
import type { GenerationRef } from './types.js';

/**
 * The function services as callers see them, under all three names. `origin` is the generation that the listener belongs to;
 * null: the shared port.
 */
export function functionMethods(
  dispatcher: Dispatcher,
  jobs: Jobs,
  origin: GenerationRef | null,
): readonly RawMethod[] {
  return FUNCTION_SERVICES.flatMap((service): readonly RawMethod[] => [
    {
      kind: 'unary',
      path: `/${service}/Invoke`,
      handle: (call) => dispatcher.accept(call, 'call', origin),
    },
    {
      kind: 'unary',
      path: `/${service}/StartJob`,
      handle: (call) => dispatcher.accept(call, 'job', origin),
    },
    { kind: 'stream', path: `/${service}/StreamJob`, handle: (call) => jobs.read(call) },
    { kind: 'unary', path: `/${service}/CancelJob`, handle: (call) => jobs.answerCancel(call) },
  ]);
}
