import type { RegisteredFunction } from '../../../src/gateway/types.js';

/** A function as a game server registers it, with what the test is about. */
export function registered(id: string, part: Partial<RegisteredFunction> = {}): RegisteredFunction {
  return {
    id,
    version: '1.0.0',
    tags: [],
    summary: '',
    description: '',
    operationId: '',
    deprecated: false,
    inputSchema: '',
    outputSchema: '',
    category: '',
    risk: '',
    entity: '',
    operation: '',
    ...part,
  };
}
