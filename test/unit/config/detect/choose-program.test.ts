import { describe, expect, it } from 'vitest';
import { chooseProgram } from '../../../../src/config/detect/choose-program.js';

describe('the choice among several programs', () => {
  it.each<[string, string[], string | null, string | null]>([
    ['the name of the project', ['server', 'acme'], 'acme', 'acme'],
    ['what sounds like a server', ['aardvark', 'game-server'], 'acme', 'game-server'],
    ['the alphabet', ['zebra', 'lion'], null, 'lion'],
    ['never a tool', ['bench', 'client', 'zebra'], null, 'zebra'],
    ['a tool in the name of a server', ['server-migrate', 'zebra'], null, 'zebra'],
    ['a tool in camel case', ['LoadTest', 'Zebra'], null, 'Zebra'],
    ['words within words are none', ['agent', 'zebra'], null, 'agent'],
    ['a tool that is the only program', ['gamectl'], null, 'gamectl'],
    ['none among tools only', ['migrate', 'seed'], null, null],
    ['none of none', [], null, null],
  ])('%s', (_, names, project, chosen) => {
    const choice = chooseProgram(names, (name) => name, project);
    expect(choice?.chosen ?? null).toBe(chosen);
    if (choice !== null) expect([choice.chosen, ...choice.others].sort()).toEqual([...names].sort());
  });
});
