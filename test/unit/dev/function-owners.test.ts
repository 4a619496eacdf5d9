import { describe, expect, it } from 'vitest';
import { FunctionOwners } from '../../../src/dev/function-owners.js';
import type { RoutableFunction } from '../../../src/gateway/types.js';
import { LocalFunctionDescriptor } from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';

function routable(id: string, service: string, generation: number | null = 1): RoutableFunction {
  return { ...LocalFunctionDescriptor.decode(new Uint8Array()), id, service, generation };
}

describe('functions that several services register', () => {
  it('are told once, with whoever gets the calls', () => {
    const owners = new FunctionOwners();
    const both = [routable('ban', 'a'), routable('kick', 'a'), routable('ban', 'b')];
    expect(owners.look(both)).toEqual([
      'the function ban is registered by a and b: calls go to a. Give it another id in b',
    ]);
    expect(owners.look(both)).toEqual([]);
  });

  it('external services are none of ours', () => {
    expect(new FunctionOwners().look([routable('ban', 'a'), routable('ban', 'x', null)])).toEqual([]);
  });
});
