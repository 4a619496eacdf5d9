import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REPOSITORY } from '../../support/dev-process.js';
import { CONFIGURATIONS, walk } from './world.js';

it('the diagram of the states shows exactly the changes that happen', () => {
  const happened = new Set<string>();
  for (const [, facts] of CONFIGURATIONS) {
    for (let seed = 1; seed <= 300; seed++) for (const edge of walk(facts, seed).edges) happened.add(edge);
  }
  const text = readFileSync(join(REPOSITORY, 'docs', 'architecture.md'), 'utf8');
  const diagram = /```mermaid\nstateDiagram-v2\n(.*?)```/s.exec(text)?.[1] ?? '';
  const drawn = [...diagram.matchAll(/^\s*(\w+) --> (\w+)/gm)].map(([, from, to]) => `${from} --> ${to}`);
  expect([...new Set(drawn)].sort()).toEqual([...happened].sort());
});
