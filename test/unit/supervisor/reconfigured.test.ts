import { describe, expect, it } from 'vitest';
import type { Facts, Input, Settings } from '../../../src/supervisor/state.js';
import {
  baseFacts,
  buildFailed,
  built,
  compiled,
  drained,
  exited,
  feed,
  line,
  machine,
  portTaken,
  ready,
  start,
  stopped,
  wanted,
  words,
} from './machine.js';
import { CONFIGURATIONS, walk } from './world.js';

const { strategy, mode, build, producesArtifact, artifactTemplate, crashLimit } = baseFacts;
const plain: Settings = { strategy, mode, build, producesArtifact, artifactTemplate, crashLimit };
const reconfigured = (part: Partial<Settings> = {}): Input => ({
  type: 'reconfigured',
  settings: { ...plain, ...part },
});
const stopFirst = { strategy: 'stop-first', mode: 'stop-first' } as const;
const otherPlace = {
  build: 'full',
  producesArtifact: true,
  artifactTemplate: '/b/{generation}/app',
} as const;

interface Row {
  readonly name: string;
  readonly facts?: Partial<Facts>;
  readonly inputs: readonly Input[];
  readonly state: string;
  /** Effects of the last input. */
  readonly effects: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    name: 'does nothing by itself',
    inputs: [start(), ready(1), reconfigured(stopFirst)],
    state: 'ready 1',
    effects: [],
  },
  {
    name: 'the next swap is done as it is said now',
    inputs: [start(), ready(1), reconfigured(stopFirst), wanted()],
    state: 'draining jobs of 1 then start',
    effects: ['hold jobs', 'drain jobs 1'],
  },
  {
    name: 'from stop-first to overlap, too',
    facts: stopFirst,
    inputs: [start(), ready(1), reconfigured(), wanted()],
    state: 'starting 2 over 1',
    effects: ['start 2'],
  },
  {
    name: 'a swap that is under way goes on as it began',
    facts: stopFirst,
    inputs: [start(), ready(1), wanted(), reconfigured(), drained(1, 'jobs'), drained(1, 'calls')],
    state: 'stopping 1 then start',
    effects: ['stop 1'],
  },
  {
    name: 'the candidate with the settings before is discarded for the one with the new ones',
    inputs: [start(), ready(1), wanted(), reconfigured(), wanted()],
    state: 'starting 3 over 1',
    effects: ['discard 2', 'start 3'],
  },
  {
    name: 'a build that is there now runs before the next start',
    inputs: [start(), ready(1), reconfigured(otherPlace), wanted({ action: 'restart' })],
    state: 'building 2 over 1',
    effects: ['build 2'],
  },
  {
    name: 'a build that is not there any more is cancelled, and its process starts without one',
    facts: compiled,
    inputs: [start(), built(1), ready(1), wanted(), reconfigured(), wanted()],
    state: 'starting 3 over 1',
    effects: ['cancel-build 2', 'start 3'],
  },
  {
    name: 'without artifacts there is nothing to fall back on',
    facts: { ...compiled, ...stopFirst },
    inputs: [
      start(),
      built(1),
      ready(1),
      reconfigured(stopFirst),
      wanted(),
      drained(1, 'jobs'),
      drained(1, 'calls'),
      stopped(1),
      exited(2),
    ],
    state: 'failed exited',
    effects: ['report-failure 2', 'fail-held', 'finished failed'],
  },
  {
    name: 'an artifact of the place before is still what is fallen back on',
    facts: compiled,
    inputs: [start(), built(1), ready(1), exited(1), reconfigured(otherPlace), wanted(), buildFailed(2)],
    state: 'starting 3 fallback',
    effects: ['report-failure 2', 'start 3'],
  },
  {
    name: 'overlap that is tried again turns to stop-first again where it is still impossible',
    facts: { strategy: 'auto', mode: 'stop-first' },
    inputs: [start(), ready(1), reconfigured({ strategy: 'auto' }), wanted(), portTaken(2)],
    state: 'draining jobs of 1 then start',
    effects: ['report-failure 2', 'explain-stop-first', 'hold jobs', 'drain jobs 1'],
  },
  {
    name: 'is nothing to a service that is closed',
    inputs: [{ type: 'close' }, reconfigured(stopFirst)],
    state: 'closed',
    effects: [],
  },
];

describe('a changed configuration', () => {
  it.each(ROWS)('$name', ({ facts, inputs, state, effects }) => {
    const result = feed(machine(facts), ...inputs);
    expect({ state: line(result.machine), effects: words(result.effects) }).toEqual({ state, effects });
  });

  it('puts artifacts where it says', () => {
    const { effects } = feed(
      machine(compiled),
      start(),
      built(1),
      ready(1),
      reconfigured(otherPlace),
      wanted(),
    );
    expect(effects).toContainEqual({ type: 'build', generation: 2, artifact: '/b/2/app' });
  });

  it.each(CONFIGURATIONS)('at any time: %s keeps its promises', (_name, facts) => {
    const changes: readonly Input[] = [
      reconfigured(),
      reconfigured(stopFirst),
      reconfigured(otherPlace),
      reconfigured({ ...otherPlace, ...stopFirst }),
      reconfigured({ build: 'check', ...stopFirst }),
      reconfigured({ strategy: 'auto' }),
    ];
    for (let seed = 1; seed <= 60; seed++) walk(facts, seed, changes);
  });
});
