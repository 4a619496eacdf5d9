import { describe, expect, test } from 'vitest';
import { ImportGraph } from '../../../src/sdk/import-graph.js';

const SELF = '/sdk/module-loading.js';

/** What the loader reports when `path` is loaded by us or by a parent, and imports these. */
function load(graph: ImportGraph, path: string, imports: readonly string[] = []): void {
  graph.note({ type: 'load', path });
  for (const child of imports) graph.note({ type: 'import', parent: path, path: child });
}

function start(): ImportGraph {
  const graph = new ImportGraph(SELF);
  for (const entry of ['/echo', '/pair', '/slow']) graph.note({ type: 'import', parent: SELF, path: entry });
  load(graph, '/echo', ['/lib']);
  load(graph, '/pair', ['/lib', '/other']);
  load(graph, '/slow');
  load(graph, '/lib', ['/deep']);
  load(graph, '/other');
  load(graph, '/deep');
  return graph;
}

describe('the graph of imports', () => {
  test('knows what is above and below a file, at any depth', () => {
    const graph = start();
    expect([...graph.closure(['/echo'])].sort()).toEqual(['/deep', '/echo', '/lib']);
    expect([...graph.dependents(['/deep'])].sort()).toEqual(['/deep', '/echo', '/lib', '/pair', SELF]);
    expect([...graph.dependents(['/other'])].sort()).toEqual(['/other', '/pair', SELF]);
  });

  test('stands cycles', () => {
    const graph = start();
    load(graph, '/deep', ['/lib']);
    expect([...graph.closure(['/deep'])].sort()).toEqual(['/deep', '/lib']);
  });

  test('forgets an import that a new version does not have, but only when that is in use', () => {
    const graph = start();
    graph.expect(['/echo']);
    load(graph, '/echo', ['/other']);
    expect(graph.dependents(['/lib']).has('/echo'), 'the old one may stay').toBe(true);
    graph.commit(['/echo']);
    expect(graph.dependents(['/lib']).has('/echo')).toBe(false);
    expect(graph.dependents(['/other']).has('/echo')).toBe(true);
    expect(graph.dependents(['/lib']).has('/pair')).toBe(true);
  });

  test('keeps what a version imports that could not be loaded', () => {
    const graph = start();
    graph.expect(['/echo']);
    graph.note({ type: 'load', path: '/echo' });
    expect(graph.dependents(['/lib']).has('/echo')).toBe(true);
  });
});

describe('a file of the app itself', () => {
  test('is one that was there before: it is imported, but not loaded', () => {
    const graph = start();
    graph.note({ type: 'import', parent: '/echo', path: '/store' });
    expect(graph.isOfApp('/store')).toBe(true);
    expect(graph.isOfApp('/echo')).toBe(false);
  });

  test('is one that such a file imports later, and all that it imports', () => {
    const graph = start();
    expect(graph.isOfApp('/deep')).toBe(false);
    graph.note({ type: 'import', parent: '/server', path: '/lib' });
    expect(graph.isOfApp('/lib')).toBe(true);
    expect(graph.isOfApp('/deep')).toBe(true);
    expect(graph.isOfApp('/other')).toBe(false);
  });

  test('is one that the app requires', () => {
    const graph = start();
    graph.noteRequires('/pair', ['/table'], 'us');
    graph.noteRequires('/table', [], 'us');
    expect(graph.isOfApp('/table')).toBe(false);
    graph.noteRequires('/server', ['/table'], 'app');
    expect(graph.isOfApp('/table')).toBe(true);
  });
});
