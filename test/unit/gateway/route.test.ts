import { describe, expect, test } from 'vitest';
import {
  type ExternalView,
  type GateMode,
  type GenerationView,
  type Presence,
  type RoutingRequest,
  resolve,
  type ServiceView,
} from '../../../src/gateway/route.js';

function presenceIn(functions: Record<string, Presence>): (functionId: string) => Presence {
  return (functionId) => functions[functionId] ?? 'absent';
}

function generation(functions: Record<string, Presence>, isOpen = true): GenerationView {
  return { isOpen, presence: presenceIn(functions) };
}

function service(
  mode: GateMode,
  options: {
    readonly name?: string;
    readonly routed?: GenerationView;
    readonly known?: readonly string[];
    readonly wasActive?: boolean;
    readonly key?: string;
    readonly load?: number;
    readonly lastUse?: number;
  } = {},
): ServiceView {
  return {
    key: options.key ?? options.name ?? 'game',
    name: options.name ?? 'game',
    mode,
    failure: 'it does not start',
    wasActive: options.wasActive ?? options.routed !== undefined,
    routed: options.routed ?? null,
    knows: (functionId) => options.known?.includes(functionId) ?? false,
    load: options.load ?? 0,
    lastUse: options.lastUse ?? 0,
  };
}

const external = (functions: Record<string, Presence>): ExternalView => ({ presence: presenceIn(functions) });

const call: RoutingRequest = { functionId: 'ban', kind: 'call', origin: null, mayPassOn: false };
const job: RoutingRequest = { ...call, kind: 'job' };
const ownCall: RoutingRequest = { ...call, origin: 'game' };
const ownJob: RoutingRequest = { ...job, origin: 'game' };
const othersCall: RoutingRequest = { ...call, origin: 'shop' };

/** `game`, `hold game`, `external`, `hold external`, `failed game`, `unknown`. */
function route(
  request: RoutingRequest,
  services: readonly ServiceView[],
  externals: readonly ExternalView[] = [],
): string {
  const resolution = resolve({ services, externals }, request);
  switch (resolution.action) {
    case 'dispatch':
      return resolution.to === 'external' ? 'external' : resolution.service;
    case 'hold':
      return `hold ${resolution.service ?? 'external'}`;
    case 'reject':
      return `failed ${resolution.service}`;
    case 'pass-on':
      return 'pass on';
    case 'unknown-function':
      return 'unknown';
  }
}

const ready = generation({ ban: 'ready' });

describe('a service that serves the function', () => {
  test.each<[GateMode, string, RoutingRequest, string]>([
    ['routed', 'a call', call, 'game'],
    ['routed', 'a job', job, 'game'],
    ['routed', 'an own call', ownCall, 'game'],
    ['hold-jobs', 'a call', call, 'game'],
    ['hold-jobs', 'a job', job, 'hold game'],
    ['hold-jobs', 'an own job', ownJob, 'game'],
    ['hold-all', 'a call', call, 'hold game'],
    ['hold-all', 'a job', job, 'hold game'],
    ['hold-all', 'an own call', ownCall, 'game'],
    ['hold-all', 'an own job', ownJob, 'game'],
    ['hold-all', 'a call of another service', othersCall, 'hold game'],
    ['failed', 'a call', call, 'failed game'],
    ['failed', 'an own call', ownCall, 'failed game'],
  ])('in mode %s: %s', (mode, _what, request, expected) => {
    expect(route(request, [service(mode, { routed: ready })])).toBe(expected);
  });

  test('whose address does not answer or is busy: wait', () => {
    expect(route(call, [service('routed', { routed: generation({ ban: 'waiting' }) })])).toBe('hold game');
    expect(route(ownCall, [service('hold-all', { routed: generation({ ban: 'waiting' }) })])).toBe(
      'hold game',
    );
  });

  test('that took itself out: its successor is waited for', () => {
    expect(route(call, [service('routed', { routed: generation({ ban: 'withdrawn' }) })])).toBe('hold game');
  });
});

describe('a service whose routed generation is gone', () => {
  const gone = generation({ ban: 'ready' }, false);

  test.each<[GateMode, string]>([
    ['routed', 'hold game'],
    ['hold-jobs', 'hold game'],
    ['hold-all', 'hold game'],
    ['failed', 'failed game'],
  ])('in mode %s', (mode, expected) => {
    expect(route(call, [service(mode, { routed: gone, known: ['ban'] })])).toBe(expected);
    expect(route(ownCall, [service(mode, { routed: gone, known: ['ban'] })])).toBe(expected);
  });

  test('has nothing to do with a function that it never had', () => {
    for (const mode of ['routed', 'hold-jobs', 'hold-all', 'failed'] as const) {
      expect(route(call, [service(mode, { routed: gone, known: ['kick'] })])).toBe('unknown');
    }
  });
});

describe('a function that the routed generation lacks', () => {
  const other = generation({ kick: 'ready' });

  test('is not there, whatever a former or a future generation has', () => {
    expect(route(call, [service('routed', { routed: other, known: ['ban'] })])).toBe('unknown');
    expect(route(call, [service('hold-jobs', { routed: other, known: ['ban'] })])).toBe('unknown');
  });

  test('is waited for while everything is held and the next generation has it', () => {
    expect(route(call, [service('hold-all', { routed: other, known: ['ban'] })])).toBe('hold game');
    expect(route(call, [service('hold-all', { routed: other })])).toBe('unknown');
  });
});

