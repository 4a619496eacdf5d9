import { describe, expect, it } from 'vitest';
import { digest } from '../../../src/scaffold/sdk-manifest.js';
import { planSdkUpdate, type SdkState } from '../../../src/scaffold/update-sdk-plan.js';

/** One file `a`: what was written once, what is there now, what the new version has, and what was offered earlier. */
interface Case {
  readonly written?: string;
  readonly there?: string;
  readonly source?: string;
  readonly offered?: string;
  readonly force?: boolean;
}

function state({ written, there, source, offered, force = false }: Case): SdkState {
  return {
    source: new Map(source === undefined ? [] : [['a', source]]),
    manifest: {
      language: 'python',
      version: '0.1.0',
      module: null,
      files: written === undefined ? {} : { a: digest(written) },
    },
    present: new Map([
      ...(there === undefined ? [] : [['a', there] as const]),
      ...(offered === undefined ? [] : [['a.new', offered] as const]),
    ]),
    module: null,
    force,
  };
}

const kinds = (given: SdkState) => planSdkUpdate(given).map(({ kind }) => kind);

describe('what becomes of a file', () => {
  it.each<readonly [string, Case, string | null]>([
    ['as it should be', { written: '1', there: '1', source: '1' }, null],
    ['is new', { source: '2' }, 'added'],
    ['is missing', { written: '1', source: '2' }, 'added'],
    ['untouched, and new in this version', { written: '1', there: '1', source: '2' }, 'updated'],
    ['changed to what is new', { written: '1', there: '2', source: '2' }, null],
    ['changed, and so is the new version', { written: '1', there: 'mine', source: '2' }, 'offered'],
    [
      'changed, and so is the new version, by force',
      { written: '1', there: 'mine', source: '2', force: true },
      'overwritten',
    ],
    ['changed, and the new version is as before', { written: '1', there: 'mine', source: '1' }, 'kept'],
    [
      'changed, as before, by force',
      { written: '1', there: 'mine', source: '1', force: true },
      'overwritten',
    ],
    ['offered earlier', { written: '2', there: 'mine', source: '2', offered: '2' }, 'pending'],
    ['offered earlier, and new again', { written: '2', there: 'mine', source: '3', offered: '2' }, 'offered'],
    ['merged, and the offer deleted', { written: '2', there: 'merged', source: '2' }, 'kept'],
    ['untouched, and gone from the SDK', { written: '1', there: '1' }, 'removed'],
    ['changed, and gone from the SDK', { written: '1', there: 'mine' }, 'left'],
    ['changed, and gone from the SDK, by force', { written: '1', there: 'mine', force: true }, 'removed'],
    ['gone everywhere', { written: '1' }, null],
    ['unknown, and other than the new one', { there: '1', source: '2' }, 'offered'],
    ['unknown, and the same as the new one', { there: '2', source: '2' }, null],
    ['with other ends of lines', { written: 'a\nb\n', there: 'a\r\nb\r\n', source: 'c\n' }, 'updated'],
  ])('%s', (_, given, expected) => {
    expect(kinds(state(given))).toEqual(expected === null ? [] : [expected]);
  });

  it('counts everything that differs as changed where there is no manifest', () => {
    const given = state({ there: '1', source: '2' });
    expect(kinds({ ...given, manifest: null })).toEqual(['offered']);
    expect(kinds({ ...given, manifest: null, source: new Map([['a', '1']]) })).toEqual([]);
  });

  it('does not take a new name of the Go module for a change of the user', () => {
    const imports = (module: string, rest = '') => `import "${module}/croupier/call"\n${rest}`;
    const given = state({
      written: imports('example.com/poker'),
      there: imports('github.com/me/poker'),
      source: imports('github.com/me/poker', 'new'),
    });
    const renamed = {
      ...given,
      module: 'github.com/me/poker',
      manifest: given.manifest && { ...given.manifest, module: 'example.com/poker' },
    };
    expect(kinds(renamed)).toEqual(['updated']);
    expect(kinds({ ...renamed, present: new Map([['a', `${imports('github.com/me/poker')}mine`]]) })).toEqual(
      ['offered'],
    );
  });
});
