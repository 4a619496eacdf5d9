import { describe, it } from 'vitest';
import { CONFIGURATIONS, walk } from './world.js';

describe('whatever happens, in any order', () => {
  it.each(CONFIGURATIONS)('%s keeps its promises', (_name, facts) => {
    for (let seed = 1; seed <= 400; seed++) walk(facts, seed);
  });
});