describe('a function that nobody has', () => {
  test('waits for a service that was never active', () => {
    expect(route(call, [service('hold-all')])).toBe('hold game');
    expect(
      route(call, [service('routed', { routed: generation({}) }), service('hold-all', { name: 'shop' })]),
    ).toBe('hold shop');
  });

  test('is answered at once where that service failed', () => {
    expect(route(call, [service('failed')])).toBe('failed game');
  });

  test('waits as long as one that never was active can still bring it', () => {
    expect(route(call, [service('failed'), service('hold-all', { name: 'shop' })])).toBe('hold shop');
  });

  test('is unknown once every service was active', () => {
    expect(route(call, [])).toBe('unknown');
    expect(route(call, [service('hold-all', { routed: generation({}) })])).toBe('unknown');
    expect(route(call, [service('failed', { routed: generation({}) })])).toBe('unknown');
  });
});

describe('a function that somebody else may have', () => {
  const passable: RoutingRequest = { ...ownCall, mayPassOn: true };

  test('is asked for there where nobody here has it, before anything is waited for', () => {
    expect(route(passable, [])).toBe('pass on');
    expect(route(passable, [service('hold-all')])).toBe('pass on');
    expect(route(passable, [service('failed')])).toBe('pass on');
    expect(route(passable, [service('routed', { routed: generation({}) })])).toBe('pass on');
  });

  test('is not asked for there where somebody here has it, or had it and may have it again', () => {
    expect(route(passable, [service('routed', { routed: ready })])).toBe('game');
    expect(route(passable, [service('hold-all', { known: ['ban'], wasActive: true })])).toBe('hold game');
    expect(route(passable, [service('failed', { known: ['ban'], wasActive: true })])).toBe('failed game');
    expect(route(passable, [], [external({ ban: 'ready' })])).toBe('external');
    expect(route(passable, [], [external({ ban: 'withdrawn' })])).toBe('hold external');
  });
});

describe('several that have the function', () => {
  test('a supervised service wins over an external one, even while it holds', () => {
    const externals = [external({ ban: 'ready' })];
    expect(route(call, [service('routed', { routed: ready })], externals)).toBe('game');
    expect(route(call, [service('hold-all', { routed: ready })], externals)).toBe('hold game');
    expect(route(call, [service('failed', { known: ['ban'], wasActive: true })], externals)).toBe(
      'failed game',
    );
  });

  test('one that can take the call wins over one that holds, that over one that failed', () => {
    const serving = service('routed', { name: 'b', routed: ready });
    const holding = service('hold-all', { name: 'h', routed: ready });
    const failed = service('failed', { name: 'f', routed: ready });
    expect(route(call, [failed, holding, serving])).toBe('b');
    expect(route(call, [failed, holding])).toBe('hold h');
  });

  test('external ones are used before a service that only might bring the function', () => {
    expect(route(call, [service('hold-all')], [external({ ban: 'ready' })])).toBe('external');
  });

  test('external ones are waited for where none can be reached', () => {
    expect(route(call, [], [external({ ban: 'waiting' }), external({})])).toBe('hold external');
    expect(route(call, [], [external({ ban: 'waiting' }), external({ ban: 'ready' })])).toBe('external');
  });
});

describe('several instances', () => {
  const instance = (key: string, mode: GateMode, options: Parameters<typeof service>[1] = {}): ServiceView =>
    service(mode, { routed: ready, key, ...options });

  test('the one with the least to do is called', () => {
    const services = [instance('1', 'routed', { load: 2 }), instance('2', 'routed', { load: 1 })];
    expect(route(call, services)).toBe('2');
    expect(route(job, services)).toBe('2');
  });

  test('among equals, the one that was not used for longest', () => {
    const services = [
      instance('1', 'routed', { lastUse: 7 }),
      instance('2', 'routed', { lastUse: 5 }),
      instance('3', 'routed', { lastUse: 6 }),
    ];
    expect(route(call, services)).toBe('2');
  });

  test('no call waits for one that is away while another serves', () => {
    for (const mode of ['hold-all', 'failed'] as const)
      expect(route(call, [instance('1', mode), instance('2', 'routed', { load: 9 })])).toBe('2');
    const waiting = generation({ ban: 'waiting' });
    expect(route(call, [instance('1', 'routed', { routed: waiting }), instance('2', 'routed')])).toBe('2');
  });

  test('a call waits where none serves, and is refused only where all have failed', () => {
    expect(route(call, [instance('1', 'failed'), instance('2', 'hold-all')])).toBe('hold 2');
    expect(route(call, [instance('1', 'failed'), instance('2', 'failed')])).toBe('failed 1');
  });

  test('own calls of one that is drained go to the others, and to itself where there is no other', () => {
    const own: RoutingRequest = { ...call, origin: '1' };
    expect(route(own, [instance('1', 'hold-all'), instance('2', 'routed', { load: 9 })])).toBe('2');
    expect(route(own, [instance('1', 'hold-all'), instance('2', 'hold-all')])).toBe('1');
    expect(route({ ...call, origin: '2' }, [instance('1', 'hold-all'), instance('2', 'failed')])).toBe(
      'hold 1',
    );
  });

  test('those of another service that has the same function get nothing', () => {
    const services = [instance('1', 'routed', { load: 9 }), instance('shop', 'routed', { name: 'shop' })];
    expect(route(call, services)).toBe('1');
  });

  test('once one is active, an unknown function is not waited for at the others', () => {
    const other: RoutingRequest = { ...call, functionId: 'kick' };
    const starting = service('hold-all', { key: '2' });
    expect(route(other, [instance('1', 'routed'), starting])).toBe('unknown');
  });
});
